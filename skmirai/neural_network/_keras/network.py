"""A network between Keras and the estimators: state, training, live model."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from sklearn.utils import check_random_state

from skmirai.neural_network._backend import is_started, keras
from skmirai.neural_network._engine.architecture import (
    NetworkSeeds,
    NetworkSpec,
    network_spec,
)
from skmirai.neural_network._engine.compiled import check_surroundings
from skmirai.neural_network._engine.exclusions import KeepsExclusions
from skmirai.neural_network._engine.forward import (
    Layer,
    decide,
    forward_layers,
    last_hidden,
)
from skmirai.neural_network._engine.heads import pooled
from skmirai.neural_network._engine.lazy import LazyArray, row_slices
from skmirai.neural_network._engine.optimizers import (
    check_optimizer,
    check_precision,
    make_optimizer,
)
from skmirai.neural_network._engine.passes import PassBlock, mc_passes
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._engine.weights import n_parameters, sizes_of_weights
from skmirai.preprocessing import scaler_names
from skmirai.utils._docstrings import alternatives
from skmirai.utils._finite import first_not_finite

if TYPE_CHECKING:
    from skmirai.neural_network._engine.program import Programs
    from skmirai.neural_network._keras.model import DNNModel

_Result = TypeVar("_Result")


class Network(KeepsExclusions):
    """A network that needs no Keras model until somebody asks for one.

    Building a Keras model takes longer than training it on a small table, so
    the state lives in two vectors. Once ``model`` has been asked for, the
    model's own variables are the truth. Prediction needs no TensorFlow: what
    does is imported where it is used.

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
    groups : ndarray of int, shape (n_features,), or None, default=None
        Columns of one number stem from one column of the table.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        seeds: NetworkSeeds,
        optimizer: "str | keras.optimizers.Optimizer",
        learning_rate: float,
        groups: np.ndarray | None = None,
    ) -> None:
        self.spec = spec
        self.seeds = seeds
        check_precision(optimizer, spec.dtype)
        if not isinstance(optimizer, str):
            learning_rate = optimizer.get_config()["learning_rate"]
        self.optimizer = optimizer
        self._begin()
        self._state = self.programs.initial_state(seeds, learning_rate, groups)

    def _begin(self) -> None:
        self._programs: Programs | None = None
        self._model: DNNModel | None = None
        self._cut: tuple[np.ndarray, list[Layer]] | None = None

    @classmethod
    def restored(
        cls,
        spec: NetworkSpec,
        seeds: NetworkSeeds,
        optimizer: "str | keras.optimizers.Optimizer",
        state: NetworkState,
    ) -> Self:
        """Network with the state that another one had.

        How large the optimizer's part of the state must be, Keras tells. Where it
        would have to be imported for that alone, training asks for it.

        Raises
        ------
        ValueError
            If the state has another size than architecture and optimizer need.
        """
        network = cls.__new__(cls)
        network.spec, network.seeds, network.optimizer = spec, seeds, optimizer
        network._begin()
        network._state = state
        state.check_size(sizes_of_weights(spec), "architecture", least=True)
        network._is_checked = False
        if is_started() or not isinstance(optimizer, str):
            network._check_state()
        return network

    _is_checked = True

    def _check_state(self) -> None:
        """Compare a restored state with the optimizer, if that is yet to be done."""
        if not self._is_checked:
            needed = self._found_programs().size
            self._state.check_size(needed, "architecture and optimizer")
            self._is_checked = True

    @property
    def programs(self) -> "Programs":
        """Programs of this architecture; the network holds those that are its own."""
        self._check_state()
        return self._found_programs()

    def _found_programs(self) -> "Programs":
        if self._programs is not None:
            return self._programs
        from skmirai.neural_network._engine.kept import programs_for

        found = programs_for(self.spec, self.optimizer)
        if not found.is_shared:
            self._programs = found
        return found

    @property
    def model(self) -> "DNNModel":
        """Live Keras model with this state; built when first asked for."""
        if self._model is None:
            from skmirai.neural_network._keras.builder import assemble

            self._check_state()
            model = assemble(self.spec, self.seeds, make_optimizer(self.optimizer, 1))
            model.write_state(self._state)
            self._model = model
        return self._model

    def with_state(self, state: NetworkState) -> Self:
        """Network of the same kind with a state of its own."""
        twin = copy.copy(self)
        twin._programs = self._programs
        twin._state = NetworkState(np.array(state.floats), np.array(state.ints))
        return twin

    # -- what callbacks see in place of a model where only its state matters ----

    stop_training = False

    def read_state(self) -> NetworkState:
        """Weights and optimizer state."""
        if self._model is None:
            return self._state
        return self._model.read_state()

    def write_state(self, state: NetworkState) -> None:
        """Replace weights and optimizer state."""
        self._state = state
        self._cut = None
        if self._model is not None:
            self._model.write_state(self._state)

    def get_weights(self) -> list[Any]:
        """Weights in one vector, for :class:`keras.callbacks.EarlyStopping`."""
        return [self.programs.weights(self.read_state())]

    def set_weights(self, weights: list[Any]) -> None:
        """Replace the weights, but not the optimizer's state."""
        state = self.read_state()
        floats = np.array(state.floats)
        floats[: len(weights[0])] = weights[0]
        self.write_state(NetworkState(floats, state.ints))

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return n_parameters(self.spec)

    @property
    def learning_rate(self) -> float:
        """Step size of the next update."""
        return self.programs.learning_rate(self.read_state())

    def set_learning_rate(self, rate: float) -> None:
        """Change the step size for the epochs to come."""
        self.write_state(self.programs.with_learning_rate(self.read_state(), rate))

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
        callbacks: "list[keras.callbacks.Callback]",
        live: bool,
        verbose: int = 0,
    ) -> None:
        """Train on rows; the parameters are those of Keras's ``fit``.

        With ``live`` the callbacks see the Keras model, with its state brought
        up to date around every epoch. Without it they see this object, and no
        model needs to be built. Progress is left to the callbacks; ``verbose``
        of 2 tells if Keras's loop must be used.
        """
        from skmirai.neural_network._engine.epochs import run_epochs
        from skmirai.neural_network._engine.rows import rows_for_training
        from skmirai.neural_network._engine.streaming import StreamedRows
        from skmirai.neural_network._keras.choice import reasons_for_loop, tell
        from skmirai.neural_network._keras.loop import loop_over_batches

        check_surroundings("fit")
        reason = next(reasons_for_loop(self.optimizer, callbacks), None)
        tell(reason, verbose)
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
        rest = validation and StreamedRows(*validation, dtype)
        how["shuffle_seed"] = self.seeds.shuffle if shuffle else None
        if reason is not None:
            rows = StreamedRows(X, y, weight, dtype)
            loop_over_batches(self.model, rows, rest, **how)
            return
        run_epochs(
            self.programs,
            self.model if live else self,
            rows_for_training(X, y, weight, dtype),
            rest,
            rates=self.spec.rates,
            **how,
        )

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
            Logits of a classifier, predictions of a regressor; of members, those
            of the mean of their probabilities or predictions.

        Raises
        ------
        ValueError
            If the numbers leave the range of the precision.
        """
        layers = self._layers()
        values = np.empty((len(X), self.spec.n_outputs), dtype=X.dtype)
        for rows in row_slices(*X.shape):
            values[rows] = self._pooled(decide(layers, X[rows]), rows.start)
        return values

    def last_signals(
        self, X: np.ndarray, first_row: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the output layer gets of scaled rows, and what it makes of it.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Scaled rows, in the network's precision.
        first_row : int, default=0
            Number that errors give the first of them.

        Returns
        -------
        hidden : ndarray of shape (n_samples, n_units)
            Signals of the last hidden layer, of members their mean.
        values : ndarray of shape (n_samples, n_outputs)
            As `decision_values` returns them.
        """
        layers = self._layers()
        hidden = last_hidden(layers, X)
        output = replace(layers[-1], tables=())  # codes are vectors by now
        values = self._pooled(decide([output], hidden), first_row)
        return hidden if hidden.ndim == 2 else hidden.mean(axis=1), values

    def _pooled(self, values: np.ndarray, first_row: int) -> np.ndarray:
        """Values of one network of those of its members, checked."""
        _check_outputs(values.reshape(len(values), -1), first_row)
        if self.spec.n_members == 1:
            return values
        return pooled(values, self.spec.output_activation)

    def mc_passes(
        self,
        X: np.ndarray | LazyArray,
        make: Callable[[PassBlock], _Result],
        **how: Any,
    ) -> Iterator[_Result]:
        """Stochastic passes over scaled rows; see :func:`mc_passes`."""
        rates = self.spec.rates
        if self._model is not None:
            from skmirai.neural_network._keras.choice import live_rates

            rates = tuple(live_rates(self._model))

        def make_of_finite(block: PassBlock) -> _Result:
            values = block.values.swapaxes(0, 1)
            _check_outputs(values.reshape(len(values), -1), block.rows.start)
            return make(block)

        return mc_passes(self._layers(), rates, X, make_of_finite, **how)

    def evaluate(
        self, X: np.ndarray | LazyArray, y: np.ndarray, weight: np.ndarray | None
    ) -> dict[str, float]:
        """Loss and metric, as Keras's ``evaluate`` reports them."""
        from skmirai.neural_network._engine.epochs import evaluate_rows
        from skmirai.neural_network._engine.streaming import StreamedRows

        check_surroundings("evaluate")
        rows = StreamedRows(X, y, weight, self.spec.dtype)
        weights = self.programs.weights(self.read_state())
        return evaluate_rows(self.programs, weights, rows)

    def _layers(self) -> list[Layer]:
        known = self._cut
        if self._model is not None:  # whoever has it may have changed its weights
            weights = self._model.read_weights()
            if known is not None and np.array_equal(weights, known[0], equal_nan=True):
                return known[1]
        elif known is not None:
            return known[1]
        else:
            n_weights, _ = sizes_of_weights(self.spec)
            weights = np.asarray(self._state.floats)[:n_weights]
        layers = forward_layers(self.spec, weights)
        self._cut = weights, layers
        return layers

    # -- persistence -----------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        rebuilt = {"_programs": None, "_model": None, "_cut": None}
        state = {**super().__getstate__(), **rebuilt, "_state": self.read_state()}
        state.pop("history", None)  # a callback of Keras leaves itself here
        return state


def _check_outputs(values: np.ndarray, first_row: int = 0) -> None:
    row = first_not_finite(values, axis=0)
    if row is not None:
        raise ValueError(
            f"the network's output for row {first_row + row} (counted from 0) is not "
            f"finite in {values.dtype}: its values are far outside what the network "
            f"was trained on, or the weights are; bound them with "
            f"scaler={alternatives(scaler_names(bounded=True))}, or fit with "
            f"dtype='float64'"
        )


def build_network(
    n_features: int,
    n_layers: int,
    n_nodes: Any,
    *,
    optimizer: "str | keras.optimizers.Optimizer",
    learning_rate: float,
    random_state: Any,
    groups: np.ndarray | None = None,
    **architecture: Any,
) -> Network:
    """Do what :func:`build_dnn` does, without building a Keras model.

    Columns of one group are scaled by a member alike at first.
    """
    check_surroundings("fit")
    check_optimizer(optimizer)
    spec = network_spec(n_features, n_layers, n_nodes, **architecture)
    seeds = NetworkSeeds.draw(check_random_state(random_state), n_layers)
    return Network(spec, seeds, optimizer, learning_rate, groups)
