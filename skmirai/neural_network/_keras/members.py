"""Layers of members, put together from layers that Keras has."""

from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.architecture import NetworkSpec
from skmirai.neural_network._engine.members import picked


@keras.saving.register_keras_serializable(package="skmirai")
class TurnsNormalization(keras.layers.BatchNormalization):
    """Batch normalisation of members that take turns in the rows of a batch.

    Its statistics are those of row i in member i % n_members: what a row is in the
    other members teaches them nothing.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (batch, n_members, units)."""
        if not training or not self.trainable:
            return super().call(inputs, training=False, mask=mask)
        own = picked(inputs)
        mean = keras.ops.mean(own, axis=0)
        variance = keras.ops.mean(keras.ops.square(own - mean), axis=0)
        for moving, now in (self.moving_mean, mean), (self.moving_variance, variance):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return keras.ops.batch_normalization(
            inputs, mean, variance, -1, self.beta, self.gamma, self.epsilon
        )


def members_in(spec: NetworkSpec, depth: int, inputs: Any) -> Any:
    """Inputs of a layer, scaled by the numbers of each member, if any.

    Returns
    -------
    tensor of shape (batch, n_members, n_inputs)
        The inputs as they are where members have no such numbers.
    """
    if not spec.is_adapted(depth):
        return inputs
    of_inputs = "bf" if len(inputs.shape) == 2 else "bkf"
    layer = keras.layers.EinsumDense(
        f"{of_inputs},kf->bkf",
        output_shape=(spec.n_members, inputs.shape[-1]),
        kernel_initializer="ones",
        name=f"members_in_{depth + 1}",
        dtype=spec.dtype,
    )
    return layer(inputs)


def adapted_dense(spec: NetworkSpec, depth: int, inputs: Any) -> Any:
    """Hidden layer whose kernel the members share, each in its own way."""
    number, own_bias = depth + 1, spec.adapters == "all"
    inputs = members_in(spec, depth, inputs)
    dense = keras.layers.Dense(
        spec.sizes[depth],
        activation=None if own_bias else spec.activation,
        use_bias=not own_bias,
        name=f"dense_{number}",
        dtype=spec.dtype,
    )
    if not own_bias:
        return dense(inputs)
    rescaled = keras.layers.EinsumDense(
        "bku,ku->bku",
        output_shape=(spec.n_members, spec.sizes[depth]),
        activation=spec.activation,
        bias_axes="ku",
        kernel_initializer="ones",
        name=f"members_out_{number}",
        dtype=spec.dtype,
    )
    return rescaled(dense(inputs))


def own_output(spec: NetworkSpec, inputs: Any) -> Any:
    """Outputs of the members, each by an output layer of its own."""
    layer = keras.layers.EinsumDense(
        "bku,kuo->bko",
        output_shape=(spec.n_members, spec.n_outputs),
        activation=spec.output_activation,
        bias_axes="ko",
        name="output",
        dtype=spec.dtype,
    )
    return layer(inputs)
