"""Monte Carlo passes: run a network forward with its dropout switched on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skmirai.neural_network._engine.forward import Layer, decide, n_inputs, through
from skmirai.neural_network._engine.lazy import VALUES_AT_ONCE
from skmirai.utils._progress import PATIENCE, progress_bar

#: Values of one layer held at once over all rows and passes of a block.
_BLOCK_VALUES = 2**22

#: Rows whose masks are drawn together when every row has masks of its own.
_MASK_ROWS = 1024


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


def mc_passes(
    layers: list[Layer],
    rates: tuple[float, ...],
    X: Any,
    *,
    n_passes: int,
    masks: str,
    batch_size: int | str,
    seed: int,
) -> Iterator[PassBlock]:
    """Run a network ``n_passes`` times with random dropout masks.

    Only dropout is random: batch normalisation uses its moving statistics, and
    no weight changes. What lies before the first dropout is computed once. The
    outputs do not depend on ``batch_size``. In a network of members, pass ``t`` is
    one of member ``t % n_members``.

    Parameters
    ----------
    layers : list of Layer
        The network.
    rates : tuple of float
        Dropout rate after each hidden layer.
    X : array of shape (n_samples, n_features)
        Scaled rows, in the network's precision.
    n_passes : int
        Number of passes.
    masks : {"shared", "per_row"}
        "shared" draws ``n_passes`` thinned networks and applies each to all
        rows; "per_row" draws masks for every row and pass.
    batch_size : int or "auto"
        Rows that are held at once; with ``masks="per_row"`` at least 1,024.
    seed : int
        Seed of the masks.

    Yields
    ------
    PassBlock
        Blocks that cover every row and pass once.
    """
    dropping = [n for n, x in enumerate(layers) if x.dropout is not None]
    first = dropping[0] + 1 if dropping else len(layers)
    fixed, rest = layers[:first], layers[first:]
    drop = [
        (layers[n].second.shape[-1], rates[layers[n].dropout or 0]) for n in dropping
    ]
    draw = _SharedMasks if masks == "shared" else _RowMasks
    drawn = draw(drop, n_passes, seed, X.dtype)
    width = max(n_inputs(layers), *(layer.second.shape[-1] for layer in layers))
    step = _rows_at_once(batch_size, masks, width)
    for start in range(0, len(X), step):
        rows = slice(start, min(start + step, len(X)))
        signal = _decided(fixed, X, rows)
        if not dropping:
            yield PassBlock(rows, 0, _of_passes(signal, range(n_passes)))
            continue
        passes_at_once = max(1, _BLOCK_VALUES // (len(signal) * width))
        for t in range(0, n_passes, passes_at_once):
            passes = range(t, min(t + passes_at_once, n_passes))
            start_of_each = _of_passes(signal, passes)
            of_each = [_chosen(layer, passes) for layer in rest]
            values = _thinned(start_of_each, of_each, drawn(rows, passes))
            yield PassBlock(rows, t, values)


def _decided(layers: list[Layer], X: Any, rows: slice) -> np.ndarray:
    """Send rows through layers without dropout, very wide ones in parts."""
    step = max(1, VALUES_AT_ONCE // X.shape[1])
    if rows.stop - rows.start <= step:
        return decide(layers, X[rows])
    starts = range(rows.start, rows.stop, step)
    parts = (slice(start, min(start + step, rows.stop)) for start in starts)
    return np.concatenate([decide(layers, X[part]) for part in parts])


def _rows_at_once(batch_size: int | str, masks: str, width: int) -> int:
    if batch_size == "auto":
        batch_size = max(_MASK_ROWS, _BLOCK_VALUES // (16 * width))
    step = int(batch_size)
    if masks == "per_row":
        step = max(1, step // _MASK_ROWS) * _MASK_ROWS
    return step


def _thinned(
    signal: np.ndarray, layers: list[Layer], masks: Iterator[np.ndarray]
) -> np.ndarray:
    """Send rows through the layers behind the first dropout, masks applied."""
    n_passes, n_rows, _ = signal.shape
    with np.errstate(over="ignore", invalid="ignore"):
        signal = signal * next(masks)
        for layer in layers:
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


def _chosen(layer: Layer, passes: range) -> Layer:
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


class _SharedMasks:
    """One mask for each pass and dropout, applied to every row.

    Parameters
    ----------
    drop : list of (int, float)
        Units and rate of each dropout.
    n_passes, seed
        As in :func:`mc_passes`.
    dtype : numpy.dtype
        Precision of the network.
    """

    def __init__(
        self, drop: list[tuple[int, float]], n_passes: int, seed: int, dtype: np.dtype
    ) -> None:
        rng = np.random.default_rng(seed)
        self._masks = [
            _mask(rng, (n_passes, 1, units), rate, dtype) for units, rate in drop
        ]

    def __call__(self, rows: slice, passes: range) -> Iterator[np.ndarray]:
        return iter([mask[passes.start : passes.stop] for mask in self._masks])


class _RowMasks:
    """Masks for every row and pass, drawn for fixed groups of rows.

    The generator of a group and pass is seeded by their numbers, so that
    neither the block of passes nor the batch of rows changes what is drawn.
    The parameters are those of :class:`_SharedMasks`.
    """

    def __init__(
        self, drop: list[tuple[int, float]], n_passes: int, seed: int, dtype: np.dtype
    ) -> None:
        self._drop, self._seed, self._dtype = drop, seed, dtype

    def __call__(self, rows: slice, passes: range) -> Iterator[np.ndarray]:
        starts = range(rows.start, rows.stop, _MASK_ROWS)
        rngs = [
            [np.random.default_rng((self._seed, t, start)) for start in starts]
            for t in passes
        ]
        sizes = [min(_MASK_ROWS, rows.stop - start) for start in starts]
        for units, rate in self._drop:
            yield np.stack(
                [
                    np.concatenate(
                        [
                            _mask(rng, (size, units), rate, self._dtype)
                            for rng, size in zip(of_pass, sizes, strict=True)
                        ]
                    )
                    for of_pass in rngs
                ]
            )


def with_bar(
    blocks: Iterator[PassBlock], n_passes: int, n_rows: int
) -> Iterator[PassBlock]:
    """Show how many of the passes are done, if they take long."""
    bar = progress_bar(n_passes, desc="passes", unit="pass", delay=PATIENCE)
    with bar:
        for block in blocks:
            yield block
            bar.update(block.values.shape[0] * block.values.shape[1] / n_rows)
