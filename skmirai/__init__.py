"""Keras deep networks for network-intrusion tables as scikit-learn estimators.

The public names and the packages are loaded on first use: ``import skmirai`` itself
imports neither TensorFlow nor matplotlib.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skmirai import datasets as datasets
    from skmirai import feature_extraction as feature_extraction
    from skmirai import inspection as inspection
    from skmirai import lab as lab
    from skmirai import metrics as metrics
    from skmirai import model_selection as model_selection
    from skmirai import neural_network as neural_network
    from skmirai import packets as packets
    from skmirai import preprocessing as preprocessing
    from skmirai import uncertainty as uncertainty
    from skmirai import utils as utils
    from skmirai.neural_network import (
        MiraiDNNClassifier,
        MiraiDNNEnsembleClassifier,
        MiraiDNNEnsembleRegressor,
        MiraiDNNRegressor,
        build_dnn,
        load,
        predict_uncertainty,
        save,
    )
    from skmirai.preprocessing import ColumnDropper
    from skmirai.utils import show_versions

__version__ = version("skmirai")

__all__ = [
    "ColumnDropper",
    "MiraiDNNClassifier",
    "MiraiDNNEnsembleClassifier",
    "MiraiDNNEnsembleRegressor",
    "MiraiDNNRegressor",
    "__version__",
    "build_dnn",
    "load",
    "predict_uncertainty",
    "save",
    "show_versions",
]

_HOMES = {
    "ColumnDropper": "preprocessing",
    "MiraiDNNClassifier": "neural_network",
    "MiraiDNNEnsembleClassifier": "neural_network",
    "MiraiDNNEnsembleRegressor": "neural_network",
    "MiraiDNNRegressor": "neural_network",
    "build_dnn": "neural_network",
    "load": "neural_network",
    "predict_uncertainty": "neural_network",
    "save": "neural_network",
    "show_versions": "utils",
}

_PACKAGES = {
    "datasets",
    "feature_extraction",
    "inspection",
    "lab",
    "metrics",
    "model_selection",
    "neural_network",
    "packets",
    "preprocessing",
    "uncertainty",
    "utils",
}


def __dir__() -> list[str]:
    return sorted({*__all__, *_PACKAGES})


if not TYPE_CHECKING:  # a type checker would take every name to exist

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(f"skmirai.{_HOMES[name]}"), name)
        if name in _PACKAGES:
            return import_module(f"skmirai.{name}")
        raise AttributeError(f"module 'skmirai' has no attribute {name!r}")
