"""Callbacks that every fit gets: keep the last whole epoch, show progress."""

import math
import warnings
from typing import Any

import keras
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from tqdm.auto import tqdm

from skmirai.neural_network._state import NetworkState


class KeepLastWholeEpoch(keras.callbacks.Callback):
    """Keep the state after the last epoch that ended well.

    An epoch ends well if its loss and all weights are finite. After one that
    does not, training stops with a warning and the network goes back to the
    epoch before it.

    Attributes
    ----------
    n_epochs : int
        Epochs that ended well since training began.
    start : NetworkState or None
        State that training started from.
    last, previous : NetworkState
        State after the last epoch that ended well, and before that epoch.
    """

    n_epochs = 0
    start: NetworkState | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep the state that training starts from."""
        self.n_epochs = 0
        self.start = self.previous = self.last = self.model.read_state()

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
        warnings.warn(
            f"Training stopped in epoch {epoch + 1}: {what} with "
            f"learning_rate={self.model.learning_rate:g}. The network of the epoch "
            f"before is kept. Lower learning_rate, or choose scaler='quantile' or "
            f"'robust_clip' if columns hold extreme values.",
            ConvergenceWarning,
            stacklevel=2,
        )
        self.model.write_state(self.last)
        self.model.stop_training = True


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
                self._bar = tqdm(total=total, unit="epoch", desc="fit")

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
