"""Bring the columns of a source into the order that a model was fitted on."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._models import (
    columns_with_gaps,
    first_step,
    fitted_columns,
    known_categories,
    text_columns,
    used_columns,
)

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
    Columns that the model drops are not looked at, whatever they hold.

    Parameters
    ----------
    model : estimator or Pipeline
        The fitted model.
    names : sequence of str or None
        Names of the columns of the source.
    n_columns : int
        Number of columns of the source.
    source : str
        Name of the source, for messages.
    leave_out : collection of str, default=()
        Columns of the source that it is read without: their names, or their numbers
        where they have none.

    Attributes
    ----------
    counter_is_used : bool
        Whether a counter is supplied that the model does not drop.
    text : list of int
        Columns of the source that hold text for the model.
    gaps : list of int
        Columns of the source in which a dash stands for a missing value.
    known : dict of int to set of str
        Words that are categories for the model, by columns of the source.
    used : list of int
        Columns of the source that the model uses otherwise.

    Raises
    ------
    ValueError
        If the source lacks columns, or has another number of them.
    """

    def __init__(
        self,
        model: Any,
        names: Sequence[str] | None,
        n_columns: int,
        source: str,
        leave_out: Collection[str] = (),
    ) -> None:
        wanted, n_wanted = fitted_columns(model)
        self._names = names
        self._source = source
        left = _left(names, n_columns, leave_out, source)
        places, counter = _places(
            wanted,
            n_wanted,
            None if names is None else [names[place] for place in left],
            len(left),
            source,
        )
        places = [left[place] if place >= 0 else place for place in places]
        self._counter = None if counter is None else left[counter]
        self._n_columns = len(places)
        self._wanted = wanted
        drop = first_step(model)
        self._is_pipeline = drop is None
        kept = range(len(places)) if drop is None else drop.kept_indices_.tolist()
        self._places = {column: places[column] for column in kept}
        self._encoder = None if drop is None else drop.encoder_
        self._categorical: set[int] = set()
        if self._encoder is not None:
            marked = zip(self._places, self._encoder.is_categorical_, strict=True)
            self._categorical = {c for c, chosen in marked if chosen and places[c] >= 0}
        self.counter_is_used = -1 in self._places.values()
        self.text = self._of_source(text_columns(model))
        self.gaps = self._of_source(columns_with_gaps(model))
        self.known: dict[int, set[str]] = {}
        for column, words in known_categories(model).items():
            for place in self._of_source({column}):
                self.known.setdefault(place, set()).update(words)
        numbers = {*self._of_source({*used_columns(model)})} - {*self.text}
        self.used = sorted(place for place in numbers if place >= 0)

    def _of_source(self, columns: set[int]) -> list[int]:
        places = [self._places.get(column, -1) for column in sorted(columns)]
        return [place for place in places if place >= 0]

    def take(
        self, features: "np.ndarray | pd.DataFrame", first: int
    ) -> "np.ndarray | pd.DataFrame":
        """Columns of some rows, as the model needs them.

        Parameters
        ----------
        features : ndarray or DataFrame of shape (n_rows, n_columns)
            Rows of the source.
        first : int
            Number of the first row.

        Returns
        -------
        ndarray or DataFrame of shape (n_rows, n_features_in)
            With the names that the model was fitted on, if it was. For an estimator
            finite numbers, 0 in columns that it drops, and what the source has where
            it knows categories; for a Pipeline what the source has.

        Raises
        ------
        ValueError
            If a value is no finite number, or the first of 116 columns without names
            does not count the rows.
        """
        if self._counter is not None:
            self._insist_on_counter(self._numbers(features, self._counter), first)
        if self._is_pipeline:
            return self._as_they_are(features, first)
        out = np.zeros((len(features), self._n_columns))
        for column, place in self._places.items():
            if place < 0:
                out[:, column] = np.arange(first, first + len(out))
            elif column not in self._categorical:
                out[:, column] = self._numbers(features, place)
        may_lack = self._encoder is not None and self._encoder.imputes_
        wrong = np.isinf(out) if may_lack else ~np.isfinite(out)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"{self._source}: {out[row, column]} in row {first + row} (from 0), "
                f"{self._title(self._places[column])}; expected finite numbers: "
                "repair the row or leave it out"
            )
        if self._wanted is None and not self._categorical:
            return out
        import pandas as pd

        table = pd.DataFrame(out)
        for column in sorted(self._categorical):
            values = pd.DataFrame(features).iloc[:, self._places[column]]
            table[column] = values.to_numpy(dtype=object, na_value=np.nan)
        if self._wanted is None:
            return table.to_numpy(dtype=object)
        return table.set_axis(self._wanted, axis=1)

    def _as_they_are(
        self, features: "np.ndarray | pd.DataFrame", first: int
    ) -> "np.ndarray | pd.DataFrame":
        import pandas as pd

        table = pd.DataFrame(features).reset_index(drop=True)
        counter = np.arange(first, first + len(table))
        found = pd.DataFrame(
            {
                column: counter if place < 0 else table.iloc[:, place]
                for column, place in self._places.items()
            }
        )
        if self._wanted is None:
            return found.to_numpy()
        return found.set_axis(self._wanted, axis=1)

    def _numbers(self, features: "np.ndarray | pd.DataFrame", place: int) -> np.ndarray:
        if isinstance(features, np.ndarray):
            return features[:, place]
        try:
            return features.iloc[:, place].to_numpy(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self._source}: {self._title(place)} holds no numbers "
                f"({error}); expected features"
            ) from error

    def _insist_on_counter(self, values: np.ndarray, first: int) -> None:
        """Raise an error unless the values go on counting the rows."""
        if not first:
            self._start = values[0]
        counted = self._start + np.arange(first, first + len(values))
        # One row cannot count; but a counter starts at 0, and no weight, which is the
        # first feature, is 0.
        alone = first + len(values) == 1 and values[0] != 0
        if alone or not np.array_equal(values, counted):
            raise ValueError(
                f"{self._source} has a column more than the {self._n_columns} that "
                f"the model was fitted on, and {self._title(self._counter or 0)} does "
                "not count the rows: leave out the one that is no feature, a label for "
                "instance, by --drop"
            )

    def _title(self, place: int) -> str:
        return f"column {place if self._names is None else repr(self._names[place])}"


def _left(
    names: Sequence[str] | None, n_columns: int, leave_out: Collection[str], source: str
) -> list[int]:
    """Places of the columns that are not left out."""
    known = [*map(str, range(n_columns) if names is None else names)]
    for name in leave_out:
        if name not in known:
            raise ValueError(
                f"{source} has no column {name!r} to leave out; its columns are "
                f"{_listed(known)}"
            )
    return [place for place, name in enumerate(known) if name not in leave_out]


def _places(
    wanted: list[str] | None,
    n_wanted: int,
    names: list[str] | None,
    n_columns: int,
    source: str,
) -> tuple[list[int], int | None]:
    """Place in the source of each column of the model; -1 is a counter to be made.

    And the place of a column that is left out, if it does count the rows: by their
    number alone a counter and 115 features are the same as 115 features and a label.
    """
    if wanted is not None and names is not None:
        place = {name: i for i, name in enumerate(names)}
        missing = [name for name in wanted if name not in place]
        if missing and missing != [COUNTER]:
            raise ValueError(
                f"{source} lacks {len(missing)} of the {n_wanted} columns that the "
                f"model was fitted on ({_listed(missing)}): give a table that has them"
            )
        return [place.get(name, -1) for name in wanted], None
    columns = _features(names, n_columns)
    n_features = len(_feature_names())
    if len(columns) == n_wanted:
        return columns, None
    if len(columns) == n_features and n_wanted == n_features + 1:
        return [-1, *columns], None
    if len(columns) == n_features + 1 and n_wanted == n_features:
        named = names is not None and names[columns[0]] == COUNTER
        return columns[1:], None if named else columns[0]
    left_out = [name for name in names or () if name in _NO_FEATURES]
    if names is not None and set(_feature_names()) <= set(names):
        remedy = (
            "give a table with the columns of its training data, or a model that was "
            f"fitted on AfterImage's {n_features} features, which skmirai extract "
            "writes; a model drops some of them by drop_columns"
        )
    else:
        remedy = (
            "give a table with the columns of its training data, in their order; "
            "--drop leaves out others"
        )
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
