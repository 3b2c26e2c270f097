"""Whether settings still mean the network that was fitted, so that it may go on."""

from typing import Any

from skmirai.neural_network._engine.architecture import NetworkSpec, network_spec
from skmirai.neural_network._engine.optimizers import make_optimizer, undecayed_names


def check_same_architecture(architecture: dict[str, Any], fitted: NetworkSpec) -> None:
    """Insist that arguments of :func:`build_dnn` describe the fitted network.

    Parameters
    ----------
    architecture : dict
        Arguments but for ``n_features`` and those of training.
    fitted : NetworkSpec
        The fitted network.
    """
    given = _meaning(network_spec(fitted.n_features, **architecture))
    for name, meant in _meaning(fitted).items():
        if given[name] != meant:
            new, old = architecture[name], meant
            if name == "embeddings":
                name, new, old = "embedding_dim", *map(_dimensions, (new, old))
            raise ValueError(
                f"{name}={new!r} does not match the fitted network, "
                f"which has {name}={old!r}; set it back, or fit anew with "
                f"warm_start=False"
            )


def _meaning(spec: NetworkSpec) -> dict[str, Any]:
    """What the arguments come down to: 8 units and [8] in one layer are the same."""
    sizes = {"n_layers": len(spec.sizes), "n_nodes": spec.sizes}
    others = {k: v for k, v in vars(spec).items() if k not in ("sizes", "rates")}
    return {**sizes, "dropout_rate": spec.rates, **others}


def _dimensions(embeddings: Any) -> int | None:
    """Size of the vectors, the same for all columns; None without any."""
    return embeddings[0][1] if embeddings else None


def check_same_optimizer(optimizer: Any, fitted: Any) -> None:
    """Insist on the name, or on the kind and settings, of the fitted optimizer.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        What the user gives now.
    fitted : str or keras.optimizers.Optimizer
        What ``own_optimizer`` made of what the user gave for the first fit.
    """
    (kind, new), (fitted_kind, old) = map(_settings, (own_optimizer(optimizer), fitted))
    if kind != fitted_kind or new != old:
        names = [n for n in new if new[n] != old[n]] if kind == fitted_kind else []
        raise ValueError(
            f"optimizer={_shown(optimizer, names)} does not match the fitted network, "
            f"which was trained with {_shown(fitted, names)}; set it back, or fit "
            f"anew with warm_start=False"
        )


def own_optimizer(optimizer: Any) -> Any:
    """Name of an optimizer as it is, or a copy that its user cannot change."""
    if isinstance(optimizer, type):
        raise TypeError(
            f"optimizer={optimizer!r} must be a name or an instance; this is a class: "
            f"pass {optimizer.__name__}()"
        )
    return optimizer if isinstance(optimizer, str) else make_optimizer(optimizer, 1)


def _settings(optimizer: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(optimizer, str):
        return optimizer.lower(), {}
    config = optimizer.get_config()
    return type(optimizer), {**config, "not decayed": undecayed_names(optimizer)}


def _shown(optimizer: Any, names: list[str]) -> str:
    """An optimizer for a message, with the settings that matter."""
    if isinstance(optimizer, str):
        return repr(optimizer)
    _, config = _settings(optimizer)
    shown = ", ".join(f"{name}={config[name]!r}" for name in names)
    return f"{type(optimizer).__name__}({shown})"
