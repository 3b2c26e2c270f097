"""The header row of a table of features."""

from collections.abc import Sequence
from pathlib import Path

from skmirai.datasets._errors import InvalidDatasetError
from skmirai.feature_extraction import FEATURE_NAMES


def check_feature_order(path: Path, names: Sequence[str]) -> None:
    """Raise an error if a header has feature names, but not as the last 115.

    Parameters
    ----------
    path : Path
        File that the header is from.
    names : sequence of str
        Names of at least 115 columns. None of `FEATURE_NAMES` among them is no error.

    Raises
    ------
    InvalidDatasetError
        If the last 115 are not `FEATURE_NAMES` in their order.
    """
    found = tuple(names[-len(FEATURE_NAMES) :])
    if found != FEATURE_NAMES and not set(names).isdisjoint(FEATURE_NAMES):
        k = next(i for i, name in enumerate(found) if name != FEATURE_NAMES[i])
        raise InvalidDatasetError(
            f"{path}: in the header feature {k} is named {found[k]!r}, expected "
            f"{FEATURE_NAMES[k]!r}: bring the columns into the order of "
            "skmirai.feature_extraction.FEATURE_NAMES, with no other column behind them"
        )
