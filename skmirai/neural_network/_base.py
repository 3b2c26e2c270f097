"""What classifier and regressor share: parameters, fitting, raw prediction."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._engine.lazy import ROWS_AT_ONCE, LazyArray
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._rows import (
    KeptColumns,
    Rows,
    check_columns,
    check_rows,
    check_target_range,
    check_weight,
    scaled,
)
from skmirai.neural_network._tables import RowsOf, is_too_large
from skmirai.preprocessing import make_scaler
from skmirai.utils._sklearn import (
    CALLBACK_STATE,
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
)
from skmirai.utils._warnings import warn_user

if TYPE_CHECKING:
    from skmirai.neural_network._backend import keras
    from skmirai.neural_network._engine.passes import PassBlock
    from skmirai.neural_network._keras_step import KerasStep

#: Largest table of float64 values that is computed in float64 by dtype="auto".
_FLOAT64_VALUES = 1_000_000

_MAX_SEED = np.iinfo(np.int32).max


#: Constraints on the arguments of the Monte Carlo dropout methods.
MC_SCORE_PARAMETERS: dict[str, list[Any]] = {
    "n_passes": [Interval(Integral, 1, None, closed="left")],
    "masks": [StrOptions({"shared", "per_row"})],
    "random_state": ["random_state"],
}
MC_PARAMETERS: dict[str, list[Any]] = {
    **MC_SCORE_PARAMETERS,
    "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "return_samples": ["boolean"],
}


class BaseMiraiDNN(CallbackSupportMixin, BaseEstimator, ABC):
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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_layers": [Interval(Integral, 0, None, closed="left")],
        "n_nodes": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "activation": [str, callable],
        "optimizer": [str, HasMethods(["apply", "get_config"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_norm": ["boolean"],
        "dropout_rate": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "drop_columns": [
            None,
            Interval(Integral, 0, None, closed="left"),
            str,
            slice,
            callable,
            "array-like",
        ],
        "scaler": [None, str, HasMethods(["fit", "transform"])],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "validation_fraction": [None, Interval(Real, 0, 1, closed="neither")],
        "early_stopping": ["boolean"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "callbacks": [None, list, tuple, HasMethods(["on_epoch_end"])],
        "warm_start": ["boolean"],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_layers: int = 2,
        n_nodes: int | Sequence[int] = 64,
        *,
        activation: str | Callable[..., Any] = "relu",
        optimizer: "str | keras.optimizers.Optimizer" = "adam",
        learning_rate: float = 0.003,
        batch_norm: bool = False,
        dropout_rate: float | Sequence[float] = 0.2,
        drop_columns: Any = None,
        scaler: Any = "standard",
        epochs: int = 30,
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
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_layers = n_layers
        self.n_nodes = n_nodes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_norm = batch_norm
        self.dropout_rate = dropout_rate
        self.drop_columns = drop_columns
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
        self.random_state = random_state

    # -- what the classifier and the regressor define ------------------------

    @abstractmethod
    def _check_target(self, y: Any, name: str = "y") -> np.ndarray:
        """Check the targets' shape and type, without learning from them."""

    @abstractmethod
    def _encode(self, y: np.ndarray, *, reset: bool, name: str) -> np.ndarray:
        """Turn checked targets into what the network is trained on."""

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
        X : array-like of shape (n_samples, n_features)
            Training rows. Columns that ``drop_columns`` names may hold
            anything; the others must be finite numbers. A memory-mapped array
            that would take more than scikit-learn's ``working_memory`` stays
            on the disk: the scaler learns from it by ``partial_fit``, and
            training reads blocks of rows from all over it, which it shuffles.
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
        """
        task = FitTask(self, X, y, sample_weight, self.epochs)
        with self._unchanged_on_error():
            continued = self.warm_start and self.__sklearn_is_fitted__()
            X, y, weight = check_rows(self, X, y, sample_weight, continued=continued)
            rows = Rows(X, self._encode(y, reset=not continued, name="y"), weight)
            rng = check_random_state(self.random_state)
            validation = self._validation_rows(X_val, y_val, sample_weight_val)
            if validation is None and self.validation_fraction is not None:
                train, rest = self._split(rows.y, rng)
                rows, validation = rows.take(train), rows.take(rest)
            self._train(rows, validation, rng, task, continued=continued)
        return self

    def _fit_one_epoch(
        self, X: Any, y: Any, sample_weight: Any, *, learn_target: bool
    ) -> Self:
        """Train for one epoch on these rows, which the scaler learns from too."""
        task = FitTask(self, X, y, sample_weight, 0)
        with self._unchanged_on_error():
            continued = self.__sklearn_is_fitted__()
            X, y, weight = check_rows(self, X, y, sample_weight, continued=continued)
            rows = Rows(X, self._encode(y, reset=learn_target, name="y"), weight)
            rng = check_random_state(self.random_state)
            self._train(rows, None, rng, task, continued=continued, one_epoch=True)
        return self

    def _validation_rows(self, X: Any, y: Any, sample_weight: Any) -> Rows | None:
        given = {"X_val": X, "y_val": y, "sample_weight_val": sample_weight}
        if all(value is None for value in given.values()):
            return None
        for name in ("X_val", "y_val"):
            if given[name] is None:
                raise ValueError(
                    f"{name} is missing: validation data needs both X_val and y_val"
                )
        X, y, weight = check_rows(
            self, X, y, sample_weight, continued=True, suffix="_val"
        )
        return Rows(X, self._encode(y, reset=False, name="y_val"), weight, "_val")

    def _train(
        self,
        rows: Rows,
        validation: Rows | None,
        rng: np.random.RandomState,
        task: FitTask,
        *,
        continued: bool,
        one_epoch: bool = False,
    ) -> None:
        task.begin()
        scaler_seed, network_seed = (int(s) for s in rng.randint(_MAX_SEED, size=2))
        if continued:
            drop, scale, step = (part for _, part in self.pipeline_.steps)
            kept = drop.numbers(rows.X)
        else:
            drop = KeptColumns(self.drop_columns, owner=type(self).__name__)
            # pipeline_ passes arrays on, whatever is set globally
            drop.set_output(transform="default")
            table = rows.X.table if isinstance(rows.X, RowsOf) else rows.X
            kept = drop.fit(table).numbers(rows.X)
            scale = make_scaler(self.scaler, random_state=scaler_seed)
            if self.scaler is None or isinstance(self.scaler, str):
                scale.set_output(transform="default")
        if one_epoch:
            scale = rows.update_scaler(scale, kept)
        elif not continued:
            scale = rows.fit_scaler(scale, kept)
        if continued and self.dtype == "auto":
            dtype = step.dtype
        else:
            dtype = self._precision(kept)
        X = scaled(scale, kept, dtype)
        check_target_range(rows.y, dtype)

        weight = self._loss_weight(rows, reset=True)
        data: dict[str, Any] = {"sample_weight": weight}
        if validation is not None:
            suffix = validation.suffix
            kept_val = drop.numbers(validation.X, f"X{suffix}")
            check_target_range(validation.y, dtype, f"y{suffix}")
            data["validation_data"] = (
                scaled(scale, kept_val, dtype),
                validation.y,
                self._loss_weight(validation, reset=False),
            )
        settings = self._training_settings(validation is not None)
        architecture = self._architecture(rows.y, dtype)
        before = None
        if continued:
            before = step.network_.read_state() if task.is_watched else None
            step = step.continued(architecture, settings)
        else:
            step = self._new_step(architecture, settings, network_seed)

        task.fitted_attributes = partial(_fitted_attributes, drop, scale)
        step.fit(
            X,
            rows.y,
            epochs=1 if one_epoch else self.epochs,
            initial_epoch=step.current_epoch,
            task=task if task.is_watched and not one_epoch else None,
            **data,
        )
        self._set_fitted(drop, scale, step)
        try:
            task.end(lambda: step.with_state(step.network_.read_state(), step.history_))
        except BaseException:
            if before is not None:  # the step of before has the same network
                step.network_.write_state(before)
            raise

    def _set_fitted(self, drop: KeptColumns, scale: Any, step: "KerasStep") -> None:
        for name, value in _fitted_attributes(drop, scale, step).items():
            setattr(self, name, value)

    def _precision(self, kept: np.ndarray | LazyArray) -> str:
        if self.dtype != "auto":
            return self.dtype
        if kept.dtype != np.float64 or kept.size > _FLOAT64_VALUES:
            return "float32"
        from skmirai.neural_network._engine.optimizers import computes_in_float64

        return "float64" if computes_in_float64(self.optimizer) else "float32"

    def _architecture(self, y: np.ndarray, dtype: str) -> dict[str, Any]:
        return {
            "n_layers": self.n_layers,
            "n_nodes": self.n_nodes,
            "activation": self.activation,
            "batch_norm": self.batch_norm,
            "dropout_rate": self.dropout_rate,
            "dtype": dtype,
            **self._head(y),
        }

    def _training_settings(self, validated: bool) -> dict[str, Any]:
        stopping = {
            "monitor": "val_loss" if validated else "loss",
            "patience": self.n_iter_no_change,
            "min_delta": self.tol,
        }
        return {
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "batch_size": int(self.batch_size),
            "shuffle": self.shuffle,
            "callbacks": self.callbacks,
            "early_stopping": stopping if self.early_stopping else None,
            "verbose": int(self.verbose),
        }

    def _new_step(
        self, architecture: dict[str, Any], settings: dict[str, Any], seed: int
    ) -> "KerasStep":
        from skmirai.neural_network._keras_step import KerasStep

        return KerasStep(architecture=architecture, seed=seed, **settings)

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
                raise MemoryError(
                    f"fitting with batch_size={self.batch_size} ran out of memory "
                    f"({error}); take a smaller batch_size, or pass "
                    f"the table as np.load(path, mmap_mode='r'): it is read in parts "
                    f"if it exceeds sklearn.get_config()['working_memory'] MiB"
                ) from error
            raise

    # -- files ---------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to one file, without pickle.

        The file holds parameters and all that was learned, the optimizer's
        state included: a zip file of JSON and arrays in NumPy's format, each
        with its SHA-256 checksum. :func:`skmirai.load` reads it and executes
        nothing of it. Callbacks are not part of the file.

        Parameters
        ----------
        path : str or path-like
            The file, in a folder that exists. A file of that name is replaced
            once the new one is complete.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If a parameter cannot be written without pickle: a function that is
            not one of Keras's activations, a callable ``drop_columns``, a
            transformer or optimizer of a class that :func:`skmirai.save` does not
            list, callbacks, or a ``RandomState``. No file is written then.
        """
        from skmirai.neural_network._files.saving import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load an estimator of this class; see :func:`skmirai.load`.

        Parameters
        ----------
        path : str or path-like
            A file that :meth:`save` wrote.

        Returns
        -------
        estimator : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the file is damaged, or holds an estimator of another class.
        """
        from skmirai.neural_network._files.loading import load_as

        return load_as(cls, path)

    # -- what is fitted ------------------------------------------------------

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
        # a transformer of the user's may look at all rows together
        known = self.scaler is None or isinstance(self.scaler, str)
        in_parts = known or is_too_large(X)
        X = check_columns(self, X, reset=False)
        kept = drop.numbers(RowsOf(X) if in_parts and len(X) > ROWS_AT_ONCE else X)
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

    def _mc_passes(
        self, X: Any, n_passes: int, masks: str, batch_size: Any, random_state: Any
    ) -> "tuple[Iterator[PassBlock], int]":
        """Blocks of stochastic passes over a table, and its number of rows."""
        X = self._scaled(X)
        step = self.pipeline_["dnn"]
        if not any(step.network_.spec.rates):
            warn_user(
                f"n_layers={step.architecture['n_layers']} and "
                f"dropout_rate={step.architecture['dropout_rate']!r} make no dropout: "
                f"all passes are the same, and the spread over them is 0; fit hidden "
                f"layers with a dropout_rate above 0",
                UserWarning,
            )
        blocks = step.network_.mc_passes(
            X,
            n_passes=n_passes,
            masks=masks,
            batch_size=batch_size,
            seed=int(check_random_state(random_state).randint(_MAX_SEED)),
        )
        return blocks, len(X)


def _fitted_attributes(
    drop: KeptColumns, scale: Any, step: "KerasStep"
) -> dict[str, Any]:
    """Public attributes that follow from the fitted steps."""
    return {
        "pipeline_": Pipeline([("drop", drop), ("scale", scale), ("dnn", step)]),
        "callbacks_": step.callbacks_,
        "history_": step.history_,
        "n_iter_": len(step.history_["loss"]),
        "n_parameters_": step.n_parameters,
    }
