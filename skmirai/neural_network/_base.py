"""What classifier and regressor share: parameters, fitting, raw prediction."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._columns.kept import check_columns
from skmirai.neural_network._columns.scaled import scaled
from skmirai.neural_network._columns.tables import RowsOf, is_too_large, out_of_memory
from skmirai.neural_network._docs import with_shared_docs
from skmirai.neural_network._engine.exclusions import KeepsExclusions
from skmirai.neural_network._engine.lazy import ROWS_AT_ONCE, LazyArray
from skmirai.neural_network._files.methods import HasFiles
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.copies import copied_callbacks, copied_optimizer
from skmirai.neural_network._keras.novelty import ScoresNovelty
from skmirai.neural_network._parameters import PARAMETERS, most_epochs
from skmirai.neural_network._rows.checked import (
    Rows,
    check_rows,
    check_target_range,
    check_weight,
    rows_of_fit,
)
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._memory import remembered
from skmirai.utils._sklearn import (
    CALLBACK_STATE,
    clone_parametrized,
    fit_context,
)

if TYPE_CHECKING:
    from skmirai.neural_network._backend import keras
    from skmirai.neural_network._rows.prepared import Prepared


class BaseMiraiDNN(
    CallbackSupportMixin,
    HasFiles,
    ScoresNovelty,
    KeepsExclusions,
    LinksToPage,
    BaseEstimator,
    ABC,
):
    """Columns dropped, features scaled, a Keras network: the common part."""

    pipeline_: Pipeline
    history_: dict[str, list[float]]
    n_iter_: int
    n_parameters_: int
    n_features_in_: int
    feature_names_in_: np.ndarray

    if TYPE_CHECKING:  # scikit-learn's base class has no types

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """Return the mean accuracy, or the coefficient of determination."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = PARAMETERS

    def __init__(
        self,
        n_layers: int = 2,
        n_nodes: int | Sequence[int] = 64,
        *,
        activation: str | Callable[..., Any] = "relu",
        optimizer: "str | keras.optimizers.Optimizer" = "adam",
        learning_rate: float = 0.003,
        learning_rate_schedule: str = "constant",
        schedule_epochs: int | None = None,
        batch_norm: bool = False,
        dropout_rate: float | Sequence[float] = 0.2,
        n_members: int | str = "auto",
        share_batches: bool = False,
        drop_columns: Any = None,
        categorical_features: Any = "from_dtype",
        missing: str = "error",
        embedding_dim: int | str | None = "auto",
        scaler: Any = "standard",
        epochs: int | str = "auto",
        batch_size: int = 256,
        shuffle: bool = True,
        validation_fraction: float | None = None,
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        callbacks: Any = None,
        warm_start: bool = False,
        dtype: str = "auto",
        verbose: int = 0,
        novelty_rows: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_layers = n_layers
        self.n_nodes = n_nodes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.schedule_epochs = schedule_epochs
        self.batch_norm = batch_norm
        self.dropout_rate = dropout_rate
        self.n_members = n_members
        self.share_batches = share_batches
        self.drop_columns = drop_columns
        self.categorical_features = categorical_features
        self.missing = missing
        self.embedding_dim = embedding_dim
        self.scaler = scaler
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.dtype = dtype
        self.verbose = verbose
        self.novelty_rows = novelty_rows
        self.random_state = random_state

    # -- what the classifier and the regressor define ------------------------

    @abstractmethod
    def _check_target(self, y: Any, name: str = "y") -> np.ndarray:
        """Check the targets' shape and type, without learning from them."""

    @abstractmethod
    def _encode(self, y: np.ndarray, *, reset: bool, name: str) -> np.ndarray:
        """Turn checked targets into what the network is trained on."""

    def _check_continued(self, y: np.ndarray) -> None:
        """Check encoded targets that a warm start is to go on with."""

    @abstractmethod
    def _head(self, y: np.ndarray) -> dict[str, Any]:
        """Output layer for these encoded targets, as arguments of build_dnn."""

    @abstractmethod
    def _split(self, y: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of the training and of the validation part."""

    @abstractmethod
    def _loss_weight(self, rows: Rows, *, reset: bool) -> np.ndarray | None:
        """Weight of every row in the loss; None where all are 1."""

    # -- fitting -------------------------------------------------------------

    @with_shared_docs
    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit columns, scaler and network.

        Parameters
        ----------
        {training_rows}
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in scaler and loss, taken relative to their
            mean. Rows of weight 0 are left out.
        X_val : array-like of shape (n_validation, n_features), default=None
            Validation rows. They replace the part that ``validation_fraction``
            would split off. The scaler never sees them.
        y_val : array-like of shape (n_validation,), default=None
            Targets of ``X_val``.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of ``X_val`` in the validation loss.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If data and parameters do not fit together; the message says how
            to mend it. What was fitted before stays as it was.

        Warns
        -----
        {failures}
        """
        from skmirai.neural_network._rows.ready import ready
        from skmirai.neural_network._train import train

        task = FitTask(self, X, y, sample_weight, most_epochs(self))
        with self._unchanged_on_error():
            continued = self.warm_start and self.__sklearn_is_fitted__()
            rng = check_random_state(self.random_state)
            given = X, y, sample_weight
            validation = X_val, y_val, sample_weight_val
            prepared, seed = ready(
                self, given, validation, rng, task, continued=continued
            )
            train(self, prepared, seed, task, continued=continued)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def _prepared(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any]
    ) -> "Prepared":
        """Do what ``fit`` does before it trains the network.

        The rows serve estimators that differ in what concerns the network alone, see
        `_fit_prepared`. This one, which was not fitted before, is not fitted then.
        """
        from skmirai.neural_network._rows.prepared import drawn_seeds, prepare

        before = set(vars(self))
        with self._unchanged_on_error():
            rng = check_random_state(self.random_state)
            rows = rows_of_fit(self, X, y, sample_weight, validation, rng)
            scaler_seed, _ = drawn_seeds(rng)
            prepared = prepare(self, *rows, scaler_seed)
        learned = {k: v for k, v in vars(self).items() if k not in before}
        return replace(prepared, learned=learned)

    @fit_context(prefer_skip_nested_validation=True)
    def _fit_prepared(
        self, prepared: "Prepared", X: Any, y: Any, sample_weight: Any
    ) -> Self:
        """Do what ``fit`` does of these rows, which are prepared already.

        It is the same to the bit if ``fit`` would prepare them so: if neither the
        scaler nor a validation part is drawn with this estimator's seed.
        """
        from skmirai.neural_network._rows.prepared import drawn_seeds
        from skmirai.neural_network._train import train

        task = FitTask(self, X, y, sample_weight, most_epochs(self))
        with self._unchanged_on_error():
            self.__dict__.update(prepared.learned)
            task.begin()
            _, seed = drawn_seeds(check_random_state(self.random_state))
            train(self, prepared.with_own_steps(), seed, task)
        return self

    def _fit_one_epoch(
        self, X: Any, y: Any, sample_weight: Any, *, learn_target: bool
    ) -> Self:
        """Train for one epoch on these rows, which the scaler learns from too."""
        from skmirai.neural_network._rows.prepared import drawn_seeds, prepare
        from skmirai.neural_network._train import train

        task = FitTask(self, X, y, sample_weight, 0)
        with self._unchanged_on_error():
            how = {"continued": self.__sklearn_is_fitted__(), "one_epoch": True}
            X, y, weight = check_rows(
                self, X, y, sample_weight, continued=how["continued"]
            )
            rows = Rows(X, self._encode(y, reset=learn_target, name="y"), weight)
            task.begin()
            scaler_seed, seed = drawn_seeds(check_random_state(self.random_state))
            prepared = prepare(self, rows, None, scaler_seed, **how)
            train(self, prepared, seed, task, **how)
        return self

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Take back what was learned if the block fails."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException as error:
            # scikit-learn still has to tear its callbacks down
            ending = {k: v for k, v in vars(self).items() if k in CALLBACK_STATE}
            self.__dict__.clear()
            self.__dict__.update(before | ending)
            if isinstance(error, MemoryError):
                raise out_of_memory(error, self.batch_size) from error
            raise

    def __sklearn_clone__(self) -> Self:
        stand_in = object.__new__(type(self))
        stand_in.__dict__ = {**vars(self), "callbacks": None, "optimizer": None}
        twin = clone_parametrized(stand_in)
        twin.optimizer = copied_optimizer(self.optimizer)
        twin.callbacks = copied_callbacks(self.callbacks)
        return twin

    # -- what is fitted ------------------------------------------------------

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "impute"
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "pipeline_")

    @property
    def model_(self) -> "keras.Model":
        """Network, a :class:`keras.Model`."""
        check_is_fitted(self)
        return self.pipeline_["dnn"].model_

    def summary(self) -> None:
        """Print layers, output shapes and parameter counts, as Keras does."""
        self.model_.summary()

    def _scaled(self, X: Any) -> np.ndarray | LazyArray:
        """Check, drop and scale a table for the network, a large one in parts."""
        check_is_fitted(self)
        drop, scale, step = (part for _, part in self.pipeline_.steps)
        key = id(drop), id(scale), id(X), step.dtype
        return remembered(key, lambda: self._scaled_now(X), held=(X, drop, scale))

    def _scaled_now(self, X: Any) -> np.ndarray | LazyArray:
        drop, scale, step = (part for _, part in self.pipeline_.steps)
        # a transformer of the user's may look at all rows together
        known = self.scaler is None or isinstance(self.scaler, str)
        in_parts = known or is_too_large(X)
        X = check_columns(self, X, reset=False)
        many = in_parts and X.shape[0] > ROWS_AT_ONCE
        if many or issparse(X):
            X = RowsOf(X, always=many)
        kept = drop.numbers(X)
        return scaled(scale, kept, step.dtype)

    def _decision_values(self, X: Any) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""
        X = self._scaled(X)
        return self.pipeline_["dnn"].decision_values(X)

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None) -> dict[str, float]:
        """Loss and metric on a table, as :meth:`keras.Model.evaluate` reports them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the loss, used as they are.

        Returns
        -------
        dict of str to float
            "loss" without class weights, and "accuracy" for a classifier or
            "mean_absolute_error" for a regressor.
        """
        scaled_rows = self._scaled(X)
        y = self._check_target(y)
        check_consistent_length(scaled_rows, y)
        weight = check_weight(scaled_rows, sample_weight)
        targets = self._encode(y, reset=False, name="y")
        check_target_range(targets, scaled_rows.dtype.name)
        return self.pipeline_["dnn"].network_.evaluate(scaled_rows, targets, weight)
