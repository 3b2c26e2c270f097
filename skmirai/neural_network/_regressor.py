"""Deep network regressor for tables of traffic features."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._base import BaseMiraiDNN
from skmirai.neural_network._checks.labels import one_dimensional
from skmirai.neural_network._checks.validation_part import split_off
from skmirai.neural_network._docs import with_shared_docs
from skmirai.neural_network._files.classes import has_files
from skmirai.neural_network._parameters import MC_PARAMETERS, MC_SCORE_PARAMETERS
from skmirai.neural_network._rows.checked import Rows
from skmirai.neural_network._uncertainty import Passes
from skmirai.preprocessing import scaler_names
from skmirai.uncertainty import RegressionUncertainty
from skmirai.utils._docstrings import alternatives
from skmirai.utils._finite import quiet
from skmirai.utils._sklearn import fit_context, validate_params
from skmirai.utils._warnings import warn_user

if TYPE_CHECKING:
    from skmirai.neural_network._engine.passes import PassBlock

#: Largest size of values whose squared differences can be summed.
_LARGEST = 1e150


@has_files
@with_shared_docs
class MiraiDNNRegressor(RegressorMixin, BaseMiraiDNN):
    """Deep network regressor: columns dropped, features scaled, squared error.

    The network of :class:`MiraiDNNClassifier` with a linear output layer,
    trained on the mean squared error; one or several targets.

    Parameters
    ----------
    {architecture}
    {training}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    MiraiDNNClassifier : The same network for classes.
    sklearn.compose.TransformedTargetRegressor : Scales the target.

    Notes
    -----
    The target is not scaled. One whose mean is far from 0, or its standard deviation
    from 1, trains slowly or not at all: wrap the estimator in
    ``TransformedTargetRegressor(regressor=..., transformer=StandardScaler())``.

    {notes}

    References
    ----------
    Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
    parameter-efficient ensembling. ICLR 2025 (``n_members``).

    Guo, Berkhahn: Entity embeddings of categorical variables. 2016. arXiv:1604.06737
    (``embedding_dim``).

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.preprocessing import scale
    >>> from skmirai import MiraiDNNRegressor
    >>> X, y = make_friedman1(400, random_state=0)
    >>> reg = MiraiDNNRegressor(random_state=0).fit(X, scale(y))
    >>> reg.score(X, scale(y)) > 0.8
    True
    >>> reg.predict_uncertainty(X[:2], random_state=0).std.shape
    (2,)
    """

    # -- targets ---------------------------------------------------------------

    def _check_target(self, y: Any, name: str = "y") -> np.ndarray:
        y = quiet(check_array)(
            y,
            ensure_2d=False,
            dtype=(np.float64, np.float32),
            estimator=type(self).__name__,
            input_name=name,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = one_dimensional(y, name)
        return y

    def _encode(self, y: np.ndarray, *, reset: bool, name: str) -> np.ndarray:
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        if reset:
            self._flat_target, self._n_targets = y.ndim == 1, n_targets
        elif n_targets != self._n_targets:
            raise ValueError(
                f"{name} has {n_targets} targets for each row, but the network was "
                f"fitted with {self._n_targets}"
            )
        return y.reshape(len(y), n_targets)

    def _head(self, y: np.ndarray) -> dict[str, Any]:
        return {"n_outputs": y.shape[1], "output_activation": "linear"}

    def _split(self, y: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        return split_off(len(y), self.validation_fraction, rng)

    def _loss_weight(self, rows: Rows, *, reset: bool) -> np.ndarray | None:
        return rows.relative_weight

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on a part of the data.

        The first call fixes the columns. Every call updates the scaler through
        its own ``partial_fit`` before the network sees the rows. ``epochs``,
        ``validation_fraction`` and ``early_stopping`` do not count here.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of this part.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets of this part.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. The loss takes them relative to their mean in
            this part, the scaler as they are.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If the scaler has no ``partial_fit``, or if the columns are not
            those of the first call.
        """
        learn = not self.__sklearn_is_fitted__()
        return self._fit_one_epoch(X, y, sample_weight, learn_target=learn)

    # -- prediction ------------------------------------------------------------

    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each row, dropout switched off.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions, in the shape of the targets that were fitted.
        """
        return self._in_shape_of_target(self._decision_values(X))

    def _in_shape_of_target(self, values: np.ndarray) -> np.ndarray:
        return values[..., 0] if self._flat_target else values

    # -- uncertainty -----------------------------------------------------------

    @with_shared_docs
    @validate_params(MC_PARAMETERS, prefer_skip_nested_validation=True)
    def predict_uncertainty(
        self,
        X: Any,
        *,
        n_passes: int = 100,
        masks: str = "shared",
        batch_size: int | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        return_samples: bool = False,
    ) -> RegressionUncertainty:
        """Predictions with their uncertainty: Monte Carlo dropout, members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        {mc}
        {masks}
        return_samples : bool, default=False
            Keep the predictions of every pass.

        Returns
        -------
        RegressionUncertainty
            Mean and standard deviation over the passes.

        Warns
        -----
        UserWarning
            If the network has neither dropout nor members, so that all passes are
            the same.

        References
        ----------
        Gal, Ghahramani: Dropout as a Bayesian approximation. ICML 2016.

        Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
        parameter-efficient ensembling. ICLR 2025 (members).
        """
        passes = Passes(
            self,
            X,
            n_passes=n_passes,
            masks=masks,
            batch_size=batch_size,
            random_state=random_state,
        )
        n_outputs = None if self._flat_target else self._n_targets
        return passes.predictions(n_outputs, return_samples)

    @with_shared_docs
    @validate_params(MC_SCORE_PARAMETERS, prefer_skip_nested_validation=True)
    def mc_score(
        self,
        X: Any,
        y: Any,
        *,
        n_passes: int = 100,
        masks: str = "per_row",
        random_state: int | np.random.RandomState | None = None,
    ) -> np.ndarray:
        """Coefficient of determination of each of ``n_passes`` stochastic passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True targets.
        {mc_score}

        Returns
        -------
        ndarray of shape (n_passes,)
            R^2 of each pass (of each member where there is no dropout), averaged
            over targets, by the rules of
            :func:`sklearn.metrics.r2_score`: a constant target gives 0 or 1, a
            single row NaN and a warning.
        """
        check_is_fitted(self)
        y = self._encode(self._check_target(y), reset=False, name="y")
        passes = Passes(
            self, X, n_passes=n_passes, masks=masks, random_state=random_state
        )
        if len(y) != passes.n_rows:
            raise ValueError(f"X has {passes.n_rows} rows, but y has {len(y)} targets")
        _check_squares(y, "y")

        def squares(block: "PassBlock") -> tuple[slice, np.ndarray]:
            _check_squares(block.values, "a pass over X")
            difference = np.subtract(y[block.rows], block.values, dtype=np.float64)
            return block.passes, (difference**2).sum(axis=1)

        residual = np.zeros((passes.n_passes, y.shape[1]))
        for of_block, added in passes.map(squares):
            residual[of_block] += added
        if passes.n_rows < 2:
            warn_user(
                "R^2 score is not well-defined with less than two samples.",
                UndefinedMetricWarning,
            )
            return np.full(passes.n_passes, np.nan)
        y = y.astype(np.float64, copy=False)
        total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
        return _r2(residual, total).mean(axis=1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _check_squares(values: np.ndarray, name: str) -> None:
    """Insist that sums of squares stay within double precision."""
    if (largest := float(np.abs(values).max())) > _LARGEST:
        raise ValueError(
            f"{name} gave a value of size {largest:g}, whose square is too large for "
            f"float64; bound the columns of X with "
            f"scaler={alternatives(scaler_names(bounded=True))}, or scale the target, "
            f"for example with "
            f"TransformedTargetRegressor(transformer=StandardScaler())"
        )


def _r2(residual: np.ndarray, total: np.ndarray) -> np.ndarray:
    """1 - residual / total; where total is 0: 1 for no residual at all, else 0."""
    varies = total > 0
    explained = 1 - residual / np.where(varies, total, 1)
    return np.where(varies, explained, residual == 0)
