"""An ensemble of classifiers."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d

from skmirai.neural_network._classifier import MiraiDNNClassifier
from skmirai.neural_network._ensembles.base import BaseMiraiDNNEnsemble
from skmirai.neural_network._ensembles.docs import with_shared_docs
from skmirai.neural_network._ensembles.passes import passes_of
from skmirai.neural_network._files.classes import has_files
from skmirai.neural_network._logits import PredictsByLogits
from skmirai.neural_network._parameters import ENSEMBLE_MC_PARAMETERS
from skmirai.uncertainty import PredictiveUncertainty
from skmirai.utils._sklearn import validate_params


@has_files
@with_shared_docs
class MiraiDNNEnsembleClassifier(
    ClassifierMixin, BaseMiraiDNNEnsemble, PredictsByLogits
):
    """Deep ensemble: networks of other seeds, whose mean probabilities decide.

    Where the members contradict each other, none of them is to be believed [1]_. An
    ensemble costs as many fits as it has members; ``n_members`` of one
    :class:`MiraiDNNClassifier` costs little more than one.

    Parameters
    ----------
    estimator : MiraiDNNClassifier, default=None
        What each member is; it is cloned and never fitted itself. None stands for
        ``MiraiDNNClassifier()``.
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes, sorted.
    {attributes}

    See Also
    --------
    MiraiDNNEnsembleRegressor : The same for numbers.
    skmirai.model_selection.cross_val_uncertainty : Members of the folds of a
        cross-validation.

    Notes
    -----
    ``save`` writes a fitted ensemble to one file without pickle, which
    :func:`skmirai.load` reads.

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
    >>> X, y = make_classification(300, flip_y=0.2, random_state=0)
    >>> clf = MiraiDNNEnsembleClassifier(
    ...     MiraiDNNClassifier(epochs=10), n_estimators=3, n_jobs=-1, random_state=0
    ... ).fit(X[:200], y[:200])
    >>> clf.predict_uncertainty(X[200:])
    PredictiveUncertainty(n_samples=100, classes=[0, 1], n_passes=3)
    >>> clf.predict_uncertainty(X[200:], n_passes=20, random_state=0).n_passes
    60
    """

    classes_: np.ndarray

    _kind = MiraiDNNClassifier

    def _drawn(self, y: Any, rng: np.random.RandomState) -> np.ndarray:
        y = column_or_1d(y)
        drawn = np.zeros(len(y))
        for label in np.unique(y):
            rows = np.flatnonzero(y == label)
            np.add.at(drawn, rng.choice(rows, size=len(rows)), 1)
        return drawn

    def _take_over(self, member: Any) -> None:
        super()._take_over(member)
        self.classes_ = member.classes_

    @with_shared_docs
    @validate_params(ENSEMBLE_MC_PARAMETERS, prefer_skip_nested_validation=True)
    def predict_uncertainty(
        self,
        X: Any,
        *,
        n_passes: int | None = None,
        masks: str = "shared",
        batch_size: int | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        return_samples: bool = False,
    ) -> PredictiveUncertainty:
        """Probabilities with their uncertainty, over members or members and passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        {uncertainty}

        Returns
        -------
        PredictiveUncertainty
            Mean and spread over all passes; total, aleatoric and epistemic
            uncertainty in nats.
        """
        passes = passes_of(
            self._members(),
            X,
            n_passes=n_passes,
            masks=masks,
            batch_size=batch_size,
            random_state=random_state,
        )
        return passes.probabilities(self.classes_, return_samples)
