"""The last step of the estimators' pipeline: a network, and how it is trained."""

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from skmirai.neural_network._engine.activations import in_numpy
from skmirai.neural_network._engine.exclusions import KeepsExclusions
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._keras.network import Network
from skmirai.neural_network._keras.same_network import (
    check_same_architecture,
    check_same_optimizer,
)

if TYPE_CHECKING:
    from skmirai.neural_network._backend import keras


class KerasStep(KeepsExclusions, BaseEstimator):
    """A dense network as a pipeline step, on data that is checked already.

    Input is a finite array in the network's precision and encoded targets; the
    estimators see to that. SciKeras trains it, see :class:`._scikeras.Training`;
    to predict takes neither SciKeras nor Keras.

    Parameters
    ----------
    architecture : dict
        Arguments of :func:`build_dnn` but for ``n_features`` and those below.
    optimizer, learning_rate, seed
        As in :func:`build_dnn`; ``seed`` is its ``random_state``.
    batch_size, shuffle, callbacks, verbose, learning_rate_schedule, schedule_epochs
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
    callbacks_: "list[keras.callbacks.Callback]"
    #: Whether ``fit`` trains the network on, and at what step size from then on.
    _goes_on = False
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
        schedule_epochs: int | None = None,
        groups: np.ndarray | None = None,
    ) -> None:
        self.architecture = architecture
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.seed = seed
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.verbose = verbose
        self.learning_rate_schedule = learning_rate_schedule
        self.schedule_epochs = schedule_epochs
        self.groups = groups

    @classmethod
    def restored(
        cls, network: Network, history: dict[str, list[float]], **settings: Any
    ) -> Self:
        """Fitted step with a given network, settings and history."""
        step = cls(optimizer=network.optimizer, callbacks=None, **settings)
        step.network_, step.history_, step.callbacks_ = network, history, []
        return step

    # -- what scikit-learn asks for -----------------------------------------

    def fit(self, X: np.ndarray, y: np.ndarray, **how: Any) -> Self:
        """Train on rows; the other arguments are those of Keras's ``fit``.

        Beside them, ``task`` is a ``FitTask`` or None.
        """
        from skmirai.neural_network._scikeras import Training

        Training(self).fit(X, y, **how)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Output of the network, (n_samples, n_outputs)."""
        values = self.decision_values(np.asarray(X, self.dtype))
        return in_numpy(self.network_.spec.output_activation)(values)

    # -- what the estimators use --------------------------------------------

    def continued(self, architecture: dict[str, Any], settings: dict[str, Any]) -> Self:
        """Return a step that trains the same network on, with other settings.

        This one keeps its settings and history. The network, which both share, must
        have the given architecture and optimizer.
        """
        check_same_architecture(architecture, self.network_.spec)
        check_same_optimizer(settings["optimizer"], self.network_.optimizer)
        step = copy.copy(self)
        step.__dict__.update(settings, _goes_on=True)
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
    def model_(self) -> "keras.Model":
        """Live network; asking for it builds it."""
        return self.network_.model

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self.network_.spec.n_features

    @property
    def n_epochs(self) -> int:
        """Number of epochs that the network was trained for."""
        return len(self.history_["loss"]) if hasattr(self, "history_") else 0

    @property
    def dtype(self) -> str:
        """Precision of the network, "float32" or "float64"."""
        return self.architecture["dtype"]

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return self.network_.n_parameters

    def decision_values(self, X: np.ndarray) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""
        return self.network_.decision_values(X)
