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


def members_in(spec: NetworkSpec, inputs: Any) -> Any:
    """Inputs of the first dense layer, scaled by the numbers of each member.

    Returns
    -------
    tensor of shape (batch, n_members, n_inputs)
    """
    layer = keras.layers.EinsumDense(
        "bf,kf->bkf",
        output_shape=(spec.n_members, inputs.shape[-1]),
        kernel_initializer="ones",
        name="members_in_1",
        dtype=spec.dtype,
    )
    return layer(inputs)


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
