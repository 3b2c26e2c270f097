"""Deep networks for tables: the estimators and their network builder.

Importing this package loads no TensorFlow: the estimators import it when they
are fitted, ``build_dnn`` and ``gpu_names`` when they are asked for.
"""

from typing import TYPE_CHECKING, Any

from skmirai.neural_network._classifier import MiraiDNNClassifier
from skmirai.neural_network._ensembles.classifier import MiraiDNNEnsembleClassifier
from skmirai.neural_network._ensembles.regressor import MiraiDNNEnsembleRegressor
from skmirai.neural_network._parameters import n_epochs
from skmirai.neural_network._regressor import MiraiDNNRegressor
from skmirai.neural_network._save_load import load, save
from skmirai.neural_network._uncertainty import predict_uncertainty

if TYPE_CHECKING:
    from skmirai.neural_network._engine.devices import gpu_names
    from skmirai.neural_network._keras.builder import build_dnn

__all__ = [
    "MiraiDNNClassifier",
    "MiraiDNNEnsembleClassifier",
    "MiraiDNNEnsembleRegressor",
    "MiraiDNNRegressor",
    "build_dnn",
    "gpu_names",
    "load",
    "n_epochs",
    "predict_uncertainty",
    "save",
]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # a type checker would take every name to exist

    def __getattr__(name: str) -> Any:
        if name == "build_dnn":
            from skmirai.neural_network._keras.builder import build_dnn

            return build_dnn
        if name == "gpu_names":
            from skmirai.neural_network._engine.devices import gpu_names

            return gpu_names
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
