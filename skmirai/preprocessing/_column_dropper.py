"""A transformer that drops columns without looking at their values."""

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from skmirai.preprocessing._column_spec import column_mask, short
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._frames import is_frame, refuse_lazy, select_columns
from skmirai.utils._sklearn import fit_context


class ColumnDropper(TransformerMixin, LinksToPage, BaseEstimator):
    """Drop columns, chosen once at fit by position or by name.

    The values are never read: a dropped column may hold NaN, text or anything
    else, and a kept column passes through as it is. Whoever comes next in the
    pipeline validates the values.

    Parameters
    ----------
    columns : None, int, str, array-like, slice or callable, default=None
        The columns to drop:

        - None: none;
        - an int k: the first k (0 drops none);
        - a str: the column of that name;
        - a list or array of str: the columns of those names;
        - a list or array of int: the columns at those positions, negative ones
          counted from the end;
        - a list or array of bool, one per column: the columns marked True;
        - a slice of int, as for a list; or of str, both ends included;
        - a callable: it is called once, by ``fit``, with X (the table, or the
          array that X was converted to) and returns any of the above, as
          :class:`sklearn.compose.make_column_selector` does.

        Names need a DataFrame whose columns are all named by strings.

    Attributes
    ----------
    kept_indices_ : ndarray of int, shape (n_features_out,)
        Positions of the columns that stay, ascending.
    dropped_indices_ : ndarray of int, shape (n_features_in_ - n_features_out,)
        Positions of the columns that go, ascending.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    Notes
    -----
    A pandas or polars DataFrame and a ``pyarrow.Table`` stay what they are, a sparse
    matrix stays sparse and anything else becomes an ndarray, unless ``set_output``
    asks otherwise. Where the kept columns of an ndarray are neighbours (always so
    after ``columns=k``), the result is a view that shares the memory of X: nothing is
    copied, and writing into it writes into X.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmirai.preprocessing import ColumnDropper
    >>> X = np.array([[0, 60.0, 1.0], [1, 60.0, 2.0]])
    >>> ColumnDropper(columns=1).fit_transform(X)
    array([[60.,  1.],
           [60.,  2.]])
    >>> frame = pd.DataFrame(X, columns=["packet", "size", "weight"])
    >>> dropper = ColumnDropper(columns=["packet", "size"]).fit(frame)
    >>> dropper.get_feature_names_out()
    array(['weight'], dtype=object)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "columns": [None, Integral, str, slice, "array-like", callable]
    }

    #: What error messages call the parameter.
    _label: ClassVar[str] = "columns"

    def __init__(self, columns: Any = None) -> None:
        self.columns = columns

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "ColumnDropper":
        """Choose the columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The table; only its number and names of columns matter, unless
            ``columns`` is a callable that looks further.
        y : None
            Ignored.

        Returns
        -------
        self : ColumnDropper
            The fitted transformer.

        Raises
        ------
        TypeError
            If ``columns`` is of no accepted type or mixes types.
        ValueError
            If ``columns`` does not fit X or leaves no column, or X is not a
            non-empty two-dimensional table.
        """
        X = check_shape_and_names(self, X, reset=True)
        columns, label = self.columns, self._label
        if callable(columns):
            columns, label = columns(X), f"{label}(X)"
        n, dropped = self.n_features_in_, self.mask_of(columns, label)
        if dropped.all():
            raise ValueError(
                f"{label}={short(columns)} drops all {n} columns; keep at least one "
                f"(n_features={n})"
            )
        self.kept_indices_ = np.flatnonzero(~dropped)
        self.dropped_indices_ = np.flatnonzero(dropped)
        return self

    def transform(self, X: Any) -> Any:
        """Return X without the dropped columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            A table with the columns seen by ``fit``, in the same order.

        Returns
        -------
        X_out : ndarray, DataFrame or sparse matrix of shape (n_samples, n_features_out)
            The kept columns. An ndarray may share memory with X (see Notes).

        Raises
        ------
        ValueError
            If the number, names or order of the columns differ from ``fit``.
        """
        check_is_fitted(self)
        return self.select(check_shape_and_names(self, X, reset=False))

    def select(self, X: Any) -> Any:
        """Return the kept columns of a table whose columns were checked before.

        Parameters
        ----------
        X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
            A table with the columns seen by ``fit``, in the same order.

        Returns
        -------
        X_out : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features_out)
            The kept columns, as ``transform`` returns them.
        """
        return select_columns(X, self.kept_indices_)

    def mask_of(self, columns: Any, label: str) -> np.ndarray:
        """Return the mask of the columns that a specification selects.

        Parameters
        ----------
        columns : None, int, str, array-like or slice
            As the parameter ``columns``, but no callable.
        label : str
            What error messages call the specification.

        Returns
        -------
        mask : ndarray of bool, shape (n_features_in_,)
            True for a selected column of the table seen by ``fit``.

        Raises
        ------
        TypeError, ValueError
            As ``fit`` does.
        """
        names = getattr(self, "feature_names_in_", None)
        return column_mask(columns, self.n_features_in_, names, label=label)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the kept columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; must equal ``feature_names_in_`` where it
            is defined. None takes those, or else "x0", "x1" and so on.

        Returns
        -------
        names : ndarray of str objects, shape (n_features_out,)
            The names of the kept columns.
        """
        # Borrowed for its checks of the input names.
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        return names[self.kept_indices_]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_shape_and_names(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check shape, column count and column names of a table, but no value.

    Parameters
    ----------
    estimator : estimator
        Learns number and names of the columns, or knows them.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table.
    reset : bool
        Whether the estimator is to learn them.

    Returns
    -------
    ndarray, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table.
    """
    if not is_frame(X):
        refuse_lazy(X)
        return validate_data(
            estimator,
            X,
            reset=reset,
            dtype=None,
            ensure_all_finite=False,
            accept_sparse=("csr", "csc"),
        )
    # A scalar stretched to the shape of X brings scikit-learn's own messages on
    # empty tables at no cost; X itself would be converted to one array.
    check_array(np.broadcast_to(0, X.shape), estimator=estimator)
    return validate_data(estimator, X, reset=reset, skip_check_array=True)
