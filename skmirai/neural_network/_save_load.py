"""Write fitted estimators and Pipelines to files, and read them."""

import os
from typing import Any

from sklearn.pipeline import Pipeline

from skmirai.neural_network._classifier import MiraiDNNClassifier
from skmirai.neural_network._files.loading import load_as
from skmirai.neural_network._files.saving import save as save_as
from skmirai.neural_network._regressor import MiraiDNNRegressor


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator, or a Pipeline around one, to one file, without pickle.

    The file is a zip file of JSON and arrays in NumPy's format, each with its SHA-256
    checksum. It holds parameters and all that was learned, the optimizer's state
    included; callbacks are not part of it.

    Parameters
    ----------
    estimator : MiraiDNNClassifier, MiraiDNNRegressor, ensemble of them or Pipeline
        Fitted; also a ``CalibratedClassifierCV`` or an
        :class:`~skmirai.uncertainty.AbstainingClassifier` around one. A Pipeline ends
        in one of these, or in such a Pipeline. Its other
        steps are transformers of skmirai or of scikit-learn's packages ``compose``,
        ``cross_decomposition``, ``decomposition``, ``discriminant_analysis``,
        ``feature_selection``, ``frozen``, ``impute``, ``kernel_approximation``,
        ``pipeline``, ``preprocessing`` and ``random_projection``, or ``KMeans``.
        Functions in them are those of scikit-learn and NumPy, such as ``f_classif``
        and ``np.log1p``.
    path : str or path-like
        The file, in a folder that exists. A file of that name is replaced once the new
        one is complete.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is of another class, or something in it cannot be written without
        pickle; the message says what, and what to do. No file is written then.

    See Also
    --------
    load : Read the file.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> import skmirai
    >>> X, y = make_classification(random_state=0)
    >>> pipe = make_pipeline(
    ...     PCA(5), skmirai.MiraiDNNClassifier(epochs=2, random_state=0)
    ... ).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skmirai.save(pipe, f"{folder}/detector.skmirai")
    ...     again = skmirai.load(f"{folder}/detector.skmirai")
    >>> (again.predict_proba(X) == pipe.predict_proba(X)).all()
    np.True_
    """
    save_as(estimator, path)


def load(
    path: str | os.PathLike[str],
) -> MiraiDNNClassifier | MiraiDNNRegressor | Pipeline:
    """Load an estimator or a Pipeline that :func:`save` wrote, or its method ``save``.

    Nothing of the file is executed or unpickled, and nothing but classes from a fixed
    list is imported or made. The memory that reading takes is bounded by the size of
    the file. Checksums tell a file that was damaged, not who made it: somebody who
    writes the file writes its checksums too, and decides what the estimator will
    predict.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    MiraiDNNClassifier, MiraiDNNRegressor or Pipeline
        What was saved, fitted. It predicts the same to the bit, and training continues
        as if it had never been saved.

    Raises
    ------
    ValueError
        If the file is damaged, is no such file, or comes from a later version.

    Warns
    -----
    InconsistentVersionWarning
        If the file was written with another version of scikit-learn.

    See Also
    --------
    save : Write the file.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import make_classification
    >>> import skmirai
    >>> X, y = make_classification(random_state=0)
    >>> clf = skmirai.MiraiDNNClassifier(epochs=2, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     clf.save(f"{folder}/detector.skmirai")
    ...     again = skmirai.load(f"{folder}/detector.skmirai")
    >>> (again.predict_proba(X) == clf.predict_proba(X)).all()
    np.True_
    """
    return load_as(None, path)
