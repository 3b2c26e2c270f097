"""Monte Carlo passes: run a network forward with its dropout switched on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from skmirai.neural_network._engine.forward import (
    Layer,
    decide,
    n_inputs,
    n_members,
    through,
)
from skmirai.neural_network._engine.thinned import thinned
from skmirai.utils._progress import PATIENCE, progress_bar
from skmirai.utils._threads import in_threads, single_threaded_products

_Result = TypeVar("_Result")

#: Rows that are read at once, as values.
_READ_VALUES = 2**22

#: Rows that a thread works on: signals of some passes then stay in its cache.
_ROWS = 4096

#: Rows whose masks are drawn together when every row has masks of its own.
_MASK_ROWS = 1024

#: Values of a signal in all passes, up to which multiplying masks is quicker than
#: cutting units out of the weights.
_MASKED_VALUES = 2**20

#: Outputs of a block, values of a signal in the cache, weights of thinned networks.
_BLOCK_VALUES, _CACHED_VALUES, _KEPT_WEIGHTS = 2**20, 2**18, 2**23

#: Weights of the thinned networks of a call that are kept for calls like it, and how
#: many such calls: who asks packet by packet, or block by block, asks alike each time.
_KEPT_FOR_LATER, _KEPT_CALLS = 2**20, 8


@dataclass(frozen=True)
class PassBlock:
    """Outputs of some passes over some rows.

    Attributes
    ----------
    rows : slice
        Rows of the table.
    first_pass : int
        Number of the first pass.
    values : ndarray of shape (n_passes, n_rows, n_outputs)
        Output layer's values before its activation.
    """

    rows: slice
    first_pass: int
    values: np.ndarray

    @property
    def passes(self) -> slice:
        """Numbers of the passes."""
        return slice(self.first_pass, self.first_pass + len(self.values))


def mc_passes(
    layers: list[Layer],
    rates: tuple[float, ...],
    X: Any,
    make: Callable[[PassBlock], _Result],
    *,
    n_passes: int,
    masks: str,
    batch_size: int | str,
    seed: int,
) -> Iterator[_Result]:
    """Run a network ``n_passes`` times with random dropout masks.

    Only dropout is random: batch normalisation uses its moving statistics, and
    no weight changes. What lies before the first dropout is computed once. The
    outputs depend neither on ``batch_size`` nor on the number of threads. In a
    network of members, pass ``t`` is one of member ``t % n_members``.

    Parameters
    ----------
    layers : list of Layer
        The network.
    rates : tuple of float
        Dropout rate after each hidden layer.
    X : array of shape (n_samples, n_features)
        Scaled rows, in the network's precision.
    make : callable
        Is given each block of passes, in the thread that computed it. The blocks
        cover every row and pass once, no two of them the same rows at a time.
    n_passes : int
        Number of passes.
    masks : {"shared", "per_row"}
        "shared" draws ``n_passes`` thinned networks and applies each to all
        rows; "per_row" draws masks for every row and pass.
    batch_size : int or "auto"
        Rows that are read at once; with ``masks="per_row"`` at least 1,024.
    seed : int
        Seed of the masks.

    Yields
    ------
    object
        What was made of each block.
    """
    dropping = [n for n, x in enumerate(layers) if x.dropout is not None]
    first = dropping[0] + 1 if dropping else len(layers)
    fixed, rest = layers[:first], tuple(layers[first:])
    drop = tuple(
        (layers[n].second.shape[-1], rates[layers[n].dropout or 0]) for n in dropping
    )
    passes_of: _Passes
    if not dropping:
        passes_of = _MemberPasses()
    elif masks == "shared":
        passes_of = _shared_masks(rest, drop, n_passes, seed, X.dtype)
    else:
        passes_of = _RowMasks(rest, drop, seed, X.dtype)
    n_outputs = layers[-1].second.shape[-1]

    def run(part: tuple[slice, np.ndarray]) -> list[_Result]:
        rows, X = part
        with np.errstate(over="ignore", invalid="ignore"):
            signal = decide(fixed, X)
            step = max(1, _BLOCK_VALUES // (len(X) * n_outputs))
            made = []
            for start in range(0, n_passes, step):
                passes = range(start, min(start + step, n_passes))
                values = passes_of(signal, rows, passes)
                made.append(make(PassBlock(rows, start, values)))
            return made

    width = max(n_inputs(layers), *(layer.second.shape[-1] for layer in layers))
    width *= n_members(layers)
    step = _rows_at_once(batch_size, masks, n_passes * n_outputs, width)
    if len(X) <= step:
        with single_threaded_products():
            yield from run((slice(0, len(X)), X[:]))
        return
    for made in in_threads(run, _parts(X, batch_size, step)):
        yield from made


def _rows_at_once(batch_size: int | str, masks: str, n_values: int, width: int) -> int:
    """Rows of a block, whose outputs and widest signal take a bounded memory."""
    step = min(_ROWS, 8 * _BLOCK_VALUES // n_values, _READ_VALUES // (2 * width))
    if batch_size != "auto":
        step = min(step, int(batch_size))
    if masks == "per_row":
        step = step // _MASK_ROWS * _MASK_ROWS or _MASK_ROWS
    return max(1, step)


def _parts(
    X: Any, batch_size: int | str, step: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Read rows, and cut them into blocks."""
    n_read = _READ_VALUES // X.shape[1] if batch_size == "auto" else int(batch_size)
    n_read = max(1, n_read // step) * step
    for start in range(0, len(X), n_read):
        piece = X[start : start + n_read]
        for n in range(0, len(piece), step):
            part = piece[n : n + step]
            yield slice(start + n, start + n + len(part)), part


class _Passes(Protocol):
    def __call__(self, signal: np.ndarray, rows: slice, passes: range) -> np.ndarray:
        """Outputs of some passes from the units in front of the first dropout.

        ``signal`` is (n_rows, units), of members (n_rows, n_members, units); the
        result is (n_passes, n_rows, n_outputs).
        """
        ...


class _MemberPasses:
    """Passes without dropout: outputs of the members."""

    def __call__(self, signal: np.ndarray, rows: slice, passes: range) -> np.ndarray:
        return _of_passes(signal, passes)


class _SharedMasks:
    """One mask for each pass and dropout, applied to every row.

    Parameters
    ----------
    rest : tuple of Layer
        Layers behind the first dropout.
    drop : tuple of (int, float)
        Units and rate of each dropout.
    n_passes, seed
        As in :func:`mc_passes`.
    dtype : numpy.dtype
        Precision of the network.
    """

    def __init__(
        self,
        rest: tuple[Layer, ...],
        drop: tuple[tuple[int, float], ...],
        n_passes: int,
        seed: int,
        dtype: np.dtype,
    ) -> None:
        rng = np.random.default_rng(seed)
        self._rest = rest
        self._width = max(units for units, _ in drop)
        self._masks = [
            _mask(rng, (n_passes, 1, units), rate, dtype) for units, rate in drop
        ]
        self._thinned = lru_cache(max(1, _KEPT_WEIGHTS // _size(rest)))(self._thin)

    def __call__(self, signal: np.ndarray, rows: slice, passes: range) -> np.ndarray:
        if len(passes) * len(signal) * self._width <= _MASKED_VALUES:
            masks = (mask[passes.start : passes.stop] for mask in self._masks)
            return _masked(_of_passes(signal, passes), self._rest, passes, masks)
        n_outputs = self._rest[-1].second.shape[-1]
        values = np.empty((len(passes), len(signal), n_outputs), signal.dtype)
        for place, t in enumerate(passes):
            passed = signal if signal.ndim == 2 else signal[:, t % signal.shape[1]]
            for layer in self._thinned(t):
                passed = through(layer, passed)
            values[place] = passed
        return values

    def _thin(self, t: int) -> list[Layer]:
        """Return what a pass leaves of the network."""
        layers = [_chosen(layer, t) for layer in self._rest]
        return thinned(layers, (mask[t, 0] for mask in self._masks))


_kept_masks = lru_cache(_KEPT_CALLS)(_SharedMasks)


def _shared_masks(
    rest: tuple[Layer, ...],
    drop: tuple[tuple[int, float], ...],
    n_passes: int,
    seed: int,
    dtype: np.dtype,
) -> _SharedMasks:
    """Masks of a call: those of an earlier one of the same layers and seed, if kept."""
    is_small = n_passes * _size(rest) <= _KEPT_FOR_LATER
    make = _kept_masks if is_small else _SharedMasks
    return make(rest, drop, n_passes, seed, dtype)


def _size(layers: tuple[Layer, ...]) -> int:
    """Number of weights in the kernels of one network."""
    return sum(_chosen(layer, 0).first.size for layer in layers)


class _RowMasks:
    """Masks for every row and pass, drawn for fixed groups of rows.

    The generator of a group and pass is seeded by their numbers, so that
    neither the block of passes nor the batch of rows changes what is drawn.
    The parameters are those of :class:`_SharedMasks`.
    """

    def __init__(
        self,
        rest: tuple[Layer, ...],
        drop: tuple[tuple[int, float], ...],
        seed: int,
        dtype: np.dtype,
    ) -> None:
        self._rest, self._drop, self._seed, self._dtype = rest, drop, seed, dtype

    def __call__(self, signal: np.ndarray, rows: slice, passes: range) -> np.ndarray:
        groups = [
            self._of_group(signal[n : n + _MASK_ROWS], rows.start + n, passes)
            for n in range(0, len(signal), _MASK_ROWS)
        ]
        return np.concatenate(groups, axis=1)

    def _of_group(self, signal: np.ndarray, start: int, passes: range) -> np.ndarray:
        width = max(units for units, _ in self._drop)
        step = max(1, _CACHED_VALUES // (len(signal) * width))
        outputs = []
        for first in range(passes.start, passes.stop, step):
            some = range(first, min(first + step, passes.stop))
            masks = self._masks(len(signal), start, some)
            outputs.append(_masked(_of_passes(signal, some), self._rest, some, masks))
        return np.concatenate(outputs)

    def _masks(self, n_rows: int, start: int, passes: range) -> Iterator[np.ndarray]:
        bits = [
            np.random.default_rng((self._seed, t, start)).bit_generator for t in passes
        ]
        for units, rate in self._drop:
            shape = (n_rows, units)
            yield np.stack([_bit_mask(b, shape, rate, self._dtype) for b in bits])


def _masked(
    signal: np.ndarray,
    layers: tuple[Layer, ...],
    passes: range,
    masks: Iterable[np.ndarray],
) -> np.ndarray:
    """Send rows through the layers behind the first dropout, masks multiplied."""
    of_each, masks = [_chosen(layer, passes) for layer in layers], iter(masks)
    n_passes, n_rows, _ = signal.shape
    signal = signal * next(masks)
    for layer in of_each:
        if layer.first.ndim == 3:  # kernels of the passes, as those of members
            signal = through(layer, signal.swapaxes(0, 1)).swapaxes(0, 1)
        else:
            signal = through(layer, signal.reshape(n_passes * n_rows, -1))
            signal = signal.reshape(n_passes, n_rows, -1)
        if layer.dropout is not None:
            signal = signal * next(masks)
    return signal


def _of_passes(signal: np.ndarray, passes: range) -> np.ndarray:
    """Signal of each pass, (n_passes, n_rows, units), that of its member if any."""
    if signal.ndim == 2:
        return np.broadcast_to(signal, (len(passes), *signal.shape))
    return signal.swapaxes(0, 1)[np.asarray(passes) % signal.shape[1]]


def _chosen(layer: Layer, passes: range | int) -> Layer:
    """Layer whose kernels, where members have theirs, are those of the passes."""
    if layer.first.ndim != 3:
        return layer
    members = np.asarray(passes) % len(layer.first)
    return replace(layer, first=layer.first[members], second=layer.second[members])


def _mask(
    rng: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: np.dtype
) -> np.ndarray:
    """0 for a dropped unit, 1 / (1 - rate) for a kept one."""
    kept = rng.random(shape, dtype=np.float32) >= rate
    return kept * np.asarray(1 / (1 - rate), dtype=dtype)


def _bit_mask(
    bits: np.random.BitGenerator, shape: tuple[int, int], rate: float, dtype: np.dtype
) -> np.ndarray:
    """Mask as of :func:`_mask`, in less time, from 32 random bits for each unit."""
    n_units = shape[0] * shape[1]
    drawn = bits.random_raw(-(-n_units // 2)).view(np.uint32)[:n_units].reshape(shape)
    kept = drawn >= np.uint32(rate * 2**32)
    return kept * np.asarray(1 / (1 - rate), dtype=dtype)


def with_bar(
    made: Iterator[tuple[int, _Result]], n_passes: int, n_rows: int
) -> Iterator[_Result]:
    """Show how many of the passes are done, if they take long.

    What was made of a block comes with the number of its passes, over all its rows.
    """
    bar = progress_bar(n_passes, desc="passes", unit="pass", delay=PATIENCE)
    with bar:
        for n_done, result in made:
            yield result
            bar.update(n_done / n_rows)
