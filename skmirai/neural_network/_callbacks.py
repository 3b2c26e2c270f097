"""Callbacks: copies of the user's, and those that fits need themselves."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.rates import rate_at
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.copies import copied_callback
from skmirai.preprocessing import scaler_names
from skmirai.utils._docstrings import alternatives
from skmirai.utils._progress import progress_bar
from skmirai.utils._warnings import warn_user


def copied(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Copies of the user's callbacks, so that fits do not share their state."""
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks holds {callback!r}; expected instances of "
                f"keras.callbacks.Callback, such as keras.callbacks.CSVLogger('log')"
            )
    return [_copy(callback) for callback in callbacks]


def _copy(callback: keras.callbacks.Callback) -> keras.callbacks.Callback:
    try:
        return copied_callback(callback)
    except Exception as error:
        raise TypeError(
            f"callbacks holds a {type(callback).__name__} that cannot be copied "
            f"({error}), and every fit works on a copy; make what it holds in its "
            f"on_train_begin, or give it a __deepcopy__"
        ) from error


def let_go(callback: keras.callbacks.Callback) -> None:
    """Take from a callback what must not be kept: the network, an open file."""
    callback._model = None
    if isinstance(callback, keras.callbacks.CSVLogger):
        if getattr(callback, "csv_file", None) is not None:
            callback.csv_file.close()  # still open after an error
        callback.csv_file = callback.writer = None  # neither can be pickled


class KeepLastWholeEpoch(keras.callbacks.Callback):
    """Keep the state after the last epoch that ended well.

    An epoch ends well if its loss and all weights are finite. After one that
    does not, training stops with a warning and the network goes back to the
    epoch before it.

    Parameters
    ----------
    numeric_target : bool
        Whether the scale of the target may be to blame.

    Attributes
    ----------
    n_epochs : int
        Epochs that ended well since training began.
    last, previous : NetworkState
        State after the last epoch that ended well, and before that epoch.
    """

    n_epochs = 0
    last: NetworkState
    previous: NetworkState

    def __init__(self, *, numeric_target: bool) -> None:
        super().__init__()
        self.numeric_target = numeric_target

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep the state that training starts from."""
        self.n_epochs = 0
        self.previous = self.last = self.model.read_state()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the state, or go back to the one before and stop."""
        loss = (logs or {}).get("loss", math.nan)
        state = self.model.read_state()
        finite = bool(np.isfinite(state.floats).all())
        if math.isfinite(loss) and finite:
            self.n_epochs += 1
            self.previous, self.last = self.last, state
            return
        what = f"the loss became {loss}" if finite else "weights became NaN or infinite"
        target = (
            " If the target is far from a standard deviation of 1, wrap the estimator "
            "in TransformedTargetRegressor(transformer=StandardScaler())."
        )
        warn_user(
            f"Training stopped in epoch {epoch + 1}: {what} with "
            f"learning_rate={self.model.learning_rate:g}. The network of the epoch "
            f"before is kept. Lower learning_rate, or choose "
            f"scaler={alternatives(scaler_names(bounded=True))} if columns hold "
            f"extreme values."
            f"{target if self.numeric_target else ''}",
            ConvergenceWarning,
        )
        self.model.write_state(self.last)
        self.model.stop_training = True


class StopEarly(keras.callbacks.Callback):
    """Stop as Keras's EarlyStopping does, but keep the epoch of the lowest loss.

    Keras would keep the last epoch that improved by ``min_delta``, which may be
    far from the best one, and compares in float32 whatever the network's precision.

    Parameters
    ----------
    monitor : {"loss", "val_loss"}
        Loss to look at.
    patience : int
        Epochs without an improvement before training stops.
    min_delta : float
        Smallest change that counts as an improvement.
    """

    def __init__(self, *, monitor: str, patience: int, min_delta: float) -> None:
        super().__init__()
        self._monitor, self._patience = monitor, patience
        self._min_delta = min_delta

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget earlier fits."""
        self._wait, self._best = 0, math.inf
        self._lowest, self._weights = math.inf, None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the weights if no loss was lower; stop if patience is at its end."""
        loss = (logs or {}).get(self._monitor, math.nan)
        # where training was stopped before, the weights are not those of the loss
        if loss < self._lowest and not self.model.stop_training:
            self._lowest, self._weights = loss, self.model.get_weights()
        self._wait += 1
        if loss + self._min_delta < self._best or self._best == math.inf:
            self._wait, self._best = 0, loss
        elif self._wait >= self._patience and epoch > 0:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Go back to the weights of the lowest loss."""
        self.go_back()

    def go_back(self) -> None:
        """Give the model the weights of the lowest loss so far."""
        if self._weights is not None:
            self.model.set_weights(self._weights)


class RateSchedule(keras.callbacks.Callback):
    """Change the step size from epoch to epoch, and give it back at the end.

    Parameters
    ----------
    schedule : str
        Name in ``RATE_SCHEDULES``.
    rate : float
        Step size of the first epoch.
    epochs : range
        Numbers of the epochs, from 0 or, in a continued fit, from a later one. Those
        after the last keep its step size.
    """

    def __init__(self, schedule: str, rate: float, epochs: range) -> None:
        super().__init__()
        self._schedule, self._rate, self._epochs = schedule, rate, epochs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the step size of this epoch."""
        done = min(epoch, self._epochs[-1]) - self._epochs.start
        rate = rate_at(self._schedule, self._rate, done, len(self._epochs))
        self.model.set_learning_rate(rate)

    def on_train_end(self, logs: Any = None) -> None:
        """Set the step size back."""
        self.give_back()

    def give_back(self) -> None:
        """Set the step size back, also after an interrupted fit."""
        self.model.set_learning_rate(self._rate)


class EpochTasks(keras.callbacks.Callback):
    """Tell scikit-learn's callbacks of every epoch.

    It must be the last callback, so that an epoch is complete when theirs are
    called.

    Parameters
    ----------
    task : FitTask
        Calls the hooks.
    fitted_step : callable
        Turns the state of the network into a fitted step of its own.
    stopper : StopEarly or None
        What will choose the weights of the fit when it is over.
    """

    def __init__(
        self,
        task: FitTask,
        fitted_step: Callable[[NetworkState], Any],
        stopper: StopEarly | None,
    ) -> None:
        super().__init__()
        self._task, self._fitted_step, self._stopper = task, fitted_step, stopper

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin the task of this epoch."""
        self._task.begin_epoch()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """End the task of this epoch; stop training if a hook asks for it."""
        if self._task.end_epoch(lambda: self._fitted_step(self._state_if_over())):
            self.model.stop_training = True

    def _state_if_over(self) -> NetworkState:
        """State that the fit would leave if this epoch were its last."""
        state = self.model.read_state()
        if self._stopper is None:
            return state
        self._stopper.go_back()
        try:
            return self.model.read_state()
        finally:
            self.model.write_state(state)


class EpochProgress(keras.callbacks.Callback):
    """Progress over the epochs: one bar, or one line for each epoch.

    Parameters
    ----------
    verbose : int
        1 shows a bar with the losses and the time left, 2 or more prints a
        line per epoch.
    """

    def __init__(self, verbose: int) -> None:
        super().__init__()
        self.verbose = verbose
        self._first: int | None = None
        self._bar: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Learn where the count starts, which a continued fit does not at 0."""
        if self._first is None:
            self._first = epoch
            if self.verbose == 1:
                total = self.params["epochs"] - epoch
                self._bar = progress_bar(total, unit="epoch", desc="fit")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the figures of the epoch."""
        shown = {name: f"{value:.4g}" for name, value in (logs or {}).items()}
        if self.verbose == 1:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update()
            return
        figures = "  ".join(f"{name}={value}" for name, value in shown.items())
        print(f"epoch {epoch + 1}/{self.params['epochs']}  {figures}", flush=True)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """Close the bar if it is open, also after an interrupted fit."""
        if self._bar is not None:
            self._bar.close()
