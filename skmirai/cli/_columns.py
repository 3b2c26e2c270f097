"""Bring the columns of a source into the order that a model was fitted on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

#: Name of the row counter, the first of the 116 columns of UCI's tables.
COUNTER = "counter"

#: Columns of packets that are no features.
_NO_FEATURES = {
    "time",
    "length",
    "source",
    "destination",
    "source_mac",
    "destination_mac",
    "source_port",
    "destination_port",
    "protocol",
}


class ModelColumns:
    """The columns that a model needs, taken from pieces of a source.

    A source that lacks the row counter of UCI's tables gets one, which counts from 0.

    Parameters
    ----------
    model : estimator
        The fitted model.
    names : sequence of str or None
        Names of the columns of the source.
    n_columns : int
        Number of columns of the source.
    source : str
        Name of the source, for messages.

    Attributes
    ----------
    counter_is_used : bool
        Whether a counter is supplied that the model does not drop.

    Raises
    ------
    ValueError
        If the source lacks columns, or has another number of them.
    """

    def __init__(
        self, model: Any, names: Sequence[str] | None, n_columns: int, source: str
    ) -> None:
        wanted = getattr(model, "feature_names_in_", None)
        self._names = names
        self._source = source
        self._places = _places(
            None if wanted is None else list(wanted),
            model.n_features_in_,
            None if names is None else list(names),
            n_columns,
            source,
        )
        dropped = set(model.pipeline_["drop"].dropped_indices_.tolist())
        self.counter_is_used = any(
            place < 0 and column not in dropped
            for column, place in enumerate(self._places)
        )

    def take(self, features: "np.ndarray | pd.DataFrame", first: int) -> np.ndarray:
        """Columns of some rows, as the model needs them.

        Parameters
        ----------
        features : ndarray or DataFrame of shape (n_rows, n_columns)
            Rows of the source.
        first : int
            Number of the first row.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_features_in)
            Finite numbers.

        Raises
        ------
        ValueError
            If a value is no finite number.
        """
        out = np.empty((len(features), len(self._places)))
        for column, place in enumerate(self._places):
            if place < 0:
                out[:, column] = np.arange(first, first + len(out))
            elif isinstance(features, np.ndarray):
                out[:, column] = features[:, place]
            else:
                values = features.iloc[:, place]
                try:
                    out[:, column] = values.to_numpy(np.float64)
                except (TypeError, ValueError) as error:
                    raise ValueError(
                        f"{self._source}: {self._title(place)} holds no numbers "
                        f"({error}); expected features"
                    ) from error
        if not np.isfinite(out).all():
            row, column = np.argwhere(~np.isfinite(out))[0]
            raise ValueError(
                f"{self._source}: {out[row, column]} in row {first + row} (from 0), "
                f"{self._title(self._places[column])}; expected finite numbers: "
                "repair the row or leave it out"
            )
        return out

    def _title(self, place: int) -> str:
        return f"column {place if self._names is None else repr(self._names[place])}"


def _places(
    wanted: list[str] | None,
    n_wanted: int,
    names: list[str] | None,
    n_columns: int,
    source: str,
) -> list[int]:
    """Place in the source of each column of the model; -1 is a counter to be made."""
    if wanted is not None and names is not None:
        place = {name: i for i, name in enumerate(names)}
        missing = [name for name in wanted if name not in place]
        if missing and missing != [COUNTER]:
            raise ValueError(
                f"{source} lacks {len(missing)} of the {n_wanted} columns that the "
                f"model was fitted on: {_listed(missing)}"
            )
        return [place.get(name, -1) for name in wanted]
    columns = _features(names, n_columns)
    n_features = len(_feature_names())
    if len(columns) == n_wanted:
        return columns
    if len(columns) == n_features and n_wanted == n_features + 1:
        return [-1, *columns]
    if len(columns) == n_features + 1 and n_wanted == n_features:
        return columns[1:]
    left_out = [name for name in names or () if name in _NO_FEATURES]
    if names is not None and set(_feature_names()) <= set(names):
        remedy = (
            f"fit the model on all {n_features + 1} of UCI's columns with "
            "drop_columns=24, or on named columns"
        )
    else:
        remedy = "give a table with the columns of its training data, in their order"
    raise ValueError(
        f"the model was fitted on {n_wanted} columns, but {source} has {len(columns)}"
        + (f" beside {_listed(left_out)}, which describe packets" if left_out else "")
        + f": {remedy}"
    )


def _features(names: list[str] | None, n_columns: int) -> list[int]:
    """Places of the features, AfterImage's in their own order."""
    if names is None:
        return list(range(n_columns))
    place = {name: i for i, name in enumerate(names)}
    if all(name in place for name in _feature_names()):
        counter = [place[COUNTER]] if COUNTER in place else []
        return counter + [place[name] for name in _feature_names()]
    return [i for i, name in enumerate(names) if name not in _NO_FEATURES]


def _feature_names() -> tuple[str, ...]:
    from skmirai.feature_extraction import FEATURE_NAMES

    return FEATURE_NAMES


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more
