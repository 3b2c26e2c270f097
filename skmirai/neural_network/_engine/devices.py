"""Devices that networks are trained on."""

from skmirai.neural_network._backend import tf


def gpu_names() -> list[str]:
    """Names of the graphics cards that networks are trained on.

    Returns
    -------
    list of str
        One name per card that TensorFlow uses; empty where networks are trained on
        the processor, also if the machine has a card that TensorFlow cannot use.

    Examples
    --------
    >>> from skmirai.neural_network import gpu_names
    >>> all(isinstance(name, str) for name in gpu_names())
    True
    """
    cards = tf.config.list_physical_devices("GPU")
    details = (tf.config.experimental.get_device_details(card) for card in cards)
    return [found.get("device_name", "GPU") for found in details]
