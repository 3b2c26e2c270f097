"""What the transformers of columns of finite numbers have in common."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._finite import quiet
from skmirai.utils._sklearn import check_sample_weight


class FloatTransformer(TransformerMixin, LinksToPage, BaseEstimator):
    """A transformer of finite numbers, which leaves float32 as it is."""

    @quiet
    def _rows_to_learn(
        self, X: Any, sample_weight: Any, *, reset: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Check rows and weights that the transformer is to learn from.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.
        sample_weight : array-like of shape (n_samples,) or None
            Weights >= 0.
        reset : bool, default=True
            Whether number and names of the columns are learned, or known.

        Returns
        -------
        X : ndarray of float64 or float32, shape (n_samples, n_features)
            The numbers.
        sample_weight : ndarray of float64, shape (n_samples,), or None
            The weights.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or a weight is negative, or all are 0.
        """
        X = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        if sample_weight is not None:
            sample_weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        return X, sample_weight

    @quiet
    def _rows_to_transform(self, X: Any) -> np.ndarray:
        """Check rows that the fitted transformer is to transform."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=[np.float64, np.float32])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
