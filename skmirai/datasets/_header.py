"""The header row of a file of features."""

from collections.abc import Sequence
from pathlib import Path

from skmirai.datasets._errors import InvalidDatasetError
from skmirai.feature_extraction import FEATURE_NAMES


def check_feature_order(path: Path, names: Sequence[str]) -> None:
    """Raise an error if a header has the 115 feature names in another order.

    Parameters
    ----------
    path : Path
        File that the header is from.
    names : sequence of str
        Names of the columns; the last 115 are looked at. Other names are no error.

    Raises
    ------
    InvalidDatasetError
        If the order is not that of `FEATURE_NAMES`.
    """
    found = tuple(names[-len(FEATURE_NAMES) :])
    if found != FEATURE_NAMES and set(found) == set(FEATURE_NAMES):
        k = next(i for i, name in enumerate(found) if name != FEATURE_NAMES[i])
        raise InvalidDatasetError(
            f"{path}: feature {k} is named {found[k]!r} in the header, expected "
            f"{FEATURE_NAMES[k]!r}: bring the columns into the order of "
            "skmirai.feature_extraction.FEATURE_NAMES"
        )
