"""Devices that networks are trained on."""

from skmirai.neural_network._backend import tf


def gpu_names() -> list[str]:
    """Names of the graphics cards that TensorFlow uses; empty if it uses none."""
    cards = tf.config.list_physical_devices("GPU")
    details = (tf.config.experimental.get_device_details(card) for card in cards)
    return [found.get("device_name", "GPU") for found in details]
