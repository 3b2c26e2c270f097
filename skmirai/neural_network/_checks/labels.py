"""Labels of a classifier: one for each row, of one kind, none missing."""

import math
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from skmirai.utils._finite import quiet
from skmirai.utils._frames import is_frame
from skmirai.utils._warnings import warn_user

_FIT_ONE_EACH = (
    "fit one classifier per column: "
    "sklearn.multioutput.MultiOutputClassifier(MiraiDNNClassifier(...))"
)


def check_labels(y: Any, name: str) -> np.ndarray:
    """Check labels, one for each row, without learning from them.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, 1)
        The labels.
    name : str
        What error messages call them.

    Returns
    -------
    ndarray of shape (n_samples,)
        The labels.

    Raises
    ------
    ValueError
        If there are several columns, or labels that are missing, of mixed types,
        infinite or fractions.
    """
    _check_one_column(y, name)
    _check_one_kind(y, name)
    y = one_dimensional(y, name)
    _check_one_kind(y, name)
    if y.dtype.kind == "f":  # before casting them to integers, which would warn
        quiet(assert_all_finite)(y, input_name=name)
    check_classification_targets(y)
    return y


def one_dimensional(y: Any, name: str) -> np.ndarray:
    """Turn a column into an array of one dimension, with scikit-learn's warning."""
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    if len(shape) == 2 and shape[1] == 1:
        warn_user(
            f"A column-vector {name} was passed when a 1d array was expected. Please "
            f"change the shape of {name} to (n_samples,), for example using ravel().",
            DataConversionWarning,
        )
    return column_or_1d(y, input_name=name)


def _check_one_column(y: Any, name: str) -> None:
    """Refuse tables of labels, and say what to do with them."""
    if isinstance(y, list | tuple) and any(_is_list(row) for row in y):
        lengths = {len(row) if _is_list(row) else 0 for row in y}
        if len(lengths) > 1 or any(isinstance(row, set) for row in y):
            raise ValueError(
                f"{name} should be a 1d array, but holds lists of "
                f"{min(lengths)} to {max(lengths)} labels; make a column of each "
                f"label, with MultiLabelBinarizer().fit_transform({name}), and "
                f"{_FIT_ONE_EACH}"
            )
        y, by_argmax = np.asarray(y), f"np.argmax({name}, axis=1)"
    elif hasattr(y, "idxmax"):
        by_argmax = f"{name}.idxmax(axis=1)"
    elif sparse.issparse(y):
        by_argmax = f"{name}.toarray().argmax(axis=1)"
    elif is_frame(y):
        by_argmax = f"np.argmax({name}, axis=1)"
    else:
        by_argmax = f"{name}.argmax(axis=1)"
    shape: tuple[int, ...] = getattr(y, "shape", ())
    if len(shape) != 2 or shape[1] == 1:
        return
    if _is_one_hot(y):
        remedy = f"its rows are one-hot: pass {by_argmax}"
    else:
        remedy = f"to learn several labels for each row, {_FIT_ONE_EACH}"
    raise ValueError(
        f"{name} should be a 1d array, got an array of shape {tuple(shape)} instead; "
        f"{remedy}"
    )


def _is_list(row: Any) -> bool:
    return isinstance(row, list | tuple | set | np.ndarray)


def _is_one_hot(y: Any) -> bool:
    """Tell whether each row holds a single 1 (or True) beside zeros."""
    values = y.toarray() if sparse.issparse(y) else np.asarray(y)
    if values.dtype.kind not in "biuf":
        return False
    ones = values == 1
    return bool(((values == 0) | ones).all() and (ones.sum(axis=1) == 1).all())


def _check_one_kind(y: Any, name: str) -> None:
    """Refuse missing labels, and labels of which some only are strings."""
    if not isinstance(y, list | tuple) and getattr(y, "dtype", "") != "object":
        return
    labels = list(np.ravel(np.asarray(y, dtype=object)))
    missing = [i for i, label in enumerate(labels) if _is_missing(label)]
    if missing:
        raise ValueError(
            f"{name} contains {labels[missing[0]]!r} in row {missing[0]}: drop the "
            f"{len(missing)} rows without a label, or fill the labels in"
        )
    strings = [label for label in labels if isinstance(label, str)]
    if strings and len(strings) < len(labels):
        other = next(label for label in labels if not isinstance(label, str))
        raise ValueError(
            f"{name} mixes labels of type str and {type(other).__name__}, such as "
            f"{strings[0]!r} and {other!r}; make them one type, for example "
            f"[str(label) for label in {name}]"
        )


def _is_missing(label: Any) -> bool:
    if isinstance(label, float):
        return math.isnan(label)
    return label is None or type(label).__name__ == "NAType"  # pandas.NA


def check_same_classes(y: np.ndarray, classes: np.ndarray) -> None:
    """Insist that labels for a warm start are those that were fitted, all of them.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels, those of rows of weight 0 left out.
    classes : ndarray of shape (n_classes,)
        Classes of the fitted network.
    """
    lacking = np.setdiff1d(classes, y)
    if len(lacking):
        raise ValueError(
            f"y lacks the labels {lacking.tolist()} of the fitted classes "
            f"{classes.tolist()} (rows of weight 0 do not count), which the network "
            f"would unlearn; warm_start=True needs rows of every class: give "
            f"some, or train on parts of the data with partial_fit, or start anew "
            f"with warm_start=False"
        )
