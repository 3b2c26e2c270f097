"""The state of a network and its optimizer as two flat vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf


@dataclass(frozen=True)
class NetworkState:
    """Weights, optimizer slots, learning rate, counters and dropout seeds.

    Attributes
    ----------
    floats : array of shape (n_floats,)
        Trained weights, batch statistics, then the optimizer's numbers, each
        kind of its slots for all trained weights together.
    ints : array of shape (n_ints,)
        Dropout seeds and the optimizer's counters.
    """

    floats: Any
    ints: Any


@dataclass(frozen=True)
class _Part:
    """A variable and the place of its values in a state."""

    variable: Any
    is_float: bool
    place: slice

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.variable.shape)


class StateLayout:
    """Where the variables of a model and of an optimizer lie in a state.

    The layout depends on the architecture and the kind of optimizer alone, so
    that the state of one model can be written into another. It is the same
    whether the optimizer knows the trained weights one by one, as in a model
    that was compiled by Keras, or joined in one vector.

    Parameters
    ----------
    model : keras.Model
        A model; its optimizer may be another one than ``optimizer``.
    optimizer : keras.optimizers.Optimizer
        An optimizer that is built for ``trained``.
    trained : list of keras.Variable
        The model's trainable variables, or one vector of all of them.

    Attributes
    ----------
    n_weights : int
        Number of leading floats that belong to the model.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        trained: list[Any],
    ) -> None:
        self._dtype = model.layers[-1].compute_dtype
        self._ends = {True: 0, False: 0}
        self._parts: list[_Part] = []
        trainable = {id(v) for v in model.trainable_variables}
        fixed = [v for v in model.variables if id(v) not in trainable]
        for variable in trained:
            self._append(variable)
        self.statistics = [self._append(v) for v in fixed]
        self.n_weights = self._ends[True]
        self.trainable = _consecutive(model.trainable_variables)
        slots, self._owners = _slots(optimizer, trained)
        in_slots = {id(v) for group in slots for v in group}
        for variable in optimizer.variables:
            if id(variable) not in in_slots:
                self._append(variable)
        for group in slots:
            for variable in group:
                self._append(variable)

    def _append(self, variable: Any) -> _Part:
        is_float = _is_float(variable)
        start = self._ends[is_float]
        self._ends[is_float] += int(np.prod(variable.shape, dtype=int))
        part = _Part(variable, is_float, slice(start, self._ends[is_float]))
        self._parts.append(part)
        return part

    @property
    def size(self) -> tuple[int, int]:
        """Number of floats and of integers."""
        return self._ends[True], self._ends[False]

    def place(self, variable: Any) -> slice | None:
        """Place of a variable in its vector; None if it is not in the state."""
        return next((p.place for p in self._parts if p.variable is variable), None)

    def copies_of_weights(self) -> list[tuple[slice, slice]]:
        """Places of slots that start as a copy of a weight, and of that weight.

        Valid for variables that nobody has trained yet. A slot of zeros that
        belongs to a weight of zeros counts as no copy.
        """
        values = self.read().floats
        pairs = [
            (part.place, self.place(self._owners[id(part.variable)]))
            for part in self._parts
            if id(part.variable) in self._owners
        ]
        return [
            (slot, weight)
            for slot, weight in pairs
            if weight is not None
            and values[slot].any()
            and np.array_equal(values[slot], values[weight])
        ]

    def read(self) -> NetworkState:
        """Copy the variables."""
        floats = np.empty(self._ends[True], dtype=self._dtype)
        ints = np.empty(self._ends[False], dtype=np.int64)
        for part in self._parts:
            value = keras.ops.convert_to_numpy(part.variable)
            (floats if part.is_float else ints)[part.place] = value.ravel()
        return NetworkState(floats, ints)

    def write(self, state: NetworkState) -> None:
        """Set the variables."""
        floats, ints = np.asarray(state.floats), np.asarray(state.ints)
        for part in self._parts:
            value = (floats if part.is_float else ints)[part.place]
            value = value.reshape(part.shape).astype(part.variable.dtype)
            part.variable.assign(value)

    # -- in compiled functions -------------------------------------------------

    def assign(self, floats: Any, ints: Any) -> None:
        """Set the variables from tensors."""
        for part in self._parts:
            value = (floats if part.is_float else ints)[part.place]
            value = tf.reshape(value, part.shape)
            part.variable.assign(tf.cast(value, part.variable.dtype))

    def join(self) -> tuple[Any, Any]:
        """Join the variables into the vectors of floats and of integers."""
        vectors = []
        for is_float, dtype in ((True, self._dtype), (False, "int64")):
            parts = [part.variable for part in self._parts if part.is_float == is_float]
            vectors.append(flat(parts, dtype))
        return vectors[0], vectors[1]

    def weights_of(self, floats: np.ndarray) -> dict[int, np.ndarray]:
        """Values of the model's float variables in a vector, by the variables' ids."""
        places = [*self.trainable]
        places += [(p.variable, p.place) for p in self.statistics if p.is_float]
        return {id(v): floats[place].reshape(v.shape) for v, place in places}


def flat(tensors: list[Any], dtype: str) -> Any:
    """Join tensors of any shapes in one vector, in a compiled function."""
    if not tensors:
        return tf.zeros((0,), dtype)
    values = (tf.convert_to_tensor(tensor) for tensor in tensors)
    return tf.concat([tf.reshape(tf.cast(v, dtype), (-1,)) for v in values], 0)


def _is_float(variable: Any) -> bool:
    return bool(np.issubdtype(np.dtype(variable.dtype), np.floating))


def _consecutive(variables: list[Any]) -> list[tuple[Any, slice]]:
    """Places of variables that lie one behind the other."""
    ends = np.cumsum([int(np.prod(v.shape, dtype=int)) for v in variables])
    starts = [0, *ends[:-1]]
    places = (slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True))
    return list(zip(variables, places, strict=True))


def _slots(
    optimizer: keras.optimizers.Optimizer, trained: list[Any]
) -> tuple[list[list[Any]], dict[int, Any]]:
    """Optimizer variables that follow the trained ones, grouped by their kind.

    Keras names such a variable after the one it follows: "dense_1_kernel"
    and "_momentum". Beside the groups, the trained variable for each slot's id.
    """
    kinds: dict[str, list[Any]] = {}
    owners: dict[int, Any] = {}
    for slot in optimizer.variables:
        for variable in trained:
            prefix = f"{variable.path.replace('/', '_')}_"
            same_shape = tuple(slot.shape) == tuple(variable.shape)
            if slot.name.startswith(prefix) and same_shape:
                kinds.setdefault(slot.name.removeprefix(prefix), []).append(slot)
                owners[id(slot)] = variable
                break
    return list(kinds.values()), owners


def model_layout(model: keras.Model) -> StateLayout:
    """Lay out a compiled model and its own optimizer."""
    model.optimizer.build(model.trainable_variables)
    return StateLayout(model, model.optimizer, model.trainable_variables)
