"""A network between Keras and the estimators: description, state, live model."""

import copy
from typing import Any, Self

import numpy as np

from skmirai.neural_network._backend import keras
from skmirai.neural_network._builder import (
    NetworkSeeds,
    NetworkSpec,
    assemble,
    check_optimizer,
    check_precision,
    make_optimizer,
    network_spec,
)
from skmirai.neural_network._forward import Layer, decide
from skmirai.neural_network._keras_fit import loop_over_batches, reasons_of_callbacks
from skmirai.neural_network._model import DNNModel
from skmirai.neural_network._program import (
    CompiledNetwork,
    compiled_network,
)
from skmirai.neural_network._state import NetworkState
from skmirai.neural_network._streaming import streamed_rows
from skmirai.neural_network._tables import LazyArray, row_slices
from skmirai.neural_network._training import (
    StateHolder,
    evaluate_rows,
    rows_for_training,
    run_epochs,
)
from skmirai.preprocessing import scaler_names
from skmirai.utils._docstrings import alternatives
from skmirai.utils._finite import first_not_finite


class Network:
    """A network that needs no Keras model until somebody asks for one.

    Building a Keras model takes longer than training it on a small table, so
    the state lives in two vectors. Once ``model`` has been asked for, the
    model's own variables are the truth.

    Parameters
    ----------
    spec : NetworkSpec
        Architecture.
    seeds : NetworkSeeds
        Seeds of the initial weights, dropout and order of the rows.
    optimizer : str or keras.optimizers.Optimizer
        As in :func:`build_dnn`; an instance must be one that nobody changes.
    learning_rate : float
        Step size of a named optimizer.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        seeds: NetworkSeeds,
        optimizer: str | keras.optimizers.Optimizer,
        learning_rate: float,
    ) -> None:
        self.spec = spec
        self.seeds = seeds
        check_precision(optimizer, spec.dtype)
        if not isinstance(optimizer, str):
            learning_rate = optimizer.get_config()["learning_rate"]
        self.optimizer = optimizer
        self._state = self.compiled.initial_state(seeds, learning_rate)
        self._model: DNNModel | None = None
        self._cut_layers: list[Layer] | None = None

    @classmethod
    def restored(
        cls,
        spec: NetworkSpec,
        seeds: NetworkSeeds,
        optimizer: str | keras.optimizers.Optimizer,
        state: NetworkState,
    ) -> Self:
        """Network with the state that another one had."""
        network = cls.__new__(cls)
        network.spec, network.seeds, network.optimizer = spec, seeds, optimizer
        size, expected = (len(state.floats), len(state.ints)), network.compiled.size
        if size != expected:
            raise ValueError(
                f"the state of the network has {size[0]} floats and {size[1]} "
                f"integers, but its architecture and optimizer need {expected[0]} "
                f"and {expected[1]}"
            )
        network._state, network._model, network._cut_layers = state, None, None
        return network

    @property
    def compiled(self) -> CompiledNetwork:
        """Programs of this architecture."""
        return compiled_network(self.spec, self.optimizer)

    @property
    def state(self) -> NetworkState:
        """Weights and optimizer state."""
        if self._model is None:
            return self._state
        return self._model.read_state()

    @state.setter
    def state(self, state: NetworkState) -> None:
        self._state = NetworkState(np.asarray(state.floats), np.asarray(state.ints))
        self._cut_layers = None
        if self._model is not None:
            self._model.write_state(self._state)

    def set_learning_rate(self, rate: float) -> None:
        """Change the step size for the epochs to come."""
        self.state = self.compiled.with_learning_rate(self.state, rate)

    @property
    def model(self) -> DNNModel:
        """Live Keras model with this state; built when first asked for."""
        if self._model is None:
            model = assemble(self.spec, self.seeds, make_optimizer(self.optimizer, 1))
            model.write_state(self._state)
            self._model = model
        return self._model

    def with_state(self, state: NetworkState) -> Self:
        """Network of the same kind with a state of its own."""
        twin = copy.copy(self)
        twin._model = twin._cut_layers = None
        twin._state = NetworkState(np.array(state.floats), np.array(state.ints))
        return twin

    # -- training --------------------------------------------------------------

    def train(
        self,
        X: np.ndarray | LazyArray,
        y: np.ndarray,
        weight: np.ndarray | None,
        validation: tuple[Any, np.ndarray, np.ndarray | None] | None,
        *,
        batch_size: int,
        epochs: int,
        initial_epoch: int,
        shuffle: bool,
        callbacks: list[keras.callbacks.Callback],
        live: bool,
        verbose: int = 0,
    ) -> None:
        """Train on rows; the parameters are those of Keras's ``fit``.

        With ``live`` the callbacks see the Keras model, with its state brought
        up to date around every epoch. Without it they see a
        :class:`StateHolder`, and no model needs to be built. Progress is left
        to the callbacks; ``verbose`` of 2 tells if Keras's loop must be used.
        """
        reason = self._reason_for_loop(callbacks)
        if reason is not None and verbose >= 2:
            print(f"Training with Keras's own loop over batches: {reason}.")
        how: dict[str, Any] = {
            "batch_size": batch_size,
            "epochs": epochs,
            "initial_epoch": initial_epoch,
            "callbacks": callbacks,
        }
        lazy = isinstance(X, LazyArray) or (
            validation is not None and isinstance(validation[0], LazyArray)
        )
        if (live or reason is not None) and not lazy:
            self.model.fit(
                X,
                y,
                sample_weight=weight,
                validation_data=validation,
                shuffle=shuffle,
                verbose=0,
                **how,
            )
            return
        dtype = self.spec.dtype
        rest = validation and streamed_rows(*validation, dtype)
        how["shuffle_seed"] = self.seeds.shuffle if shuffle else None
        if reason is not None:
            rows = streamed_rows(X, y, weight, dtype)
            loop_over_batches(self.model, rows, rest, **how)
            return
        holder = self.model if live else StateHolder(self.compiled, self.state)
        try:
            run_epochs(
                self.compiled,
                holder,
                rows_for_training(X, y, weight, dtype),
                rest,
                rates=self.spec.rates,
                **how,
            )
        finally:
            if not live:
                self.state = holder.read_state()

    def _reason_for_loop(self, callbacks: list[keras.callbacks.Callback]) -> str | None:
        """Why compiled epochs do not do; None if they do."""
        if not isinstance(self.optimizer, str) and self.optimizer.use_ema:
            return "averaged weights need it"
        return next(reasons_of_callbacks(callbacks), None)

    # -- prediction ------------------------------------------------------------

    def decision_values(self, X: np.ndarray | LazyArray) -> np.ndarray:
        """Output layer's values before its activation.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            Scaled rows, in the network's precision.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Logits of a classifier, predictions of a regressor.

        Raises
        ------
        ValueError
            If the numbers leave the range of the precision.
        """
        layers = self._layers()
        values = np.empty((len(X), self.spec.n_outputs), dtype=X.dtype)
        for rows in row_slices(len(X)):
            values[rows] = decide(layers, X[rows])
        _check_outputs(values)
        return values

    def evaluate(
        self, X: np.ndarray | LazyArray, y: np.ndarray, weight: np.ndarray | None
    ) -> dict[str, float]:
        """Loss and metric, as Keras's ``evaluate`` reports them."""
        rows = streamed_rows(X, y, weight, self.spec.dtype)
        weights = self.compiled.weights(self.state)
        return evaluate_rows(self.compiled, weights, rows)

    def _layers(self) -> list[Layer]:
        layers = self._cut_layers
        # whoever has the live model may have changed its weights
        if layers is None or self._model is not None:
            weights = self.compiled.weights(self.state)
            self._cut_layers = layers = self.compiled.forward_layers(weights)
        return layers

    # -- persistence -----------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        rebuilt = {"_model": None, "_cut_layers": None}
        return {**self.__dict__, **rebuilt, "_state": self.state}


def _check_outputs(values: np.ndarray) -> None:
    row = first_not_finite(values, axis=0)
    if row is not None:
        raise ValueError(
            f"the network's output for row {row} (counted from 0) is not finite in "
            f"{values.dtype}: its values are far outside what the network was "
            f"trained on, or the weights are; bound them with "
            f"scaler={alternatives(scaler_names(bounded=True))}, or fit with "
            f"dtype='float64'"
        )


def build_network(
    n_features: int,
    n_layers: int,
    n_nodes: Any,
    *,
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: float,
    random_state: Any,
    **architecture: Any,
) -> Network:
    """Do what :func:`build_dnn` does, without building a Keras model."""
    check_optimizer(optimizer)
    spec = network_spec(n_features, n_layers, n_nodes, **architecture)
    seeds = NetworkSeeds.draw(random_state, n_layers)
    return Network(spec, seeds, optimizer, learning_rate)
