"""Which columns of a table the network sees, and as which numbers."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skmirai.neural_network._columns.tables import RowsOf
from skmirai.neural_network._engine.lazy import LazyArray, row_slices
from skmirai.preprocessing import ColumnDropper, TableEncoder
from skmirai.utils._frames import is_frame, refuse_lazy
from skmirai.utils._numbers import REMEDY, as_numbers, text_for_numbers


def check_columns(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check the shape of a table and the names of its columns, not its values.

    A DataFrame or an array comes back as it is, what is sparse in CSR format, other
    array-likes as arrays. With ``reset`` the estimator learns the number of columns
    and their names.
    """
    if is_frame(X):
        if not len(X):  # the message must speak of the estimator, not of its steps
            check_array(np.empty(X.shape), estimator=estimator)
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return X
    refuse_lazy(X)
    return validate_data(
        estimator,
        X,
        reset=reset,
        dtype=None,
        ensure_all_finite=False,
        accept_sparse="csr",
    )


class KeptColumns(ColumnDropper):
    """Drop columns, then turn those kept into finite numbers, or insist that they are.

    Parameters
    ----------
    columns : object
        As in :class:`skmirai.preprocessing.ColumnDropper`.
    owner : str
        Name of the estimator that error messages speak of.
    categorical_features : "from_dtype", array-like or None, default=None
        As in :class:`skmirai.preprocessing.TableEncoder`; names, positions or a mask
        of all columns, dropped ones among them.
    missing : {"error", "impute"}, default="error"
        As there.
    many_categories : {"one_hot", "ordinal"}, default="one_hot"
        As there.

    Attributes
    ----------
    encoder_ : TableEncoder or None
        Encoder of the kept columns. None if there is nothing for it to do: no
        categorical column, and no number that may be missing.
    """

    _label: ClassVar[str] = "drop_columns"

    def __init__(
        self,
        columns: Any = None,
        *,
        owner: str = "KeptColumns",
        categorical_features: Any = None,
        missing: str = "error",
        many_categories: str = "one_hot",
    ) -> None:
        super().__init__(columns)
        self.owner = owner
        self.categorical_features = categorical_features
        self.missing = missing
        self.many_categories = many_categories

    def fit(
        self, X: Any, y: Any = None, sample_weight: np.ndarray | None = None
    ) -> Self:
        """Choose the columns, and learn categories and medians of those kept.

        Parameters
        ----------
        X : DataFrame, ndarray, sparse matrix or RowsOf, of shape (n_rows, n_columns)
            The table.
        y : None
            Ignored.
        sample_weight : ndarray of shape (n_rows,) or None, default=None
            Positive weights of the rows in the medians.

        Returns
        -------
        self : KeptColumns
            The fitted transformer.
        """
        table = X.table if isinstance(X, RowsOf) else X
        super().fit(table)
        self.encoder_: TableEncoder | None = None
        chosen = self.categorical_features
        none = chosen is None or (isinstance(chosen, str) and not is_frame(table))
        if none and self.missing == "error":
            return self
        encoder = self.new_encoder()
        on_disk = isinstance(X, RowsOf) and X.in_parts(len(self.kept_indices_))
        encoder.learn(
            self._parts(X, on_disk=on_disk),
            n_rows_on_disk=len(X) if on_disk else 0,
            sample_weight=sample_weight,
            owner=self.owner,
            feature_names=self._kept_names(),
            columns=self.kept_indices_,
        )
        if self.missing == "impute" or encoder.is_categorical_.any():
            self.encoder_ = encoder
        return self

    def new_encoder(self) -> TableEncoder:
        """Return an encoder for the kept columns that has learned nothing."""
        chosen = self.categorical_features
        if not (chosen is None or isinstance(chosen, str)):
            mask = self.mask_of(chosen, "categorical_features")
            chosen = mask[self.kept_indices_]
        encoder = TableEncoder(
            chosen, missing=self.missing, many_categories=self.many_categories
        )
        return encoder.set_output(transform="default")

    def _kept_names(self) -> np.ndarray | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else names[self.kept_indices_]

    def _parts(self, X: Any, *, on_disk: bool) -> Callable[[], Iterator[Any]]:
        """Return what gives the kept columns, those on the disk in parts."""
        if not isinstance(X, RowsOf):
            return lambda: iter([self.select(X)])
        if not on_disk:
            return lambda: iter([self.select(X.read(slice(None)))])
        slices = [*row_slices(*X.shape)]
        return lambda: (self.select(X.read(rows)) for rows in slices)

    def transform(self, X: Any) -> np.ndarray:
        """Return the kept columns as an array of float64 or float32."""
        return self._encoded(super().transform(X), "X")

    def numbers(
        self, X: Any, name: str = "X", *, at_fit: bool = False
    ) -> np.ndarray | LazyArray:
        """Do as ``transform`` with a table whose columns were checked before.

        Error messages call the table by its name, and know whether its rows are
        those that were learned from. Rows that are read in parts are checked when
        they are read.
        """
        if isinstance(X, RowsOf):
            if X.in_parts(self.n_numbers_ + self.n_codes_):
                return LazyArray(X, lambda rows: self._numbers(rows, name, at_fit))
            X = X.read(slice(None))
        return self._numbers(X, name, at_fit)

    def _numbers(self, X: Any, name: str, at_fit: bool) -> np.ndarray:
        return self._encoded(self.select(X), name, at_fit)

    def _encoded(self, kept: Any, name: str, at_fit: bool = False) -> np.ndarray:
        columns = self.kept_indices_
        if self.encoder_ is None:
            remedy = REMEDY if at_fit else text_for_numbers(imputes=False)
            return as_numbers(kept, self.owner, name, remedy=remedy, columns=columns)
        return self.encoder_.encode(
            kept, self.owner, name, columns=columns, at_fit=at_fit
        )

    @property
    def n_numbers_(self) -> int:
        """Number of columns of numbers, which come first."""
        if self.encoder_ is None:
            return len(self.kept_indices_)
        return self.encoder_.n_numbers_

    @property
    def n_codes_(self) -> int:
        """Number of indicators and codes, one-hot or ordinal, which follow them."""
        if self.encoder_ is None:
            return 0
        return self.encoder_.n_features_out_ - self.encoder_.n_numbers_

    @property
    def n_ordinal_codes_(self) -> tuple[int, ...]:
        """Of each column of ordinal codes, which come last, how many there are."""
        return () if self.encoder_ is None else self.encoder_.numbers_of_categories_

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; None takes those of ``fit``.

        Returns
        -------
        names : ndarray of str objects
            The names.
        """
        names = super().get_feature_names_out(input_features)
        if self.encoder_ is None:
            return names
        return self.encoder_.get_feature_names_out(names)
