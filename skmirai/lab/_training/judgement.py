"""How well a trained network tells the two classes apart, each class by itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix


def class_figures(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Confusion matrix, recall of each class and their mean.

    Parameters
    ----------
    y : ndarray of int, shape (n_rows,)
        True labels, 0 (benign) or 1 (attack).
    predicted : ndarray of int, shape (n_rows,)
        Labels that a network gave.

    Returns
    -------
    dict
        "confusion" : list of two lists of int, rows are the true classes, columns the
        predicted ones, benign first: ``[[tn, fp], [fn, tp]]``. "recalls" : list of
        two, the share of benign and of attack rows that were named so; None for a
        class that has no row. "balanced_accuracy" : float, mean of the recalls that
        there are.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.lab._training.judgement import class_figures
    >>> found = class_figures(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1]))
    >>> found["confusion"], found["recalls"], found["balanced_accuracy"]
    ([[1, 1], [0, 3]], [0.5, 1.0], 0.75)
    """
    matrix = confusion_matrix(y, predicted, labels=[0, 1])
    recalls = [
        float(row[k] / row.sum()) if row.any() else None for k, row in enumerate(matrix)
    ]
    return {
        "confusion": matrix.tolist(),
        "recalls": recalls,
        "balanced_accuracy": float(np.mean([r for r in recalls if r is not None])),
    }


def judged(classifier: Any, X: np.ndarray, y: np.ndarray) -> Mapping[str, Any]:
    """Judge a network on rows that it was not trained on.

    Parameters
    ----------
    classifier : MiraiDNNClassifier
        Is fitted; it says attack where the probability of one is above a half.
    X : ndarray of shape (n_rows, n_columns)
        Rows.
    y : ndarray of int, shape (n_rows,)
        Their labels, 0 (benign) or 1 (attack).

    Returns
    -------
    dict
        "accuracy" and "loss", without class weights, and what
        :func:`class_figures` returns.
    """
    return {
        **classifier.evaluate(X, y),
        **class_figures(y, classifier.predict(X)),
    }
