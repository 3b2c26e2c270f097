"""One search space for the estimators' parameters, in three dialects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from skmirai.preprocessing import scaler_names
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import BaseTrial


@dataclass(frozen=True)
class Choice:
    """One of a few values, all equally likely."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Integers:
    """Whole numbers, both ends included, uniform in themselves or their logarithm."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Reals:
    """Real numbers, uniform in themselves or in their logarithm."""

    low: float
    high: float
    log: bool = False


# The optimizers share one range of learning rates. Plain SGD is not among them: it
# needs rates a hundred times larger, and a range that is right for both wastes half
# of the trials.
SPACE: dict[str, Choice | Integers | Reals] = {
    "n_layers": Integers(1, 4),
    "n_nodes": Integers(16, 256, log=True),
    "activation": Choice(("relu", "silu", "tanh")),
    "optimizer": Choice(("adam", "adamw", "nadam")),
    "learning_rate": Reals(1e-4, 3e-2, log=True),
    "learning_rate_schedule": Choice(("constant", "cosine")),
    "batch_norm": Choice((False, True)),
    "dropout_rate": Reals(0.0, 0.5),
    # with these scalers "auto", the default, is 1
    "n_members": Choice(("auto", 8)),
    # "auto" is one of the others
    "scaler": Choice(tuple(name for name in scaler_names() if name != "auto")),
    "batch_size": Choice((64, 128, 256, 512)),
}


def suggest_params(trial: "BaseTrial", *, prefix: str = "") -> dict[str, Any]:
    """Draw parameters of an estimator from the default search space.

    For objectives written by hand: eleven parameters of the network, its training and
    its scaler, over ranges that suit tables of some thousand rows and more. Epochs
    and regularisation by early stopping are left to the caller.

    Parameters
    ----------
    trial : optuna.trial.BaseTrial
        A trial of a running study, or an ``optuna.trial.FixedTrial``.
    prefix : str, default=""
        Put in front of the names, as in "mirai__" for the step "mirai" of a
        :class:`~sklearn.pipeline.Pipeline`. ``study.best_params`` has it too.

    Returns
    -------
    dict of str to object
        For ``set_params`` of :class:`~skmirai.MiraiDNNClassifier` or
        :class:`~skmirai.MiraiDNNRegressor`.

    See Also
    --------
    search_distributions : The same space for ``OptunaSearchCV``.
    param_distributions : The same space for ``RandomizedSearchCV``.

    Examples
    --------
    >>> import optuna
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.model_selection import suggest_params
    >>> sampler = optuna.samplers.RandomSampler(seed=0)
    >>> params = suggest_params(optuna.create_study(sampler=sampler).ask())
    >>> MiraiDNNClassifier().set_params(**params).n_layers in {1, 2, 3, 4}
    True
    >>> sorted(params)
    ['activation', 'batch_norm', 'batch_size', 'dropout_rate', 'learning_rate',
     'learning_rate_schedule', 'n_layers', 'n_members', 'n_nodes', 'optimizer',
     'scaler']
    """
    params: dict[str, Any] = {}
    for key, part in SPACE.items():
        name = prefix + key
        match part:
            case Choice(values):
                params[name] = trial.suggest_categorical(name, values)
            case Integers(low, high, log):
                params[name] = trial.suggest_int(name, low, high, log=log)
            case Reals(low, high, log):
                params[name] = trial.suggest_float(name, low, high, log=log)
    return params


def search_distributions(*, prefix: str = "") -> "dict[str, BaseDistribution]":
    """Return the default search space as Optuna distributions.

    Parameters
    ----------
    prefix : str, default=""
        Put in front of the names, as in "mirai__" for the step "mirai" of a
        :class:`~sklearn.pipeline.Pipeline`.

    Returns
    -------
    dict of str to optuna.distributions.BaseDistribution
        For the ``param_distributions`` of ``optuna_integration.OptunaSearchCV``.

    Raises
    ------
    ImportError
        If Optuna is not installed; the message names the extra that brings it.

    Examples
    --------
    >>> from skmirai.model_selection import search_distributions
    >>> search_distributions(prefix="mirai__")["mirai__n_nodes"]
    IntDistribution(high=256, log=True, low=16, step=1)
    """
    optuna = import_optional(
        "optuna.distributions", extra="tune", purpose="search distributions"
    )
    space: dict[str, BaseDistribution] = {}
    for key, part in SPACE.items():
        match part:
            case Choice(values):
                space[prefix + key] = optuna.CategoricalDistribution(values)
            case Integers(low, high, log):
                space[prefix + key] = optuna.IntDistribution(low, high, log=log)
            case Reals(low, high, log):
                space[prefix + key] = optuna.FloatDistribution(low, high, log=log)
    return space


def param_distributions(*, prefix: str = "") -> dict[str, Any]:
    """Return the default search space as lists and SciPy distributions.

    Parameters
    ----------
    prefix : str, default=""
        Put in front of the names, as in "mirai__" for the step "mirai" of a
        :class:`~sklearn.pipeline.Pipeline`.

    Returns
    -------
    dict of str to list or distribution
        For the ``param_distributions`` of
        :class:`~sklearn.model_selection.RandomizedSearchCV`.

    Examples
    --------
    >>> from sklearn.model_selection import ParameterSampler
    >>> from skmirai.model_selection import param_distributions
    >>> space = param_distributions()
    >>> space["batch_size"]
    [64, 128, 256, 512]
    >>> draws = ParameterSampler(space, n_iter=20, random_state=0)
    >>> all(16 <= draw["n_nodes"] <= 256 for draw in draws)
    True
    """
    space: dict[str, Any] = {}
    for key, part in SPACE.items():
        match part:
            case Choice(values):
                space[prefix + key] = list(values)
            case Integers(low, high, log):
                space[prefix + key] = _integers(low, high, log)
            case Reals(low, high, log):
                space[prefix + key] = (
                    stats.loguniform(low, high)
                    if log
                    else stats.uniform(low, high - low)
                )
    return space


def _integers(low: int, high: int, log: bool) -> Any:
    """Whole numbers as Optuna draws them: a real number from half below, rounded."""
    if not log:
        return stats.randint(low, high + 1)
    share = np.diff(np.log(np.arange(low, high + 2) - 0.5))
    return stats.rv_discrete(values=(np.arange(low, high + 1), share / share.sum()))
