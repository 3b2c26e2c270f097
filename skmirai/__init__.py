"""Keras deep networks for network-intrusion tables as scikit-learn estimators.

The public names are loaded on first use: ``import skmirai`` itself imports
neither TensorFlow nor matplotlib.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("skmirai")

_HOMES = {
    "ColumnDropper": "skmirai.preprocessing",
    "MiraiDNNClassifier": "skmirai.neural_network",
    "MiraiDNNRegressor": "skmirai.neural_network",
    "build_dnn": "skmirai.neural_network",
    "load": "skmirai.neural_network",
    "show_versions": "skmirai.utils",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'skmirai' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
