"""An ensemble of regressors."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from skmirai.neural_network._ensembles.base import BaseMiraiDNNEnsemble
from skmirai.neural_network._ensembles.docs import with_shared_docs
from skmirai.neural_network._ensembles.passes import passes_of
from skmirai.neural_network._files.classes import has_files
from skmirai.neural_network._parameters import ENSEMBLE_MC_PARAMETERS
from skmirai.neural_network._regressor import MiraiDNNRegressor
from skmirai.uncertainty import RegressionUncertainty
from skmirai.utils._sklearn import num_samples, validate_params


@has_files
@with_shared_docs
class MiraiDNNEnsembleRegressor(RegressorMixin, BaseMiraiDNNEnsemble):
    """Deep ensemble: networks of other seeds, whose mean is the prediction.

    Parameters
    ----------
    estimator : MiraiDNNRegressor, default=None
        What each member is; it is cloned and never fitted itself. None stands for
        ``MiraiDNNRegressor()``.
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    MiraiDNNEnsembleClassifier : The same for classes.

    Notes
    -----
    ``save`` writes a fitted ensemble to one file without pickle, which
    :func:`skmirai.load` reads. The spread is that between the members' predictions
    [1]_: the noise of the target is not part of it.

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.preprocessing import scale
    >>> from skmirai import MiraiDNNEnsembleRegressor
    >>> X, y = make_friedman1(300, random_state=0)
    >>> reg = MiraiDNNEnsembleRegressor(n_estimators=3, random_state=0)
    >>> reg.fit(X, scale(y)).predict_uncertainty(X[:2]).std.shape
    (2,)
    """

    _kind = MiraiDNNRegressor

    def _drawn(self, y: Any, rng: np.random.RandomState) -> np.ndarray:
        n_rows = num_samples(y)
        return np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each row: the mean of the members, without dropout.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, in the shape of the targets that were fitted.
        """
        values = self._decision_values(X)
        return values[:, 0] if self._n_outputs is None else values

    @property
    def _n_outputs(self) -> int | None:
        """Number of targets; None for one without an axis."""
        first = self.estimators_[0]
        return None if first._flat_target else first._n_targets

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
    ) -> RegressionUncertainty:
        """Predictions with their spread, over members or members and passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        {uncertainty}

        Returns
        -------
        RegressionUncertainty
            Mean and spread over all passes.
        """
        passes = passes_of(
            self._members(),
            X,
            n_passes=n_passes,
            masks=masks,
            batch_size=batch_size,
            random_state=random_state,
        )
        return passes.predictions(self._n_outputs, return_samples)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
