"""Input checks shared by the inverse transforms."""

from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted


def check_scaled(scaler: Any, X: Any) -> np.ndarray:
    """Check scaled values before they are turned back.

    Column names are not compared: scaled values usually come as a bare array.

    Parameters
    ----------
    scaler : estimator
        The scaler that X came from.
    X : array-like of shape (n_samples, n_features)
        Scaled values.

    Returns
    -------
    X : ndarray of float32 or float64, shape (n_samples, n_features)
        The values, not copied where they were such an array already.

    Raises
    ------
    NotFittedError
        If the scaler is not fitted.
    ValueError
        If X holds NaN or infinity, or has another number of columns.

    Examples
    --------
    >>> from skmirai.preprocessing import SignedLogScaler
    >>> from skmirai.preprocessing._inverse import check_scaled
    >>> check_scaled(SignedLogScaler().fit([[0.0], [1.0]]), [[1]])
    array([[1.]])
    """
    check_is_fitted(scaler)
    X = check_array(X, dtype=[np.float64, np.float32], input_name="X", estimator=scaler)
    if X.shape[1] != scaler.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(scaler).__name__} is expecting "
            f"{scaler.n_features_in_} features as input"
        )
    return X
