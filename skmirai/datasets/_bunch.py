"""Put arrays into the containers that scikit-learn's loaders return."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch


def make_bunch(
    data: np.ndarray,
    target: np.ndarray,
    feature_names: list[str],
    *,
    as_frame: bool,
    return_X_y: bool,
    **more: Any,
) -> Bunch | tuple[Any, Any]:
    """Return a Bunch or a pair, of arrays or of pandas objects.

    Parameters
    ----------
    data : ndarray of shape (n_rows, n_features)
    target : ndarray of shape (n_rows,)
    feature_names : list of str
    as_frame : bool
        Whether to give a DataFrame and a Series, which use the memory of the arrays.
    return_X_y : bool
        Whether to return data and target only.
    **more
        Further entries of the Bunch.

    Returns
    -------
    Bunch, or (data, target)
    """
    frame = None
    X: Any = data
    y: Any = target
    if as_frame:
        import pandas as pd

        X = pd.DataFrame(data, columns=feature_names, copy=False)
        y = pd.Series(target, name="target", copy=False)
        if not return_X_y:
            frame = pd.concat([X, y], axis=1)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, frame=frame, feature_names=feature_names, **more)
