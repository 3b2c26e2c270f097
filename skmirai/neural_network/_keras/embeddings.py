"""Vectors in place of codes, put together from layers that Keras has."""

from typing import Any

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._engine.architecture import NetworkSeeds, NetworkSpec
from skmirai.neural_network._engine.embeddings import SCALE, whole


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


def dense_train_step(model: Any, data: Any) -> dict[str, Any]:
    """Update a model by one batch, as Keras's ``train_step``, but by whole gradients.

    NOTE[DIFF] Keras leaves the gradient of vectors as one of each row. Adam and others
    then add up the squares of these where rows share a code, in place of squaring their
    sum.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    with tf.GradientTape() as tape:
        predicted = model(x, training=True)
        loss = model.compute_loss(x, y, predicted, sample_weight, training=True)
        scaled = model.optimizer.scale_loss(loss)
    weights = model.trainable_weights
    gradients = map(whole, tape.gradient(scaled, weights))
    model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
    tracker = next(metric for metric in model.metrics if metric.name == "loss")
    tracker.update_state(loss, sample_weight=tf.shape(x)[0])
    return model.compute_metrics(x, y, predicted, sample_weight=sample_weight)


def _joined(spec: NetworkSpec, name: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return keras.layers.Concatenate(name=name, dtype=spec.dtype)(parts)
