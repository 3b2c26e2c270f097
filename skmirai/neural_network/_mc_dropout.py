"""Monte Carlo passes: run a network forward with its dropout switched on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras
from skmirai.neural_network._network import Network

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
    network: Network,
    X: np.ndarray,
    *,
    n_passes: int,
    masks: str,
    batch_size: int | str,
    seed: int,
) -> Iterator[PassBlock]:
    """Run the network ``n_passes`` times with random dropout masks.

    Only the Dropout layers are random. Batch normalisation uses its moving
    statistics, and no weight changes. What lies before the first dropout is
    computed once. The outputs do not depend on ``batch_size``.

    Parameters
    ----------
    network : Network
        The network.
    X : ndarray of shape (n_samples, n_features)
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
    _, *hidden, output = network.model.layers
    is_dropout = [isinstance(layer, keras.layers.Dropout) for layer in hidden]
    first = is_dropout.index(True) if any(is_dropout) else len(hidden)
    fixed, stochastic = hidden[:first], hidden[first:]
    draw = _SharedMasks if masks == "shared" else _RowMasks
    drawn = draw(stochastic, n_passes, seed, X.dtype)
    width = max(network.spec.n_features, *network.spec.sizes, output.units)
    step = _rows_at_once(batch_size, masks, width)
    for start in range(0, len(X), step):
        rows = slice(start, min(start + step, len(X)))
        if not stochastic:
            values = network.decision_values(X[rows])
            yield PassBlock(rows, 0, np.broadcast_to(values, (n_passes, *values.shape)))
            continue
        signal = keras.ops.convert_to_tensor(X[rows])
        for layer in fixed:
            signal = layer(signal, training=False)
        n_rows = rows.stop - rows.start
        passes_at_once = max(1, _BLOCK_VALUES // (n_rows * width))
        for t in range(0, n_passes, passes_at_once):
            passes = range(t, min(t + passes_at_once, n_passes))
            values = _thinned(signal, stochastic, output, drawn(rows, passes))
            yield PassBlock(rows, t, values)


def _rows_at_once(batch_size: int | str, masks: str, width: int) -> int:
    if batch_size == "auto":
        batch_size = max(_MASK_ROWS, _BLOCK_VALUES // (16 * width))
    step = int(batch_size)
    if masks == "per_row":
        step = max(1, step // _MASK_ROWS) * _MASK_ROWS
    return step


def _thinned(
    signal: Any, layers: list[Any], output: Any, masks: Iterator[np.ndarray]
) -> np.ndarray:
    """Send rows through the layers from the first dropout on, masks applied."""
    n_rows, n_passes = signal.shape[0], 1
    for layer in layers:
        units = signal.shape[-1]
        if isinstance(layer, keras.layers.Dropout):
            mask = next(masks)
            signal = keras.ops.reshape(signal, (n_passes, n_rows, units)) * mask
            n_passes = len(mask)
            signal = keras.ops.reshape(signal, (n_passes * n_rows, units))
        else:
            signal = layer(signal, training=False)
    signal = keras.ops.matmul(signal, output.kernel) + output.bias
    return keras.ops.convert_to_numpy(signal).reshape(n_passes, n_rows, output.units)


def _mask(
    rng: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: np.dtype
) -> np.ndarray:
    """0 for a dropped unit, 1 / (1 - rate) for a kept one."""
    kept = rng.random(shape, dtype=np.float32) >= rate
    return kept * np.asarray(1 / (1 - rate), dtype=dtype)


class _SharedMasks:
    """One mask for each pass and dropout layer, applied to every row."""

    def __init__(self, layers: list[Any], n_passes: int, seed: int, dtype: np.dtype):
        rng = np.random.default_rng(seed)
        self._masks = [
            _mask(rng, (n_passes, 1, layer.output.shape[-1]), layer.rate, dtype)
            for layer in layers
            if isinstance(layer, keras.layers.Dropout)
        ]

    def __call__(self, rows: slice, passes: range) -> Iterator[np.ndarray]:
        return iter([mask[passes.start : passes.stop] for mask in self._masks])


class _RowMasks:
    """Masks for every row and pass, drawn for fixed groups of rows.

    The generator of a group and pass is seeded by their numbers, so that
    neither the block of passes nor the batch of rows changes what is drawn.
    """

    def __init__(self, layers: list[Any], n_passes: int, seed: int, dtype: np.dtype):
        self._drop = [
            layer for layer in layers if isinstance(layer, keras.layers.Dropout)
        ]
        self._seed, self._dtype = seed, dtype

    def __call__(self, rows: slice, passes: range) -> Iterator[np.ndarray]:
        starts = range(rows.start, rows.stop, _MASK_ROWS)
        rngs = [
            [np.random.default_rng((self._seed, t, start)) for start in starts]
            for t in passes
        ]
        sizes = [min(_MASK_ROWS, rows.stop - start) for start in starts]
        for layer in self._drop:
            units = layer.output.shape[-1]
            yield np.stack(
                [
                    np.concatenate(
                        [
                            _mask(rng, (size, units), layer.rate, self._dtype)
                            for rng, size in zip(of_pass, sizes, strict=True)
                        ]
                    )
                    for of_pass in rngs
                ]
            )
