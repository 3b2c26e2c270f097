"""The last step of the estimators' pipeline: a network behind SciKeras."""

import copy
import inspect
import math
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer

# SciKeras imports Keras, which comes from its one place before
from skmirai.neural_network._backend import keras, tf, to_numpy

# isort: split
from scikeras.wrappers import BaseWrapper

from skmirai.neural_network._callbacks import (
    EpochProgress,
    EpochTasks,
    KeepLastWholeEpoch,
    RateSchedule,
    StopEarly,
    copied,
    let_go,
)
from skmirai.neural_network._engine.exclusions import KeepsExclusions
from skmirai.neural_network._engine.rates import check_schedule
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.network import Network, build_network
from skmirai.neural_network._keras.same_network import (
    check_same_architecture,
    check_same_optimizer,
    own_optimizer,
)
from skmirai.utils._warnings import warn_user


def _joined(
    earlier: dict[str, list[float]], later: dict[str, list[float]], n_earlier: int
) -> dict[str, list[float]]:
    """Append figures of epochs to earlier ones; NaN where a figure was not there."""
    n_later = min(map(len, later.values()), default=0)
    return {
        name: [
            *earlier.get(name, [math.nan] * n_earlier),
            *map(float, later.get(name, [math.nan] * n_later)[:n_later]),
        ]
        for name in {**earlier, **later}
    }


class KerasStep(KeepsExclusions, BaseWrapper):
    """A dense network as a pipeline step, on data that is checked already.

    SciKeras's life cycle (build, compile, fit, partial fit, history) with our
    network builder, weights in full precision, seeds of our own and a state
    that pickles without a file format. Input is a finite array in the
    network's precision and encoded targets; the estimators see to that.

    Parameters
    ----------
    architecture : dict
        Arguments of :func:`build_dnn` but for ``n_features`` and those below.
    optimizer, learning_rate, seed
        As in :func:`build_dnn`; ``seed`` is its ``random_state``.
    batch_size, shuffle, callbacks, verbose, learning_rate_schedule
        As in the estimators.
    groups : ndarray of int, shape (n_features,), or None
        Columns of one number stem from one column of the table.
    early_stopping : dict or None
        Arguments of :class:`StopEarly`.

    Attributes
    ----------
    network_ : Network
        The network.
    history_ : dict
        Figures of every epoch.
    callbacks_ : list of keras.callbacks.Callback
        The copies of ``callbacks`` that saw the last fit.
    """

    network_: Network
    history_: dict[str, list[float]]
    _new_rate: float | None = None

    def __init__(
        self,
        *,
        architecture: dict[str, Any],
        optimizer: Any,
        learning_rate: float,
        seed: int,
        batch_size: int,
        shuffle: bool,
        callbacks: Any,
        early_stopping: dict[str, Any] | None,
        verbose: int,
        learning_rate_schedule: str = "constant",
        groups: np.ndarray | None = None,
    ) -> None:
        # SciKeras's own seeding changes flags of the whole process: not used
        super().__init__(
            optimizer=optimizer,
            batch_size=batch_size,
            shuffle=shuffle,
            callbacks=callbacks,
            verbose=verbose,
        )
        self.architecture = architecture
        self.learning_rate = learning_rate
        self.seed = seed
        self.early_stopping = early_stopping
        self.learning_rate_schedule = learning_rate_schedule
        self.groups = groups

    # -- what scikit-learn asks for -----------------------------------------

    def _get_param_names(self) -> list[str]:
        # SciKeras counts every attribute, also those that __init__ does not take
        return list(inspect.signature(type(self)).parameters)

    __repr__ = BaseEstimator.__repr__

    # -- what SciKeras asks for ---------------------------------------------

    def _validate_data(
        self, X: Any = None, y: Any = None, reset: bool = False, y_numeric: bool = False
    ) -> tuple[Any, Any]:
        if reset and X is not None:
            self.n_features_in_ = X.shape[1]
        return X, y  # the estimator has checked them

    @staticmethod
    def _validate_sample_weight(X: Any, y: Any, sample_weight: Any) -> Any:
        return X, y, sample_weight  # SciKeras would cast to float32

    @property
    def target_encoder(self) -> FunctionTransformer:
        """Identity that returns arrays, whatever is set globally."""
        return FunctionTransformer().set_output(transform="default")

    feature_encoder = target_encoder

    def _initialize_callbacks(self) -> None:
        self._fit_callbacks: list[Any] = []
        self._predict_callbacks: list[Any] = []

    def _build_keras_model(self) -> Network:
        return build_network(
            self.n_features_in_,
            optimizer=own_optimizer(self.optimizer),
            learning_rate=self.learning_rate,
            random_state=self.seed,
            groups=self.groups,
            **self.architecture,
        )

    @property
    def model_(self) -> keras.Model:
        """Live network; asking for it builds it."""
        return self.network_.model

    @model_.setter
    def model_(self, network: Network) -> None:
        self.network_ = network  # SciKeras keeps what it built here

    @property
    def initialized_(self) -> bool:
        """Whether there is a network."""
        return hasattr(self, "network_")

    def _ensure_compiled_model(self) -> None:
        pass  # ours always is

    def _check_model_compatibility(self, y: Any) -> None:
        pass  # the estimator chose the head for these targets

    def _fit_keras_model(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
        warm_start: bool,
        epochs: int,
        initial_epoch: int,
        validation_data: Any = None,
        task: FitTask | None = None,
        **kwargs: Any,
    ) -> None:
        del warm_start, kwargs
        users = copied(self.callbacks)
        before = self.network_.read_state()
        new_rate, self._new_rate = self._new_rate, None
        linear = self.architecture["output_activation"] == "linear"
        keeper = KeepLastWholeEpoch(numeric_target=linear)
        recorder = keras.callbacks.History()
        callbacks: list[keras.callbacks.Callback] = [keeper]
        scheduler = self._scheduler(range(initial_epoch, initial_epoch + epochs))
        if scheduler is not None:
            callbacks.append(scheduler)
        stopper = self.early_stopping and StopEarly(**self.early_stopping)
        if stopper:
            callbacks.append(stopper)
        callbacks += users
        if self.verbose:
            callbacks.append(EpochProgress(self.verbose))
        callbacks.append(recorder)
        earlier = self.history_ if initial_epoch else {}
        if task is not None:

            def fitted_step(state: NetworkState) -> KerasStep:
                history = _joined(earlier, recorder.history, initial_epoch)
                return self.with_state(state, history)

            callbacks.append(EpochTasks(task, fitted_step, stopper or None))
        try:
            if new_rate is not None:
                self.network_.set_learning_rate(new_rate)
            self.network_.train(
                X,
                y,
                sample_weight,
                validation_data,
                batch_size=self.batch_size,
                epochs=initial_epoch + epochs,
                initial_epoch=initial_epoch,
                shuffle=self.shuffle,
                callbacks=callbacks,
                live=bool(users),
                verbose=int(self.verbose),
            )
        except KeyboardInterrupt:
            # an epoch is whole once the last callback, the recorder, is through
            n_whole = min(map(len, recorder.history.values()), default=0)
            if not n_whole:
                self.network_.write_state(before)
                raise
            ahead = keeper.n_epochs > n_whole
            self.network_.write_state(keeper.previous if ahead else keeper.last)
            if scheduler is not None:
                scheduler.give_back()
            warn_user(
                f"Training was interrupted; the network after "
                f"{initial_epoch + n_whole} whole epochs is kept.",
                UserWarning,
            )
        except BaseException as error:
            self.network_.write_state(before)
            if isinstance(error, tf.errors.ResourceExhaustedError):
                raise MemoryError(error.message) from error
            raise
        finally:
            for callback in callbacks:
                if isinstance(callback, EpochProgress):
                    callback.close()
                let_go(callback)
        self.history_ = _joined(earlier, recorder.history, initial_epoch)
        self.callbacks_ = users

    def _scheduler(self, epochs: range) -> RateSchedule | None:
        """Callback that changes the step size in these epochs, if it is to change."""
        schedule, optimizer = self.learning_rate_schedule, self.network_.optimizer
        check_schedule(schedule, optimizer)
        if schedule == "constant":
            return None
        rate = self.learning_rate
        if not isinstance(optimizer, str):
            rate = optimizer.get_config()["learning_rate"]
        return RateSchedule(schedule, rate, epochs)

    @classmethod
    def restored(
        cls, network: Network, history: dict[str, list[float]], **settings: Any
    ) -> Self:
        """Fitted step with a given network, settings and history."""
        step = cls(optimizer=network.optimizer, callbacks=None, **settings)
        step.n_features_in_ = network.spec.n_features
        step.target_encoder_ = step.feature_encoder_ = step.target_encoder
        step._initialize_callbacks()
        step.network_, step.history_, step.callbacks_ = network, history, []
        return step

    # -- what the estimators use --------------------------------------------

    def continued(self, architecture: dict[str, Any], settings: dict[str, Any]) -> Self:
        """Return a step that trains the same network on, with other settings.

        This one keeps its settings and history. The network, which both share, must
        have the given architecture and optimizer.
        """
        check_same_architecture(architecture, self.network_.spec)
        check_same_optimizer(settings["optimizer"], self.network_.optimizer)
        step = copy.copy(self)
        step.__dict__.update(settings, warm_start=True)
        # an optimizer instance keeps its own
        if isinstance(self.optimizer, str) and self.learning_rate != step.learning_rate:
            step._new_rate = step.learning_rate
        return step

    def with_state(self, state: NetworkState, history: dict[str, Any]) -> Self:
        """Copy of the step whose network, its own, has a given state."""
        step = copy.copy(self)
        step.network_ = self.network_.with_state(state)
        step.history_ = history
        step.callbacks_ = []  # those of a fit may still be at work
        return step

    @property
    def dtype(self) -> str:
        """Precision of the network, "float32" or "float64"."""
        return self.architecture["dtype"]

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return self.network_.programs.n_parameters

    def decision_values(self, X: np.ndarray) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""
        return self.network_.decision_values(X)

    def predict(self, X: np.ndarray, **kwargs: Any) -> np.ndarray:
        """Output of the network, (n_samples, n_outputs)."""
        del kwargs
        values = self.decision_values(np.asarray(X, self.dtype))
        activation = keras.activations.get(self.network_.spec.output_activation)
        return to_numpy(activation(values))
