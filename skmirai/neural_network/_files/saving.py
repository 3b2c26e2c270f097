"""Write fitted estimators to one file without pickle.

The file is a zip file of ``estimator.json``, arrays in NumPy's format and the
checksums of both.
"""

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.utils.validation import check_is_fitted

from skmirai.utils._archive import write_archive
from skmirai.utils._sklearn import CALLBACK_STATE

if TYPE_CHECKING:
    from skmirai.neural_network._keras_step import KerasStep

#: Member that holds all but the arrays.
CONTENT = "estimator.json"

FORMAT = "skmirai estimator"

#: Version of the format, raised whenever older versions cannot read it.
VERSION = 1

#: Fitted attributes that are written as they are, where an estimator has them.
LEARNED = (
    "n_features_in_",
    "feature_names_in_",
    "classes_",
    "class_weight_",
    "_flat_target",
    "_n_targets",
    "_metadata_request",
)

#: Attributes that follow from the steps of ``pipeline_``.
_DERIVED = ("pipeline_", "callbacks_", "history_", "n_iter_", "n_parameters_")

#: What scikit-learn's callbacks leave in the copies that they are given.
_OF_A_FIT = (*CALLBACK_STATE, "_parent_callback_ctx")

#: Settings of the network's step.
SETTINGS = (
    "learning_rate",
    "seed",
    "batch_size",
    "shuffle",
    "early_stopping",
    "verbose",
)

_REMEDIES = {
    "activation": "fit with the name of a Keras activation",
    "optimizer": "fit with the name of a Keras optimizer, or an instance of one of "
    "Keras's own classes",
    "drop_columns": "give the columns that it chose: set_params(drop_columns="
    "estimator.pipeline_['drop'].dropped_indices_)",
    "scaler": "fit with a named scaler, or with transformers of sklearn.preprocessing",
    "callbacks": "take them off: set_params(callbacks=None)",
    "random_state": "set_params(random_state=...) to None or an int",
    "_skl_callbacks": "take scikit-learn's callbacks off: set_callbacks()",
}


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to a file; its method of that name says how."""
    check_is_fitted(estimator)
    name = type(estimator).__name__
    if type(estimator).__module__.partition(".")[0] != "skmirai":
        raise TypeError(
            f"{name} cannot be saved: it is a class of its own, which no file can "
            f"bring along; pickle it"
        )
    members: dict[str, bytes] = {}
    params = estimator.get_params(deep=False)
    learned = {k: v for k, v in vars(estimator).items() if k in LEARNED}
    known = {*params, *learned, *_DERIVED, *_OF_A_FIT}
    for other in vars(estimator).keys() - known:
        raise TypeError(
            f"the attribute {other} cannot be saved; "
            f"{_REMEDIES.get(other, 'delete it, and set it again after loading')}"
        )
    drop, scale, step = (part for _, part in estimator.pipeline_.steps)
    content = {
        "format": FORMAT,
        "format_version": VERSION,
        "written_with": versions(),
        "class": name,
        "params": _encoded(params, members),
        "learned": _encoded(learned, members),
        "columns": _encoded(_columns(drop), members),
        "scaler": _encoded({"scaler": scale}, members),
        "network": _encoded(_network_parts(step), members),
    }
    document = json.dumps(content, indent=1, allow_nan=False).encode()
    write_archive(path, {CONTENT: document, **members})


def versions() -> dict[str, str]:
    """Versions of what may matter to the meaning of a file."""
    from skmirai.neural_network._backend import keras

    return {
        "skmirai": version("skmirai"),
        "scikit-learn": sklearn.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def _columns(drop: Any) -> dict[str, Any]:
    return {"kept": drop.kept_indices_, "dropped": drop.dropped_indices_}


def _network_parts(step: "KerasStep") -> dict[str, Any]:
    network = step.network_
    state = network.read_state()
    return {
        **step.architecture,
        "n_features": network.spec.n_features,
        "optimizer": network.optimizer,
        "settings": {name: getattr(step, name) for name in SETTINGS},
        "seeds": vars(network.seeds),
        "history": step.history_,
        "floats": np.asarray(state.floats),
        "ints": np.asarray(state.ints),
    }


def _encoded(values: dict[str, Any], members: dict[str, bytes]) -> dict[str, Any]:
    from skmirai.neural_network._files.kinds import codec

    encoded = {}
    for name, value in values.items():
        try:
            encoded[name] = codec().encode(value, name, members)
        except TypeError as error:
            remedy = _REMEDIES.get(name, "pickle the estimator instead")
            raise TypeError(f"{error}; {remedy}") from error
    return encoded
