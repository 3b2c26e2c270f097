"""Put an estimator together from the parts of a file, trusting none of them."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier

from skmirai.neural_network._columns.kept import KeptColumns
from skmirai.neural_network._columns.scaled import plain_output, restored_scaler
from skmirai.neural_network._engine.architecture import NetworkSeeds, network_spec
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._engine.weights import n_parameters
from skmirai.neural_network._files.parts import (
    LATER,
    LATER_OF_NETWORK,
    LEARNED,
    MOST_LAYERS,
    NOVELTY,
    PARTS,
    SETTINGS,
)
from skmirai.neural_network._keras.network import Network
from skmirai.neural_network._keras.novelty import signals
from skmirai.preprocessing import FORMER_SCALERS, SCALERS, TableEncoder
from skmirai.uncertainty import NoveltyReference
from skmirai.utils._forms import Parts
from skmirai.utils._kinds import shown

if TYPE_CHECKING:
    from skmirai.neural_network._keras_step import KerasStep

#: Arguments of build_dnn that describe an architecture.
_ARCHITECTURE = {
    "n_layers",
    "n_nodes",
    "activation",
    "batch_norm",
    "dropout_rate",
    "n_members",
    "share_batches",
    "embeddings",
    "dtype",
    "n_outputs",
    "output_activation",
}


def restored(cls: type, parts: Parts) -> Any:
    """Return the estimator that ``parts_of`` took apart.

    Parameters
    ----------
    cls : type
        Its class.
    parts : dict of str to dict
        Its parts, decoded. They may hold anything.

    Returns
    -------
    MiraiDNNClassifier or MiraiDNNRegressor
        The estimator, fitted unless it has parameters alone.

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """
    from skmirai.neural_network._rows.prepared import new_scaler
    from skmirai.neural_network._train import set_fitted

    is_fitted = parts.keys() != {"params"}
    _require(
        parts.keys() - {NOVELTY} == {*PARTS} or not is_fitted,
        f"an estimator has the parts {PARTS}",
    )
    estimator = cls(**LATER | parts["params"])
    estimator._validate_params()
    if not is_fitted:
        return estimator
    learned = parts["learned"]
    _require(learned.keys() <= {*LEARNED}, "it holds unknown fitted attributes")
    vars(estimator).update(learned)
    drop = _restored_drop(estimator, parts["columns"])
    scale = parts["scaler"]["scaler"]
    step = _restored_step(parts["network"], drop.n_ordinal_codes_)
    _check_target(estimator, step)
    _check_scaler(scale, drop.n_numbers_, step.n_features_in_ - drop.n_codes_)
    scale = restored_scaler(new_scaler(estimator), scale, drop)
    set_fitted(estimator, drop, scale, step)
    if NOVELTY in parts:
        estimator.novelty_ = _restored_novelty(parts[NOVELTY], step)
    return estimator


def _require(condition: Any, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _restored_drop(estimator: Any, columns: dict[str, Any]) -> KeptColumns:
    n_features = estimator.n_features_in_
    _require(type(n_features) is int and n_features > 0, "n_features_in_ is no count")
    kept, dropped = columns["kept"], columns["dropped"]
    for indices in (kept, dropped):
        _require(
            isinstance(indices, np.ndarray)
            and indices.ndim == 1
            and indices.dtype.kind == "i"
            and (np.diff(indices) > 0).all(),
            "the numbers of the columns are no ascending integers",
        )
    _require(
        len(kept)
        and len(kept) + len(dropped) == n_features
        and np.array_equal(np.union1d(kept, dropped), np.arange(n_features)),
        f"the kept and dropped columns are not {n_features} together",
    )
    from skmirai.neural_network._rows.prepared import kept_columns

    drop = kept_columns(estimator)
    drop.n_features_in_ = n_features
    drop.kept_indices_, drop.dropped_indices_ = kept, dropped
    if hasattr(estimator, "feature_names_in_"):
        names = estimator.feature_names_in_
        _require(
            isinstance(names, np.ndarray)
            and names.shape == (n_features,)
            and all(isinstance(name, str) for name in names),
            f"feature_names_in_ does not hold {n_features} names",
        )
        drop.feature_names_in_ = names
    drop.encoder_ = _checked_encoder(columns.get("encoder"), len(kept))
    return drop


def _checked_encoder(encoder: Any, n_kept: int) -> TableEncoder | None:
    """Insist that an encoder, which is consistent in itself, takes the kept columns.

    What it does about missing numbers was settled at ``fit``: parameters of the
    estimator may have been set since, and count at the next one.
    """
    _require(
        encoder is None
        or (
            type(encoder) is TableEncoder
            and getattr(encoder, "n_features_in_", None) == n_kept
        ),
        f"the encoder does not take {n_kept} columns",
    )
    return encoder


def _restored_step(parts: dict[str, Any], n_codes: tuple[int, ...]) -> "KerasStep":
    from skmirai.neural_network._keras_step import KerasStep

    names = (
        "n_features",
        "optimizer",
        "settings",
        "seeds",
        "history",
        "floats",
        "ints",
    )
    n_features, optimizer, settings, seeds, history, floats, ints = (
        parts.pop(name) for name in names
    )
    for values, dtype in ((floats, parts["dtype"]), (ints, "int64")):
        _require(
            isinstance(values, np.ndarray)
            and values.ndim == 1
            and values.dtype == np.dtype(dtype),
            f"the state of the network is no vector of {dtype}",
        )
    parts = LATER_OF_NETWORK | parts
    _require(parts.keys() == _ARCHITECTURE, "the architecture is not whole")
    # before anything is built, so that nothing is larger than the file
    message = "the architecture of the network has more weights than its state"
    n_layers = parts["n_layers"]
    _require(
        isinstance(n_layers, int | np.integer) and n_layers <= MOST_LAYERS,
        f"the network has {shown(n_layers)} hidden layers: at most {MOST_LAYERS:,} "
        f"are read",
    )
    _require(n_layers <= len(floats), message)
    spec = network_spec(n_features, **parts)
    embedded = tuple(n for n, _ in spec.embeddings)
    _require(
        embedded == n_codes,
        f"the network has embeddings of {shown(embedded)} codes, but its columns have "
        f"{shown(n_codes)}",
    )
    _require(n_parameters(spec) <= len(floats), message)
    _require(settings.keys() == {*SETTINGS}, "the settings of training are not whole")
    seeds = NetworkSeeds(**seeds)
    numbers = [*seeds.kernels, *seeds.dropouts, seeds.shuffle]
    _require(
        len(seeds.kernels) == len(seeds.dropouts) + 1 == len(spec.sizes) + 1
        and all(type(n) is int and 0 <= n < 2**31 for n in numbers),
        "the seeds of the network do not fit its layers",
    )
    _require(
        "loss" in history
        and len({len(figures) for figures in history.values()}) == 1
        and all(type(f) is float for figures in history.values() for f in figures),
        "history_ does not hold figures for every epoch",
    )
    network = Network.restored(spec, seeds, optimizer, NetworkState(floats, ints))
    return KerasStep.restored(network, history, architecture=parts, **settings)


def _check_target(estimator: Any, step: "KerasStep") -> None:
    spec = step.network_.spec
    if is_classifier(estimator):
        classes, weight = estimator.classes_, estimator.class_weight_
        _require(
            isinstance(classes, np.ndarray)
            and classes.ndim == 1
            and len(classes) >= 2
            and np.array_equal(np.unique(classes), classes),
            "classes_ does not hold at least two sorted labels",
        )
        _require(
            isinstance(weight, np.ndarray)
            and weight.dtype.kind == "f"
            and weight.shape == classes.shape,
            "class_weight_ does not hold one number for each class",
        )
        head = estimator._head(classes)
    else:
        n_targets, flat = estimator._n_targets, estimator._flat_target
        _require(
            type(n_targets) is int and n_targets > 0 and type(flat) is bool,
            "the number of targets is no count",
        )
        _require(not flat or n_targets == 1, "a flat target has one column")
        head = {"n_outputs": n_targets, "output_activation": "linear"}
    found = {name: getattr(spec, name) for name in head}
    _require(head == found, f"the network has {found}, but the target needs {head}")


def _restored_novelty(part: dict[str, Any], step: "KerasStep") -> NoveltyReference:
    names = {field.name for field in fields(NoveltyReference)}
    _require(
        part.keys() == names
        and all(
            isinstance(values, np.ndarray) and values.dtype.kind == "f"
            for values in part.values()
        ),
        f"what novelty_score compares with are no arrays {sorted(names)}",
    )
    reference = NoveltyReference(**part)
    hidden, undecided = signals(
        step.network_, np.zeros((1, step.n_features_in_), step.dtype)
    )
    needed = hidden.shape[1], 1 if undecided is None else 2
    found = len(reference.scale), reference.scores.shape[1]
    _require(
        found == needed,
        f"novelty_score compares {found[0]} units and {found[1]} scores, but the "
        f"network has {needed[0]} and {needed[1]}",
    )
    return reference


def _check_scaler(scale: Any, n_kept: int, n_features: int) -> None:
    """Insist that a scaler takes the columns of numbers and returns the network's."""
    if scale is None:
        _require(n_kept == n_features == 0, "the columns of numbers have no scaler")
        return
    transform = getattr(scale, "transform", None)
    _require(callable(transform), "the scaler is no transformer")
    taken = getattr(scale, "n_features_in_", n_kept)
    _require(taken == n_kept, f"the scaler takes {taken!r} columns, not {n_kept}")
    if type(scale) in {*FORMER_SCALERS, *(kind.cls for kind in SCALERS.values())}:
        held = [scale, *filter(None, [getattr(scale, "scaler_", None)])]
        values = [value for part in held for value in vars(part).values()]
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        _require(  # a row and a column make a table, larger than both together
            all(a.ndim < 2 or a.shape == (len(a), n_kept) for a in arrays),
            f"the arrays of the scaler do not have {n_kept} columns",
        )
        # others may refuse zeros
        with plain_output(), np.errstate(all="ignore"):
            returned = scale.transform(np.zeros((1, n_kept)))
        _require(returned.shape == (1, n_features), "the scaler returns other columns")
