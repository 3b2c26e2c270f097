"""Training of a network in SciKeras's life cycle."""

import math
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._callbacks import (
    EpochProgress,
    EpochTasks,
    KeepLastWholeEpoch,
    RateSchedule,
    StopEarly,
    copied,
    let_go,
)
from skmirai.neural_network._engine.rates import check_schedule
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.network import Network, build_network
from skmirai.neural_network._keras.same_network import own_optimizer
from skmirai.utils._warnings import warn_user

# isort: split
# SciKeras imports Keras, which came from its one place with the callbacks
from scikeras.wrappers import BaseWrapper


class Training(BaseWrapper):
    """A fit of a step: SciKeras's build, compile, fit and history.

    It has our network builder, weights in full precision, and seeds of our own.

    Parameters
    ----------
    step : KerasStep
        Is given what is learned.
    """

    def __init__(self, step: Any) -> None:
        # SciKeras's own seeding changes flags of the whole process: not used
        super().__init__(optimizer=step.optimizer, warm_start=step._goes_on)
        self.step = step
        # SciKeras makes them at first fits only
        self.target_encoder_ = self.feature_encoder_ = self.target_encoder

    def _validate_data(
        self, X: Any = None, y: Any = None, reset: bool = False, y_numeric: bool = False
    ) -> tuple[Any, Any]:
        if reset:
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
        pass  # the step has them

    def _build_keras_model(self) -> Network:
        step = self.step
        return build_network(
            self.n_features_in_,
            optimizer=own_optimizer(step.optimizer),
            learning_rate=step.learning_rate,
            random_state=step.seed,
            groups=step.groups,
            **step.architecture,
        )

    @property
    def model_(self) -> Network:
        """The network; SciKeras keeps here what it has built."""
        return self.step.network_

    @model_.setter
    def model_(self, network: Network) -> None:
        self.step.network_ = network

    @property
    def initialized_(self) -> bool:
        """Whether there is a network."""
        return hasattr(self.step, "network_")

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
        step = self.step
        users = copied(step.callbacks)
        before = step.network_.read_state()
        new_rate, step._new_rate = step._new_rate, None
        linear = step.architecture["output_activation"] == "linear"
        keeper = KeepLastWholeEpoch(numeric_target=linear)
        recorder = keras.callbacks.History()
        callbacks: list[keras.callbacks.Callback] = [keeper]
        scheduler = _scheduler(step, range(initial_epoch, initial_epoch + epochs))
        if scheduler is not None:
            callbacks.append(scheduler)
        stopper = step.early_stopping and StopEarly(**step.early_stopping)
        if stopper:
            callbacks.append(stopper)
        callbacks += users
        if step.verbose:
            callbacks.append(EpochProgress(step.verbose))
        callbacks.append(recorder)
        earlier = step.history_ if initial_epoch else {}
        if task is not None:

            def fitted_step(state: NetworkState) -> Any:
                history = _joined(earlier, recorder.history, initial_epoch)
                return step.with_state(state, history)

            callbacks.append(EpochTasks(task, fitted_step, stopper or None))
        try:
            if new_rate is not None:
                step.network_.set_learning_rate(new_rate)
            step.network_.train(
                X,
                y,
                sample_weight,
                validation_data,
                batch_size=step.batch_size,
                epochs=initial_epoch + epochs,
                initial_epoch=initial_epoch,
                shuffle=step.shuffle,
                callbacks=callbacks,
                live=bool(users),
                verbose=int(step.verbose),
            )
        except KeyboardInterrupt:
            # an epoch is whole once the last callback, the recorder, is through
            n_whole = min(map(len, recorder.history.values()), default=0)
            if not n_whole:
                step.network_.write_state(before)
                raise
            ahead = keeper.n_epochs > n_whole
            step.network_.write_state(keeper.previous if ahead else keeper.last)
            if scheduler is not None:
                scheduler.give_back()
            warn_user(
                f"Training was interrupted; the network after "
                f"{initial_epoch + n_whole} whole epochs is kept.",
                UserWarning,
            )
        except BaseException as error:
            step.network_.write_state(before)
            if isinstance(error, tf.errors.ResourceExhaustedError):
                raise MemoryError(error.message) from error
            raise
        finally:
            for callback in callbacks:
                if isinstance(callback, EpochProgress):
                    callback.close()
                let_go(callback)
        step.history_ = _joined(earlier, recorder.history, initial_epoch)
        step.callbacks_ = users


def _scheduler(step: Any, epochs: range) -> RateSchedule | None:
    """Callback that changes the step size in these epochs, if it is to change."""
    schedule, optimizer = step.learning_rate_schedule, step.network_.optimizer
    check_schedule(schedule, optimizer)
    if schedule == "constant":
        return None
    rate = step.learning_rate
    if not isinstance(optimizer, str):
        rate = optimizer.get_config()["learning_rate"]
    if step.schedule_epochs is not None:
        epochs = range(step.schedule_epochs)
    return RateSchedule(schedule, rate, epochs)


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
