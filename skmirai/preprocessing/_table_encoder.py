"""A transformer from a table as people have it to an array of numbers."""

from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from skmirai.preprocessing._categories import (
    category_numbers,
    category_table,
    enough_rows,
    frequent_categories,
    numbers_among_text,
    rows_of_a_number,
)
from skmirai.preprocessing._column_dropper import check_shape_and_names
from skmirai.preprocessing._column_spec import column_mask, short, unique_names
from skmirai.preprocessing._medians import column_medians
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._finite import first_not_finite
from skmirai.utils._frames import is_categorical, is_frame, is_text, select_columns
from skmirai.utils._numbers import REMEDY, as_numbers, text_for_numbers
from skmirai.utils._sklearn import (
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
    safe_indexing,
)
from skmirai.utils._warnings import warn_user

#: What to do about a column of text that nobody called categorical.
_REMEDY = "Name such a column in categorical_features, or drop it by ColumnDropper"

#: Most categories that get numbers: single precision has all whole numbers up to 2**24.
_MOST_NUMBERS = 2**24 - 1


class TableEncoder(TransformerMixin, LinksToPage, BaseEstimator):
    """Turn text, categories and missing values of a table into numbers.

    Columns of numbers come first, in their order; then an indicator for each of them
    that had missing values; then the one-hot codes of the categorical columns. Rare
    categories share one code, and so do those that come up later. Columns of many
    categories may become whole numbers, which follow last.

    Parameters
    ----------
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        The categorical columns:

        - "from_dtype": those of a DataFrame whose type is text or category, and
          those of Python objects that hold text; none of an array, whose columns
          have no types;
        - a list or array of str, int or bool: their names, their positions, or a
          mask with one bool per column;
        - None: none; text is an error, unless it is a number, as "80" is.

        Columns of bool are numbers, 0 and 1. A column of numbers that is named
        here has a category for each number.
    missing : {"error", "impute"}, default="error"
        What happens to missing numbers: an error, or the median of the column. A
        column in which some were missing at ``fit`` gets an indicator besides, 1
        where one is missing. A column without any value at ``fit`` is 0 ever after.
        In a categorical column a missing value is a category like others,
        whatever is chosen here.
    min_frequency : "auto", int, float or None, default="auto"
        Categories of fewer rows, or of a smaller share of the rows, are put
        together. "auto" is a hundredth of the rows, at least 2 and at most 50: less
        teaches a network little about a category. None puts none together.
    max_categories : int or None, default=128
        Most codes of a column; the most frequent categories get one of their own.
        None is no limit.
    many_categories : {"one_hot", "ordinal"}, default="one_hot"
        What becomes of a column in which more than ``max_categories`` categories are
        frequent enough: "one_hot" leaves it at the codes of the most frequent ones.
        "ordinal" turns it into one column of whole numbers, 1 and up for these
        categories in their order and 0 for all others, rare and unknown ones. The
        order means nothing, so that such numbers are for what has embeddings, or for
        trees. There ``min_frequency="auto"`` is at most 10 rows.

    Attributes
    ----------
    is_categorical_ : ndarray of bool, shape (n_features_in_,)
        Which columns are categorical.
    fill_values_ : ndarray of shape (n_numbers,)
        Median of each column of numbers, 0 of one that has no value; with
        ``missing="error"`` empty.
    indicator_indices_ : ndarray of int
        Which of the columns of numbers have an indicator.
    empty_indices_ : ndarray of int
        Which of the columns of numbers had no value.
    one_hot_ : OneHotEncoder or None
        Encoder of the categorical columns that get codes; None where there are none.
    is_ordinal_ : ndarray of bool, shape (n_features_in_,)
        Which columns become whole numbers.
    ordinal_categories_ : list of ndarray of object
        Categories of each of these, in the order of their numbers from 1.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    See Also
    --------
    skmirai.MiraiDNNClassifier : Has such an encoder within it.
    sklearn.preprocessing.OneHotEncoder : Encodes the categories.

    Notes
    -----
    Missing values of a table are NaN, None and ``pandas.NA``. In one that was not
    missing in a column at ``fit`` is a category that nobody has seen.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.preprocessing import TableEncoder
    >>> flows = pd.DataFrame(
    ...     {"proto": ["tcp", "udp", "tcp", "udp"], "bytes": [60, 120, None, 80]}
    ... )
    >>> encoder = TableEncoder(missing="impute").fit(flows)
    >>> encoder.get_feature_names_out().tolist()
    ['bytes', 'missingindicator_bytes', 'proto_tcp', 'proto_udp']
    >>> encoder.transform(pd.DataFrame({"proto": ["icmp", "tcp"], "bytes": [9, None]}))
    array([[ 9.,  0.,  0.,  0.],
           [80.,  1.,  1.,  0.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "missing": [StrOptions({"error", "impute"})],
        "min_frequency": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "many_categories": [StrOptions({"one_hot", "ordinal"})],
    }

    def __init__(
        self,
        categorical_features: Any = "from_dtype",
        *,
        missing: str = "error",
        min_frequency: str | int | float | None = "auto",
        max_categories: int | None = 128,
        many_categories: str = "one_hot",
    ) -> None:
        self.categorical_features = categorical_features
        self.missing = missing
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.many_categories = many_categories

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "TableEncoder":
        """Learn categories and medians.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The table.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows in the medians. Categories are counted by rows; those
            of weight 0 are left out.

        Returns
        -------
        self : TableEncoder
            The fitted transformer.

        Raises
        ------
        ValueError
            If ``categorical_features`` does not fit X, a categorical column holds
            text and numbers, another one something else than finite numbers, or
            numbers are missing and ``missing="error"``; or if more than 16,777,215
            categories would become whole numbers.
        TypeError
            If a categorical column holds neither text nor numbers.

        Warns
        -----
        UserWarning
            If a column of numbers holds no value at all, or nearly all values of a
            column of text are numbers.
        """
        X = check_shape_and_names(self, X, reset=True)
        if sample_weight is not None:
            sample_weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            kept = np.flatnonzero(sample_weight)
            X, sample_weight = safe_indexing(X, kept), sample_weight[kept]
        self.learn(lambda: [X], sample_weight=sample_weight)
        owner = type(self).__name__
        self._numbers(X, owner, "X", missing=self.imputes_, at_fit=True)
        return self

    def learn(
        self,
        parts: Callable[[], Iterable[Any]],
        *,
        n_rows_on_disk: int = 0,
        sample_weight: np.ndarray | None = None,
        owner: str | None = None,
        feature_names: np.ndarray | None = None,
        columns: np.ndarray | None = None,
    ) -> "TableEncoder":
        """Do as ``fit`` with a table whose columns were checked before.

        Parameters
        ----------
        parts : callable
            Returns the rows of the table, in parts that follow each other. It is
            called once for each group of columns.
        n_rows_on_disk : int, default=0
            Number of rows of a table that is too large for memory. Its columns are
            read in groups that take at most scikit-learn's ``working_memory``.
        sample_weight : ndarray of shape (n_samples,) or None, default=None
            Positive weights of the rows in the medians.
        owner : str or None, default=None
            Name of the estimator that error messages speak of.
        feature_names : ndarray of str or None, default=None
            Names of the columns, where ``fit`` has not learned them.
        columns : ndarray of int or None, default=None
            What error messages call the columns of an array that holds some of a
            larger one.

        Returns
        -------
        self : TableEncoder
            The fitted transformer.
        """
        first = next(iter(parts()))
        self.n_features_in_ = first.shape[1]
        if feature_names is not None:
            self.feature_names_in_ = feature_names
        self.is_categorical_ = self._chosen(first)
        owner = owner or type(self).__name__
        self.fill_values_ = np.zeros(0)
        self.indicator_indices_ = self.empty_indices_ = np.zeros(0, dtype=int)
        if self.missing == "impute" and self.n_numbers_:
            self._learn_numbers(parts, n_rows_on_disk, sample_weight, owner, columns)
        self.one_hot_: OneHotEncoder | None = None
        self.is_ordinal_ = np.zeros_like(self.is_categorical_)
        self.ordinal_categories_: list[np.ndarray] = []
        if self.is_categorical_.any():
            table = np.concatenate(
                [self._categories(part, columns=columns) for part in parts()]
            )
            if isinstance(self.categorical_features, str):
                self._warn_of_numbers(first, table)
            if self.many_categories == "ordinal" and self.max_categories is not None:
                self._learn_ordinal(table, self.max_categories)
            few = ~self.is_ordinal_[self.is_categorical_]
            if few.any():
                self.one_hot_ = self.new_one_hot(len(table)).fit(table[:, few])
        return self

    def _warn_of_numbers(self, first: Any, table: np.ndarray) -> None:
        """Say which columns of text look like numbers."""
        positions = np.flatnonzero(self.is_categorical_).tolist()
        for position, values in zip(positions, table.T, strict=True):
            if not is_text(first, position):  # somebody has called it a category
                continue
            found = numbers_among_text(values)
            if found is None:
                continue
            share, other = found
            # all of them would be 100 %, which it is not
            percent = min(np.floor(1000 * share) / 10, 99.9)
            warn_user(
                f"{self._title(position)} of X holds text, and {percent:g} % of it are "
                f"numbers, but {other!r} is none: as text they are categories, not "
                f"sizes. If they are sizes, make it numbers, by read_csv(..., "
                f"na_values={other!r}) or pd.to_numeric(column, errors='coerce'), with "
                f"missing='impute'; if it is a category, name it in "
                f"categorical_features",
                UserWarning,
            )

    def _learn_ordinal(self, table: np.ndarray, most: int) -> None:
        """Find the columns of more categories, and number these."""
        least = rows_of_a_number(self.min_frequency, len(table))
        positions = np.flatnonzero(self.is_categorical_).tolist()
        for position, values in zip(positions, table.T, strict=True):
            categories = frequent_categories(values, least)
            if len(categories) > _MOST_NUMBERS:
                raise ValueError(
                    f"{self._title(position)} of X has {len(categories):,} categories, "
                    f"but at most {_MOST_NUMBERS:,} become numbers; raise "
                    f"min_frequency, or drop the column"
                )
            if len(categories) > most:
                self.is_ordinal_[position] = True
                self.ordinal_categories_.append(categories)

    def _chosen(self, X: Any) -> np.ndarray:
        columns = self.categorical_features
        if isinstance(columns, str):  # "from_dtype"
            found = is_frame(X) and [is_categorical(X, i) for i in range(X.shape[1])]
            return np.array(found or [False] * X.shape[1])
        names = getattr(self, "feature_names_in_", None)
        return column_mask(columns, X.shape[1], names, label="categorical_features")

    def _learn_numbers(
        self,
        parts: Callable[[], Iterable[Any]],
        n_rows_on_disk: int,
        weight: np.ndarray | None,
        owner: str,
        columns: np.ndarray | None,
    ) -> None:
        positions = np.flatnonzero(~self.is_categorical_)
        about: dict[str, Any] = {"missing": True, "columns": columns, "at_fit": True}
        found = column_medians(
            lambda: (self._numbers(part, owner, "X", **about) for part in parts()),
            len(positions),
            weight,
            n_rows_on_disk=n_rows_on_disk,
        )
        lacking, empty = found.n_missing > 0, found.n_missing == found.n_rows
        self.fill_values_ = found.values
        self.empty_indices_ = np.flatnonzero(empty)
        self.indicator_indices_ = np.flatnonzero(lacking & ~empty)
        if len(self.empty_indices_):
            titles = [self._title(positions[i], columns) for i in self.empty_indices_]
            warn_user(
                f"X has no value at all in {short(titles)}: 0 stands for whatever will "
                f"come there; leave out what holds nothing, and name in "
                f"categorical_features what will hold text",
                UserWarning,
            )

    def new_one_hot(self, n_rows: int) -> OneHotEncoder:
        """Return the encoder of categories in so many rows, which has learned none."""
        least = self.min_frequency
        return OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            min_frequency=enough_rows(n_rows) if least == "auto" else least,
            max_categories=self.max_categories,
            sparse_output=False,
        ).set_output(transform="default")

    def transform(self, X: Any) -> np.ndarray:
        """Return the table as numbers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            A table with the columns seen by ``fit``, in the same order.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
            Columns of numbers, indicators, one-hot codes, whole numbers; float32 if
            all numbers are, else float64. It may share memory with X.

        Raises
        ------
        ValueError
            If the columns differ from ``fit``, a column of numbers holds something
            else than finite numbers, numbers are missing and ``missing="error"``,
            or a categorical column holds numbers in place of text, or text in
            place of numbers.
        TypeError
            If a categorical column holds neither text nor numbers.
        """
        check_is_fitted(self)
        return self.encode(check_shape_and_names(self, X, reset=False))

    def encode(
        self,
        X: Any,
        owner: str | None = None,
        name: str = "X",
        *,
        columns: np.ndarray | None = None,
        at_fit: bool = False,
    ) -> np.ndarray:
        """Do as ``transform`` with a table whose columns were checked before.

        Parameters
        ----------
        X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
            The table.
        owner : str or None, default=None
            Name of the estimator that error messages speak of.
        name : str, default="X"
            What they call the table.
        columns : ndarray of int or None, default=None
            What they call the columns of an array that holds some of a larger one.
        at_fit : bool, default=False
            Whether these are the rows that were learned from.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
            The numbers.
        """
        numbers = self._numbers(
            X,
            owner or type(self).__name__,
            name,
            missing=self.imputes_,
            columns=columns,
            at_fit=at_fit,
        )
        parts = [numbers]
        if self.imputes_:
            parts = self._imputed(numbers)
        if self.is_categorical_.any():
            table = self._categories(X, name, columns)
            ordinal = self.is_ordinal_[self.is_categorical_]
            if self.one_hot_ is not None:
                parts.append(self.one_hot_.transform(table[:, ~ordinal]))
            pairs = zip(table[:, ordinal].T, self.ordinal_categories_, strict=True)
            parts += [category_numbers(*pair)[:, np.newaxis] for pair in pairs]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts, axis=1, dtype=numbers.dtype)

    def _imputed(self, numbers: np.ndarray) -> list[np.ndarray]:
        """Numbers of which none is missing, and indicators of those that were."""
        fill, with_indicator = self.fill_values_, self.indicator_indices_
        indicators = np.zeros((len(numbers), len(with_indicator)), numbers.dtype)
        # infinite values were refused before
        if first_not_finite(numbers, axis=0) is not None:
            missing = np.isnan(numbers)
            indicators[:] = missing[:, with_indicator]
            numbers = np.where(missing, fill.astype(numbers.dtype), numbers)
        if len(self.empty_indices_):
            numbers = numbers.copy()
            numbers[:, self.empty_indices_] = 0
        return [numbers, indicators] if len(with_indicator) else [numbers]

    def _numbers(
        self,
        X: Any,
        owner: str,
        name: str,
        *,
        missing: bool,
        columns: np.ndarray | None = None,
        at_fit: bool = False,
    ) -> np.ndarray:
        if not self.n_numbers_:
            return np.zeros((X.shape[0], 0))
        positions = np.flatnonzero(~self.is_categorical_)
        if self.is_categorical_.any():
            X = select_columns(X, positions)
        own = owner == type(self).__name__
        remedy = _REMEDY if own else REMEDY

        def later(place: int) -> str:
            if place in self.empty_indices_:
                return (
                    "The rows that were learned from, those of the first part if there "
                    "were several, had no value there, which made it a column of "
                    "numbers: name it in categorical_features and fit anew, or drop it"
                )
            return text_for_numbers(imputes=self.imputes_)

        return as_numbers(
            X,
            owner,
            name,
            missing=missing,
            remedy=remedy if at_fit else later,
            columns=positions if columns is None else columns[positions],
        )

    def _categories(
        self, X: Any, name: str = "X", columns: np.ndarray | None = None
    ) -> np.ndarray:
        """Categorical columns as text and numbers of Python, NaN where missing."""
        positions = np.flatnonzero(self.is_categorical_).tolist()
        titles = [
            f"{self._title(position, columns)} of {name}" for position in positions
        ]
        known = [categories for _, categories in self.known_categories()]
        return category_table(X, positions, titles, known or None)

    def known_categories(self) -> list[tuple[int, np.ndarray]]:
        """Return the positions of the categorical columns, and their categories.

        Returns
        -------
        list of (int, ndarray of object)
            Of a column that became whole numbers, those that have one. Empty before
            categories are learned.
        """
        if self.one_hot_ is None and not self.ordinal_categories_:
            return []
        one_hot = iter(() if self.one_hot_ is None else self.one_hot_.categories_)
        ordinal = iter(self.ordinal_categories_)
        positions = np.flatnonzero(self.is_categorical_).tolist()
        return [
            (i, next(ordinal if self.is_ordinal_[i] else one_hot)) for i in positions
        ]

    def _title(self, position: int, columns: np.ndarray | None = None) -> str:
        names = getattr(self, "feature_names_in_", None)
        if names is not None:
            return f"column {str(names[position])!r}"
        return f"column {position if columns is None else columns[position]}"

    @property
    def n_numbers_(self) -> int:
        """Number of columns of numbers, which come first."""
        return int((~self.is_categorical_).sum())

    @property
    def imputes_(self) -> bool:
        """Whether numbers may be missing, whatever ``missing`` was set to since."""
        return len(self.fill_values_) > 0

    @property
    def n_features_out_(self) -> int:
        """Number of columns that ``transform`` returns."""
        n_out = self.n_numbers_ + len(self.indicator_indices_)
        if self.one_hot_ is not None:
            n_out += len(self.one_hot_.get_feature_names_out())
        return n_out + len(self.ordinal_categories_)

    @property
    def numbers_of_categories_(self) -> tuple[int, ...]:
        """How many whole numbers each column of them may hold, from 0."""
        return tuple(len(known) + 1 for known in self.ordinal_categories_)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of numbers.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; must equal ``feature_names_in_`` where it
            is defined. None takes those, or else "x0", "x1" and so on.

        Returns
        -------
        names : ndarray of str objects, shape (n_features_out,)
            Of the numbers; of the indicators, such as "missingindicator_bytes"; of
            the codes, such as "service_http" and "service_infrequent_sklearn"; of
            columns that became whole numbers. A name that comes up again, as that of
            the codes of ``a_b`` and of ``a`` may, gets "_2" and so on behind it.
        """
        check_is_fitted(self)
        # Borrowed for its checks of the input names.
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        numbers = names[~self.is_categorical_]
        parts = [numbers, "missingindicator_" + numbers[self.indicator_indices_]]
        if self.one_hot_ is not None:
            with_codes = self.is_categorical_ & ~self.is_ordinal_
            parts.append(self.one_hot_.get_feature_names_out(names[with_codes]))
        parts.append(names[self.is_ordinal_])
        return unique_names(np.concatenate(parts))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "impute"
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
