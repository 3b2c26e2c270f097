"""Write fitted estimators, and Pipelines around them, to one file without pickle.

The file is a zip file of ``estimator.json``, arrays in NumPy's format and the
checksums of both.
"""

import json
import os
from importlib.metadata import version
from typing import Any

import numpy as np
import sklearn
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._files.classes import CLASSES
from skmirai.neural_network._files.wrappers import WRAPPERS
from skmirai.utils._archive import write_archive
from skmirai.utils._forms import UnknownValueError
from skmirai.utils._wrapped import chain_of

#: Member that holds all but the arrays.
CONTENT = "estimator.json"

FORMAT = "skmirai estimator"

#: Version of the format. It is raised whenever releases that are out cannot read what
#: is written: those of version 1 knew no Pipelines, those of version 2 no categories,
#: those of version 3 no embeddings, those of version 4 neither ensembles nor what is
#: calibrated or abstains.
VERSION = 5

_REMEDIES = {
    "activation": "fit with the name of a Keras activation",
    "optimizer": "fit with the name of a Keras optimizer, or an instance of one of "
    "Keras's own classes",
    "drop_columns": "give the columns that it chose: set_params(drop_columns="
    "estimator.pipeline_['drop'].dropped_indices_)",
    "scaler": "fit with a named scaler, or with transformers of scikit-learn",
    "by": "name one of skmirai.metrics.UNCERTAINTY_MEASURES",
    "by_": "name one of skmirai.metrics.UNCERTAINTY_MEASURES",
    "callbacks": "take them off: set_params(callbacks=None)",
    "cv": "its folds have been trained: set_params(cv=None)",
    "random_state": "set_params(random_state=...) to None or an int",
}


#: What to do about a value that no name of `_REMEDIES` leads to.
_REMEDY = "use what scikit-learn or skmirai define, or pickle the estimator instead"


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator, or a Pipeline that ends in one, to a file."""
    _check_class(estimator)
    check_is_fitted(estimator)
    from skmirai.neural_network._files.kinds import codec

    members: dict[str, bytes] = {}
    try:
        encoded = codec().encode_estimator(estimator, members)
    except UnknownValueError as error:
        names = [name for name in error.path if name in _REMEDIES]
        remedy = error.remedy or (_REMEDIES[names[-1]] if names else _REMEDY)
        raise TypeError(f"{error}; {remedy}") from error
    content = {
        "format": FORMAT,
        "format_version": VERSION,
        "written_with": versions(),
        **encoded,
    }
    document = json.dumps(content, indent=1, allow_nan=False).encode()
    write_archive(path, {CONTENT: document, **members})


def _check_class(estimator: Any) -> None:
    known = {Pipeline, FrozenEstimator, *WRAPPERS.values(), *CLASSES.values()}
    chain = [*chain_of(estimator)]
    last = next((part for part in chain if type(part) not in known), chain[-1])
    if type(last) in CLASSES.values():
        return
    if known.intersection(type(last).__mro__):
        raise TypeError(
            f"{type(last).__name__} cannot be saved: it is a class of its own, "
            f"which no file can bring along; pickle it"
        )
    name = type(last).__name__
    outer = type(estimator).__name__
    what = f"a {name}" if last is estimator else f"a {outer} that ends in {name}"
    raise TypeError(
        f"{what} cannot be saved: expected an estimator of skmirai "
        f"({', '.join(CLASSES)}), or a Pipeline, CalibratedClassifierCV or "
        f"AbstainingClassifier around one"
    )


def versions() -> dict[str, str]:
    """Versions of what may matter to the meaning of a file."""
    return {
        "skmirai": version("skmirai"),
        "scikit-learn": sklearn.__version__,
        "keras": version("keras"),
        "numpy": np.__version__,
    }
