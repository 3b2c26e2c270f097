"""Read fitted estimators from the files that they were saved to."""

import os

from skmirai.neural_network._classifier import MiraiDNNClassifier
from skmirai.neural_network._files.loading import load_as
from skmirai.neural_network._regressor import MiraiDNNRegressor


def load(path: str | os.PathLike[str]) -> MiraiDNNClassifier | MiraiDNNRegressor:
    """Load an estimator that its method ``save`` wrote.

    Nothing of the file is executed, imported or unpickled. Checksums tell a
    file that was damaged, not who made it: somebody who writes the file writes
    its checksums too, and decides what the estimator will predict.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    MiraiDNNClassifier or MiraiDNNRegressor
        The fitted estimator. It predicts the same to the bit, and training
        continues as if it had never been saved.

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
    MiraiDNNClassifier.save : Write the file.

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
