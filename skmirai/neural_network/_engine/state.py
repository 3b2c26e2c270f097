"""The state of a network and its optimizer as two flat vectors."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf, to_numpy

#: Longest vector that is a concatenation: XLA shares those of 512 KiB, what is read and
#: what is written, between threads.
_CONCATENATED = 2**14


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

    def check_size(
        self, needed: tuple[int, int], what: str, *, least: bool = False
    ) -> None:
        """Insist on as many floats and integers as something needs, or on no fewer."""
        size = len(self.floats), len(self.ints)
        enough = size[0] >= needed[0] and size[1] >= needed[1]
        if size != needed and not (least and enough):
            raise ValueError(
                f"the state of the network has {size[0]} floats and {size[1]} "
                f"integers, but its {what} need{'s at least' if least else ''} "
                f"{needed[0]} and {needed[1]}"
            )


@dataclass(frozen=True)
class _Part:
    """Something that holds numbers, and the place of its values in a state."""

    holder: Any
    is_float: bool
    place: slice

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.holder.shape)


class StateLayout:
    """Where weights, counters and an optimizer's numbers lie in a state.

    The layout depends on the architecture and the kind of optimizer alone, so
    that the state of one network can be written into another. It is the same
    whether the optimizer knows the trained weights one by one, as in a model
    that was compiled by Keras, or joined in one vector.

    Parameters
    ----------
    trained : list of keras.Variable
        The trained weights, or one vector of all of them.
    kept : list
        What a training step changes besides, each with ``shape`` and ``dtype``:
        variables of a live model, or a description of them.
    optimizer : keras.optimizers.Optimizer
        An optimizer that is built for ``trained``.
    dtype : str
        Precision of the network.

    Attributes
    ----------
    n_weights : int
        Number of leading floats that belong to the model.
    """

    def __init__(
        self,
        trained: "list[keras.Variable]",
        kept: list[Any],
        optimizer: "keras.optimizers.Optimizer",
        dtype: str,
    ) -> None:
        self._dtype = dtype
        self._ends = {True: 0, False: 0}
        self._parts: list[_Part] = []
        for holder in [*trained, *kept]:
            self._append(holder)
        self.n_weights = self._ends[True]
        self._n_own = len(self._parts)
        self._n_trained = len(trained)
        slots, self._owners = _slots(optimizer, trained)
        in_slots = {id(v) for group in slots for v in group}
        for variable in optimizer.variables:
            if id(variable) not in in_slots:
                self._append(variable)
        for group in slots:
            for variable in group:
                self._append(variable)
        order = {id(part.holder): n for n, part in enumerate(self._parts)}
        self._of_optimizer = [order[id(v)] for v in optimizer.variables]

    def _append(self, holder: Any) -> None:
        is_float = _is_float(holder)
        start = self._ends[is_float]
        self._ends[is_float] += int(np.prod(holder.shape, dtype=int))
        self._parts.append(_Part(holder, is_float, slice(start, self._ends[is_float])))

    @property
    def size(self) -> tuple[int, int]:
        """Number of floats and of integers."""
        return self._ends[True], self._ends[False]

    def place(self, holder: Any) -> slice | None:
        """Place of a holder in its vector; None if it is not in the state."""
        return next((p.place for p in self._parts if p.holder is holder), None)

    def copies_of_weights(self) -> list[tuple[slice, slice]]:
        """Places of slots that start as a copy of a weight, and of that weight.

        Valid for variables that nobody has trained yet. A slot of zeros that
        belongs to a weight of zeros counts as no copy.
        """
        values = self.read().floats
        pairs = [
            (part.place, self.place(self._owners[id(part.holder)]))
            for part in self._parts
            if id(part.holder) in self._owners
        ]
        return [
            (slot, weight)
            for slot, weight in pairs
            if weight is not None
            and values[slot].any()
            and np.array_equal(values[slot], values[weight])
        ]

    def read(self) -> NetworkState:
        """Copy the values of variables; what is only described counts as 0."""
        floats = np.zeros(self._ends[True], dtype=self._dtype)
        ints = np.zeros(self._ends[False], dtype=np.int64)
        for part in self._parts:
            if isinstance(part.holder, keras.Variable):
                value = to_numpy(part.holder)
                (floats if part.is_float else ints)[part.place] = value.ravel()
        return NetworkState(floats, ints)

    def read_weights(self) -> np.ndarray:
        """Copy the leading floats, those of the model, alone."""
        floats = np.empty(self.n_weights, dtype=self._dtype)
        for part in self._parts[: self._n_own]:
            if part.is_float:
                floats[part.place] = to_numpy(part.holder).ravel()
        return floats

    def write(self, state: NetworkState) -> None:
        """Set the variables."""
        floats, ints = np.asarray(state.floats), np.asarray(state.ints)
        for part in self._parts:
            value = (floats if part.is_float else ints)[part.place]
            value = value.reshape(part.shape).astype(part.holder.dtype)
            part.holder.assign(value)

    # -- in compiled functions -------------------------------------------------

    def cut(self, floats: Any, ints: Any) -> list[Any]:
        """Cut the two vectors into a tensor for each part."""
        return [
            tf.cast(
                tf.reshape((floats if part.is_float else ints)[part.place], part.shape),
                part.holder.dtype,
            )
            for part in self._parts
        ]

    def join(self, values: list[Any]) -> tuple[Any, Any]:
        """Join a tensor for each part into the vectors of floats and of integers."""
        vectors = []
        for is_float, dtype in ((True, self._dtype), (False, "int64")):
            chosen = [
                value
                for value, part in zip(values, self._parts, strict=True)
                if part.is_float == is_float
            ]
            vectors.append(flat(chosen, dtype))
        return vectors[0], vectors[1]

    def split(self, values: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Values of trained weights, of what is kept, and of the optimizer's variables.

        The last ones come in the order of ``optimizer.variables``.
        """
        of_optimizer = [values[n] for n in self._of_optimizer]
        trained = values[: self._n_trained]
        return trained, values[self._n_trained : self._n_own], of_optimizer

    def unsplit(
        self, trained: list[Any], kept: list[Any], of_optimizer: list[Any]
    ) -> list[Any]:
        """Put what :meth:`split` returned, with other values, in order again."""
        values = [*trained, *kept, *of_optimizer]
        for place, value in zip(self._of_optimizer, of_optimizer, strict=True):
            values[place] = value
        return values


def flat(tensors: list[Any], dtype: str) -> Any:
    """Join tensors of any shapes in one vector, in a compiled function.

    Parts of a long vector are written to their places one by one. XLA would fuse a
    concatenation with what makes its parts, and share a long one between threads;
    each of them then goes through all of its share once for each part, masked, which
    took up to ten times as long as the rest of a step.
    """
    if not tensors:
        return tf.zeros((0,), dtype)
    values = (tf.convert_to_tensor(tensor) for tensor in tensors)
    parts = [tf.reshape(tf.cast(value, dtype), (-1,)) for value in values]
    ends = [*accumulate(int(part.shape[0]) for part in parts)]
    if ends[-1] <= _CONCATENATED:
        return tf.concat(parts, 0)
    joined = tf.zeros((ends[-1],), dtype)
    for part, start in zip(parts, [0, *ends[:-1]], strict=True):
        joined = keras.ops.slice_update(joined, [start], part)
    return joined


def _is_float(holder: Any) -> bool:
    return bool(np.issubdtype(np.dtype(holder.dtype), np.floating))


def _slots(
    optimizer: "keras.optimizers.Optimizer", trained: list[Any]
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
