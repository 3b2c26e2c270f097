"""What compiled epochs take for granted about a Keras model."""

from dataclasses import dataclass
from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.architecture import NetworkSpec


@dataclass(frozen=True)
class AsBuilt:
    """What compiled epochs take for granted about a model.

    Attributes
    ----------
    spec : NetworkSpec
        Architecture.
    settings : list of dict
        Settings of its layers, see :func:`layer_settings`.
    """

    spec: NetworkSpec
    settings: list[dict[str, Any]]


def layer_settings(model: keras.Model) -> list[dict[str, Any]]:
    """Public settings of every layer but the dropout rate, which is an input."""
    settings = []
    for layer in model.layers:
        public = {k: v for k, v in vars(layer).items() if not k.startswith("_")}
        public.pop("rate", None)
        on_weights = [(w.constraint, w.regularizer) for w in layer.trainable_weights]
        hidden = {
            "trainable": layer.trainable,
            "dtype": layer.dtype_policy.name,
            "weights": on_weights,
        }
        settings.append(public | hidden)
    return settings
