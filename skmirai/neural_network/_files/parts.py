"""Take a fitted estimator apart into what its file holds."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.neural_network._columns.scaled import NumberScaler
from skmirai.utils._forms import Parts, UnknownValueError
from skmirai.utils._sklearn import CALLBACK_STATE

if TYPE_CHECKING:
    from skmirai.neural_network._keras_step import KerasStep

#: What an estimator is taken apart into.
PARTS = ("params", "learned", "columns", "scaler", "network")

#: Most hidden layers of a network in a file. Each takes some kB of memory, but may
#: take few bytes there.
MOST_LAYERS = 1_000

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

#: Part of an estimator that kept training rows, beside `PARTS`.
NOVELTY = "novelty"

#: What scikit-learn's callbacks leave in the copies that they are given.
_OF_A_FIT = (*CALLBACK_STATE, "_parent_callback_ctx")

#: Parameters that came after the first files, with the values that leave all as it
#: was. At these they are left out, so that earlier releases read the file.
LATER = {
    "n_members": "auto",
    "share_batches": False,
    "learning_rate_schedule": "constant",
    "schedule_epochs": None,
    "embedding_dim": None,
    "novelty_rows": None,
}

#: The same for what describes an architecture.
LATER_OF_NETWORK: dict[str, Any] = {
    "n_members": 1,
    "share_batches": False,
    "embeddings": (),
}

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
    "_skl_callbacks": "take scikit-learn's callbacks off: set_callbacks()",
}


def parts_of(estimator: Any) -> Parts:
    """Return the parts of an estimator, each of values by name.

    One that is not fitted, as it is a parameter of another, has parameters alone.

    Raises
    ------
    UnknownValueError
        If it has attributes or layers that files do not hold.
    """
    params = estimator.get_params(deep=False)
    if not estimator.__sklearn_is_fitted__():
        return {"params": _without(LATER, params)}
    learned = {k: v for k, v in vars(estimator).items() if k in LEARNED}
    known = {*params, *learned, "novelty_", *_DERIVED, *_OF_A_FIT}
    for other in vars(estimator).keys() - known:
        raise UnknownValueError(
            (other,),
            "is an attribute that cannot be saved",
            _REMEDIES.get(other, "delete it, and set it again after loading"),
        )
    drop, scale, step = (part for _, part in estimator.pipeline_.steps)
    n_layers = len(step.network_.spec.sizes)
    if n_layers > MOST_LAYERS:
        raise UnknownValueError(
            ("n_layers",), f"is {n_layers:,}; files hold at most {MOST_LAYERS:,} layers"
        )
    novelty = getattr(estimator, "novelty_", None)
    kept = {} if novelty is None else {NOVELTY: novelty.__getstate__()}
    return {
        "params": _without(LATER, params),
        "learned": learned,
        "columns": {
            "kept": drop.kept_indices_,
            "dropped": drop.dropped_indices_,
            "encoder": drop.encoder_,
        },
        "scaler": {
            "scaler": scale.scaler_ if isinstance(scale, NumberScaler) else scale
        },
        "network": _network_parts(step),
        **kept,
    }


def _without(later: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters but for later ones that change nothing."""
    unchanged = {k for k, value in later.items() if parameters.get(k, value) == value}
    return {k: value for k, value in parameters.items() if k not in unchanged}


def _network_parts(step: "KerasStep") -> dict[str, Any]:
    network = step.network_
    state = network.read_state()
    return {
        **_without(LATER_OF_NETWORK, step.architecture),
        "n_features": network.spec.n_features,
        "optimizer": network.optimizer,
        "settings": {name: getattr(step, name) for name in SETTINGS},
        "seeds": vars(network.seeds),
        "history": step.history_,
        "floats": np.asarray(state.floats),
        "ints": np.asarray(state.ints),
    }
