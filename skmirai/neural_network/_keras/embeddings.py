"""Vectors in place of codes, put together from layers that Keras has."""

from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.architecture import NetworkSeeds, NetworkSpec
from skmirai.neural_network._engine.embeddings import SCALE


def embedded(spec: NetworkSpec, seeds: NetworkSeeds, inputs: Any) -> Any:
    """Rows whose last columns, those of codes, are replaced by vectors.

    Returns
    -------
    tensor of shape (batch, n_inputs)
        The rows as they are where the network has no embeddings.
    """
    if not spec.embeddings:
        return inputs
    n_others = spec.n_features - len(spec.embeddings)
    found = []
    for number, (n_codes, size) in enumerate(spec.embeddings, start=1):
        layer = keras.layers.Embedding(
            n_codes, size, name=f"embedding_{number}", dtype=spec.dtype
        )
        found.append(layer(inputs[:, n_others + number - 1]))
    vectors = _joined(spec, "vectors", found)
    vectors = keras.layers.Rescaling(SCALE, name="scaled", dtype=spec.dtype)(vectors)
    if spec.embedding_dropout:
        vectors = keras.layers.Dropout(
            spec.embedding_dropout,
            seed=seeds.of_embeddings(0)[0],
            name="embedding_dropout",
            dtype=spec.dtype,
        )(vectors)
    others = [inputs[:, :n_others]] if n_others else []
    return _joined(spec, "embedded", [*others, vectors])


def _joined(spec: NetworkSpec, name: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return keras.layers.Concatenate(name=name, dtype=spec.dtype)(parts)
