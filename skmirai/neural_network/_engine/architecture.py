"""Description of a network: its layers, and the seeds that it starts from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from skmirai.neural_network._engine.arguments import (
    check_activation,
    check_count,
    check_dtype,
    check_flag,
    check_outputs,
    dropout_rates,
    layer_sizes,
)
from skmirai.neural_network._engine.embeddings import check_embeddings

#: Output activation: loss and metric of Keras that go with it.
HEADS = {
    "sigmoid": ("BinaryCrossentropy", "accuracy"),
    "softmax": ("SparseCategoricalCrossentropy", "accuracy"),
    "linear": ("MeanSquaredError", "mean_absolute_error"),
}

#: Share of the numbers of embedded categories that is dropped in training.
EMBEDDING_DROPOUT = 0.5


@dataclass(frozen=True)
class NetworkSpec:
    """Architecture of a network: what a compiled program depends on.

    Attributes
    ----------
    sizes : tuple of int
        Units of the hidden layers.
    rates : tuple of float
        Dropout rate after each hidden layer.
    share_batches : bool
        Whether every row of a batch trains all members, or one in its turn.
    embeddings : tuple of (int, int)
        Of each of the last columns, whose numbers are codes: how many codes there
        are, and the size of the vectors that take their place.
    embedding_dropout : float
        Share of the numbers of these vectors that is dropped in training.

    The others are as in :func:`skmirai.build_dnn`.
    """

    n_features: int
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    activation: str | Callable[..., Any]
    batch_norm: bool
    mc_dropout: bool
    n_outputs: int
    output_activation: str
    dtype: str
    n_members: int = 1
    share_batches: bool = False
    embeddings: tuple[tuple[int, int], ...] = ()
    embedding_dropout: float = 0.0

    @property
    def takes_turns(self) -> bool:
        """Whether a row of a batch trains one of several members."""
        return self.n_members > 1 and not self.share_batches

    def is_adapted(self, depth: int) -> bool:
        """Tell whether members scale the input of a layer: layer 0 is the first."""
        return self.n_members > 1 and depth == 0

    @property
    def n_targets(self) -> int:
        """Columns of the encoded targets."""
        return self.n_outputs if self.output_activation == "linear" else 1

    @property
    def input_widths(self) -> list[int]:
        """Inputs of the first dense layer that stem from each column."""
        n_others = self.n_features - len(self.embeddings)
        return [1] * n_others + [size for _, size in self.embeddings]

    @property
    def n_inputs(self) -> int:
        """Inputs of the first dense layer."""
        # counted without a list: files may declare any number of features
        return self.n_features + sum(size - 1 for _, size in self.embeddings)

    def kernel_shapes(self) -> Iterator[tuple[int, int]]:
        """Inputs and units of each dense layer, the output layer's last."""
        return pairwise([self.n_inputs, *self.sizes, self.n_outputs])


def network_spec(
    n_features: int,
    n_layers: int,
    n_nodes: int | Sequence[int],
    *,
    activation: str | Callable[..., Any],
    batch_norm: bool,
    dropout_rate: float | Sequence[float],
    n_outputs: int,
    output_activation: str,
    dtype: str,
    mc_dropout: bool = False,
    n_members: int = 1,
    share_batches: bool = False,
    embeddings: Sequence[Sequence[int]] = (),
    embedding_dropout: float = EMBEDDING_DROPOUT,
) -> NetworkSpec:
    """Check the arguments of ``build_dnn`` that describe the architecture."""
    n_layers = check_count("n_layers", n_layers, 0)
    dtype = check_dtype(dtype)
    check_activation(activation, dtype)
    n_members = check_count("n_members", n_members, 1)
    share_batches = check_flag("share_batches", share_batches)
    n_features = check_count("n_features", n_features, 1)
    return NetworkSpec(
        n_features=n_features,
        sizes=layer_sizes(n_nodes, n_layers),
        rates=dropout_rates(dropout_rate, n_layers),
        activation=activation,
        batch_norm=check_flag("batch_norm", batch_norm),
        mc_dropout=check_flag("mc_dropout", mc_dropout),
        n_outputs=check_outputs(n_outputs, output_activation, [*HEADS]),
        output_activation=output_activation,
        dtype=dtype,
        n_members=n_members,
        share_batches=share_batches and n_members > 1,
        embeddings=check_embeddings(embeddings, n_features),
        embedding_dropout=embedding_dropout if len(embeddings) else 0.0,
    )


@dataclass(frozen=True)
class NetworkSeeds:
    """Seeds of a network.

    Attributes
    ----------
    kernels : tuple of int
        Seed of the initial weights of each layer, the output layer's last.
    dropouts : tuple of int
        Seed of the dropout after each hidden layer.
    shuffle : int
        Seed of the order of the rows.
    """

    kernels: tuple[int, ...]
    dropouts: tuple[int, ...]
    shuffle: int

    @classmethod
    def draw(cls, rng: np.random.RandomState, n_layers: int) -> "NetworkSeeds":
        """Draw seeds from a generator, the same ones whatever the precision."""
        kernels, dropouts = rng.randint(np.iinfo(np.int32).max, size=(2, n_layers + 1))
        return cls(
            kernels=tuple(kernels.tolist()),
            dropouts=tuple(dropouts[:-1].tolist()),
            shuffle=int(dropouts[-1]),
        )

    def of_members(self, n_members: int) -> tuple[int, ...]:
        """Seed of what members scale inputs by, then of the output layer of each."""
        words = np.random.SeedSequence(self.kernels[-1]).generate_state(n_members + 1)
        return tuple((words >> 1).tolist())

    def of_embeddings(self, n_embeddings: int) -> tuple[int, ...]:
        """Seed of the dropout of vectors, then of the vectors of each column."""
        words = np.random.SeedSequence(self.kernels[0], spawn_key=(0,))
        return tuple((words.generate_state(n_embeddings + 1) >> 1).tolist())
