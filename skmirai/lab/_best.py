"""The best configuration of parts 19 to 21: the published one, or one of one's own."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skmirai.lab._json import write_json
from skmirai.lab._protocol import SETTINGS
from skmirai.neural_network import MiraiDNNClassifier

#: What a configuration says; the rest is the same for all trainings of the lab.
CONFIGURED = (
    "n_layers",
    "n_nodes",
    "activation",
    "optimizer",
    "learning_rate",
    "batch_norm",
    "dropout_rate",
    "epochs",
    "batch_size",
)


#: Words that are allowed for some of them.
_WORDS = {
    "activation": ("sigmoid", "tanh", "relu", "silu"),
    "optimizer": ("sgd", "adam"),
}


def configuration(settings: Mapping[str, Any]) -> str:
    """Describe a configuration in one line.

    Parameters
    ----------
    settings : mapping
        Parameters that differ from ``SETTINGS``.

    Returns
    -------
    str
        All that it says.

    Examples
    --------
    >>> from skmirai.lab._best import configuration
    >>> configuration({"n_layers": 6, "optimizer": "adam", "batch_norm": True})
    '6 x 20 sigmoid, adam 0.1, batch 10,000, 20 epochs, batch normalisation'
    """
    all_ = {**SETTINGS, **settings}
    rest = [", batch normalisation"] if all_["batch_norm"] else []
    rest += [f", dropout {all_['dropout_rate']:g}"] if all_["dropout_rate"] else []
    return (
        f"{all_['n_layers']} x {all_['n_nodes']} {all_['activation']}, "
        f"{all_['optimizer']} {all_['learning_rate']:.4g}, "
        f"batch {all_['batch_size']:,}, {all_['epochs']} "
        f"epoch{'' if all_['epochs'] == 1 else 's'}"
    ) + "".join(rest)


def write_best(
    path: Path, settings: Mapping[str, Any], found: Mapping[str, Any]
) -> None:
    """Write a configuration for :func:`read_best`.

    Parameters
    ----------
    path : Path
        The file.
    settings : mapping
        A value for each name of ``CONFIGURED``.
    found : mapping
        How it was found, for the reader.
    """
    chosen = {name: settings[name] for name in CONFIGURED}
    write_json(path, {"settings": chosen, **found})


def read_best(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read and check a configuration.

    Parameters
    ----------
    path : path
        File of ``skmirai lab explore``, or one written by hand: an object of JSON
        whose "settings" hold some of ``CONFIGURED``.

    Returns
    -------
    dict
        A value for each name of ``CONFIGURED``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such object, or holds names or values that the lab cannot train.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(
            f"best={str(path)!r} is no file; skmirai lab explore writes one, "
            f"explore/best.json in its folder"
        )
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))["settings"]
        return checked_best(settings, str(file))
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f'{file} holds no configuration; expected JSON such as {{"settings": '
            f'{{"n_layers": 6, "optimizer": "adam", "learning_rate": 0.005}}}}'
        ) from error


def checked_best(settings: Any, source: str) -> dict[str, Any]:
    """Complete a configuration, if it is one.

    Parameters
    ----------
    settings : object
        Some of ``CONFIGURED`` with their values, if nobody made a mistake.
    source : str
        Where it comes from, for errors.

    Returns
    -------
    dict
        A value for each name of ``CONFIGURED``.

    Raises
    ------
    TypeError
        If it is no mapping.
    ValueError
        If it holds names or values that the lab cannot train.
    """
    if not isinstance(settings, Mapping):
        raise TypeError(f"{source}: {settings!r} is no configuration")
    unknown = sorted(map(str, settings.keys() - {*CONFIGURED}))
    if unknown:
        raise ValueError(
            f"{source}: {unknown[0]} is not among the settings of a configuration, "
            f"which are {', '.join(CONFIGURED)}"
        )
    chosen = {name: SETTINGS[name] for name in CONFIGURED} | dict(settings)
    _check_values(source, chosen)
    return chosen


def _check_values(source: str, chosen: Mapping[str, Any]) -> None:
    """Insist on one number or word for each name, as the estimator takes it."""
    for name, value in chosen.items():
        kinds: tuple[type, ...] = (type(SETTINGS[name]),)
        if kinds == (float,):
            kinds = (float, int)
        # to Python, True is a number
        if not isinstance(value, kinds) or isinstance(value, bool) != (
            kinds == (bool,)
        ):
            raise ValueError(
                f"{source}: {name}={value!r} must be of type "
                f"{' or '.join(kind.__name__ for kind in kinds)}, as in the lab: "
                f"{SETTINGS[name]!r}"
            )
    for name, words in _WORDS.items():
        if chosen[name] not in words:
            raise ValueError(
                f"{source}: {name}={chosen[name]!r} must be one of {', '.join(words)}"
            )
    if chosen["n_layers"] < 1:
        raise ValueError(
            f"{source}: n_layers={chosen['n_layers']} must be at least 1, since part "
            f"20 drops units of hidden layers"
        )
    estimator = MiraiDNNClassifier(**chosen)
    try:
        estimator._validate_params()
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error
