"""What to try after a training that came to less than a constant answer."""

import math
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skmirai.preprocessing import scaler_names, scaler_value
from skmirai.utils._docstrings import alternatives

#: Step sizes that learn of every table whose columns are scaled: the default, and that
#: of an optimizer whose steps shrink with the gradient. They are compared with that of
#: a network, which may be of single precision.
_USUAL_RATE, _USUAL_RATES, _ROUNDING = 0.003, {"sgd": 0.03}, 1e-6

#: Updates of the weights that small tables take; share of what is usual from which on
#: a step size counts as small.
_USUAL_UPDATES, _LEAST_LACK = 1000, 1.1

#: Times the loss of a guess from which on a loss says that training went astray.
_ASTRAY = 10

#: Factors by which the last epoch may be above the lowest loss, and the highest loss of
#: a network that does not move, for the noise of dropout.
_LAST, _HIGHEST = 1.1, 1.5

#: Mean from which on a target is far from one that is standardised, and factor between
#: its standard deviation and 1; deviation, relative to the mean, that is rounding.
_FAR, _CONSTANT = 2, 1e-8

#: Sum of all step sizes below which no network moves.
_LEAST_WAY = 0.01

#: Times as many epochs that are advised.
_MORE_EPOCHS = 10


def remedies(
    estimator: Any,
    losses: list[float],
    n_updates: int,
    rate: float,
    y: np.ndarray,
    weight: np.ndarray,
) -> list[str]:
    """Say what to try, what helps most first.

    The history of the loss tells the causes apart:

    - it was once far above that of a guess: the steps are too large, for the rate, the
      columns or the weights;
    - else the target of a regressor is not of the size in which networks answer: it is
      to be scaled, and nothing else helps as much;
    - else the last epoch is still the best, or all are alike, after fewer or smaller
      steps than is usual: whichever is further from it;
    - else the steps are too large after all.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Whose training failed.
    losses : list of float
        Loss of each epoch.
    n_updates : int
        Updates of the weights, together.
    rate : float
        Step size.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Encoded targets.
    weight : ndarray of shape (n_samples,)
        Their weights in the loss.

    Returns
    -------
    list of str
        Each completes "Try ...".
    """
    classifies = is_classifier(estimator)
    if classifies:
        guess = np.log(len(estimator.classes_)) * weight.mean()
    else:
        guess = 1 + mean_square(y, weight)
    if max(losses) > _ASTRAY * guess:
        return _smaller_steps(estimator, rate)
    if not classifies and (target := far_from_standard(y)) is not None:
        wrapped = (
            f"sklearn.compose.TransformedTargetRegressor(est, "
            f"transformer=StandardScaler()), est being this estimator or the Pipeline "
            f"around it, because {target}"
        )
        if rate * n_updates < _LEAST_WAY:
            wrapped += f", and with it {_larger(estimator, rate)}"
        return [wrapped]
    lowest = min(losses)
    slow = _usual_rate(estimator) > rate * _LEAST_LACK
    if not slow and n_updates >= _USUAL_UPDATES:
        return _smaller_steps(estimator, rate)
    if losses[-1] <= _LAST * lowest or max(losses) <= _HIGHEST * lowest:
        return _more_steps(estimator, rate, len(losses), n_updates)
    return _smaller_steps(estimator, rate)


def mean_square(y: np.ndarray, weight: np.ndarray) -> float:
    """Loss of always answering 0, averaged over the targets; infinite if too large."""
    with np.errstate(over="ignore"):
        return float(np.average(y.astype(float) ** 2, 0, weight).mean())


def far_from_standard(y: np.ndarray) -> str | None:
    """Say how far a target is from mean 0 and standard deviation 1.

    A network answers in numbers of about that size before it is trained. What
    ``StandardScaler`` returns is never far, whatever the weights of the rows.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_targets)
        Targets, of which those that do not vary may be of any spread.

    Returns
    -------
    str or None
        A clause about the target that is farthest; None if none is far.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.neural_network._checks.remedies import far_from_standard
    >>> far_from_standard(np.array([[-1.0], [1.0]]))
    >>> far_from_standard(np.array([[90.0], [110.0]]))
    'the target has mean 100 and standard deviation 10, far from 0 and 1'
    """
    with np.errstate(over="ignore", invalid="ignore"):
        y = y.astype(float)
        means, spreads = y.mean(axis=0), y.std(axis=0)
        varying = np.where(spreads > _CONSTANT * np.abs(means), spreads, 1)
        sizes = np.maximum.reduce([np.abs(means), varying, 1 / varying])
    if not (far := sizes > _FAR).any():
        return None
    worst = int(np.where(far, sizes, 0).argmax())
    which = "the target" if y.shape[1] == 1 else f"target {worst}"
    return (
        f"{which} has mean {means[worst]:.3g} and standard deviation "
        f"{spreads[worst]:.3g}, far from 0 and 1"
    )


def _usual_rate(estimator: Any) -> float:
    name = estimator.optimizer
    name = name if isinstance(name, str) else type(name).__name__
    return _USUAL_RATES.get(name.lower(), _USUAL_RATE)


def _larger(estimator: Any, rate: float) -> str:
    usual = _usual_rate(estimator)
    such = f", such as {usual:g}" if rate < usual * (1 - _ROUNDING) else ""
    return f"{_rate_of(estimator)} above {rate:g}{such}"


def _more_steps(
    estimator: Any, rate: float, n_epochs: int, n_updates: int
) -> list[str]:
    lacking = _USUAL_UPDATES / n_updates
    more = math.ceil(n_epochs * max(_MORE_EPOCHS, lacking))
    epochs = f"more than {n_epochs} epochs, such as {more}"
    advice = [epochs, _larger(estimator, rate)]
    return (
        advice[::-1]
        if _usual_rate(estimator) / rate > max(lacking, _LEAST_LACK)
        else advice
    )


def _smaller_steps(estimator: Any, rate: float) -> list[str]:
    value = scaler_value(scaler := estimator.scaler)
    bounded = scaler_names(bounded=True)
    names = [n for n in ("standard", *bounded) if n not in (value, scaler)]
    scalers = f"another scaler, such as {alternatives(names)}"
    weights = []
    if is_classifier(estimator) and estimator.class_weight is not None:
        largest = estimator.class_weight_.max()
        weights.append(f"class weights below {largest:.3g}, their largest")
    rates = f"{_rate_of(estimator)} below {rate:g}"
    if rate > (usual := _usual_rate(estimator)) * (1 + _ROUNDING):
        return [f"{rates}, such as {usual:g}", scalers, *weights]
    if scaler in bounded:
        return [*weights, rates, scalers]
    return [scalers, *weights, rates]


def _rate_of(estimator: Any) -> str:
    """Name of the step size: an optimizer that is an instance keeps its own."""
    named = isinstance(estimator.optimizer, str)
    return "a learning_rate" if named else "a learning_rate of the optimizer"
