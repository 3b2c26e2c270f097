"""What a trial chooses from, whatever way it was written down."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from skmirai.model_selection._search.words import in_short, in_words
from skmirai.utils import import_optional

#: Values that Optuna's storages keep as they are.
_PLAIN = (bool, int, float, str, type(None))

#: How often a function is asked for the defaults, which may go through its branches.
_MOST_QUESTIONS = 10


class Space(Protocol):
    """Source of the parameters of a trial."""

    @property
    def names(self) -> list[str] | None:
        """Parameters that it may set; None if only its trials tell."""
        ...

    @property
    def description(self) -> Any:
        """What tells spaces apart, for JSON."""
        ...

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Parameters of a trial: one that runs, or one of a study that is over."""
        ...

    def values_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What a trial has to draw, by Optuna's names, to come out at parameters.

        Parameters that lie outside of the space are left out.
        """
        ...


class Dimension:
    """One parameter: an Optuna distribution, and what its draws stand for.

    Parameters
    ----------
    distribution : optuna.distributions.BaseDistribution
        What Optuna draws from.
    meaning : callable, default=None
        Turns a draw into a value of the parameter; None is the draw itself.
    draws : sequence of (draw, value), default=()
        Draws whose value is no draw itself.
    """

    def __init__(
        self,
        distribution: Any,
        meaning: Callable[[Any], Any] | None = None,
        draws: Sequence[tuple[Any, Any]] = (),
    ) -> None:
        self.distribution, self._meaning, self._draws = distribution, meaning, draws

    def suggest(self, trial: Any, name: str) -> Any:
        """Value of the parameter in a trial."""
        optuna = _distributions()
        what = self.distribution
        if isinstance(what, optuna.CategoricalDistribution):
            draw = trial.suggest_categorical(name, what.choices)
        elif isinstance(what, optuna.IntDistribution):
            draw = trial.suggest_int(
                name, what.low, what.high, step=what.step, log=what.log
            )
        else:
            draw = trial.suggest_float(
                name, what.low, what.high, step=what.step, log=what.log
            )
        value = draw if self._meaning is None else self._meaning(draw)
        return clone(value, safe=False)

    def draws_of(self, value: Any) -> list[Any]:
        """Draws that have a value: one, or none."""
        if self._meaning is not None:
            return [draw for draw, other in self._draws if is_same(other, value)][:1]
        what, optuna = self.distribution, _distributions()
        if isinstance(what, optuna.CategoricalDistribution):
            return [draw for draw in what.choices if is_same(draw, value)][:1]
        number = isinstance(value, int | float | np.number)
        if not number or isinstance(value, bool):
            return []
        whole = float(value).is_integer()
        if isinstance(what, optuna.IntDistribution) and not whole:
            return []
        inside = what.low <= value <= what.high
        if inside and what.step is not None:
            steps = (value - what.low) / what.step
            inside = abs(steps - round(steps)) < 1e-8
        return [value] if inside else []


class NamedSpace:
    """Parameters by name, all of them drawn in every trial.

    Parameters
    ----------
    space : mapping of str to object
        Optuna distributions, lists of values, or frozen distributions of SciPy.
    prefix : str, default=""
        Put in front of Optuna's names of the parameters.
    """

    def __init__(self, space: Mapping[str, Any], prefix: str = "") -> None:
        self._dimensions = {name: dimension(name, what) for name, what in space.items()}
        self._prefix = prefix

    @property
    def names(self) -> list[str]:
        """Parameters that it sets."""
        return list(self._dimensions)

    @property
    def description(self) -> dict[str, str]:
        """Distributions by name."""
        return {name: str(part.distribution) for name, part in self._dimensions.items()}

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Parameters of a trial."""
        return {
            name: part.suggest(trial, self._prefix + name)
            for name, part in self._dimensions.items()
        }

    def values_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Draws by Optuna's names."""
        return {
            self._prefix + name: draw
            for name, part in self._dimensions.items()
            if name in params
            for draw in part.draws_of(params[name])
        }


class SeveralSpaces:
    """One of several spaces, which a trial chooses first."""

    _NAME = "space"

    def __init__(self, spaces: Sequence[Mapping[str, Any]]) -> None:
        self._spaces = [
            NamedSpace(space, f"{number}:") for number, space in enumerate(spaces)
        ]

    @property
    def names(self) -> list[str]:
        """Parameters that any of them sets."""
        return list(dict.fromkeys(n for space in self._spaces for n in space.names))

    @property
    def description(self) -> list[dict[str, str]]:
        """Distributions by name, space by space."""
        return [space.description for space in self._spaces]

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Parameters of a trial."""
        number = trial.suggest_categorical(self._NAME, range(len(self._spaces)))
        return self._spaces[number].suggest(trial)

    def values_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Draws by Optuna's names: of the first space that holds all parameters."""
        for number, space in enumerate(self._spaces):
            values = space.values_of(params)
            if len(values) == len(space.names):
                return {self._NAME: number, **values}
        return {}


class FreeSpace:
    """What a function of the trial returns."""

    names = None

    def __init__(self, function: Callable[[Any], Mapping[str, Any]]) -> None:
        self._function = function

    @property
    def description(self) -> str:
        """Name of the function."""
        return getattr(self._function, "__qualname__", type(self._function).__name__)

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Parameters of a trial, which must follow from what is drawn from it."""
        params, again = self._asked(trial), self._asked(trial)
        if in_words(params) != in_words(again):
            raise ValueError(
                f"space={self._function!r} returned {params!r} and then {again!r} for "
                f"the same trial; draw all that differs between trials from the trial, "
                f"by its methods suggest_..."
            )
        return params

    def _asked(self, trial: Any) -> dict[str, Any]:
        params = self._function(trial)
        if not isinstance(params, Mapping):
            raise TypeError(
                f"space={self._function!r} returned {params!r}; it must return a dict "
                f"of parameters by name"
            )
        return dict(params)

    def values_of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Draws of the same names as the parameters.

        Which draws there are depends on those before: it asks until that is settled.
        """
        optuna = import_optional("optuna", extra="tune", purpose="a search")
        values: dict[str, Any] = {}
        for _ in range(_MOST_QUESTIONS):
            study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
            study.enqueue_trial(values)
            trial = study.ask()
            with suppress(optuna.TrialPruned):
                self.suggest(trial)
            found = {
                name: draw
                for name, distribution in trial.distributions.items()
                if name in params
                for draw in Dimension(distribution).draws_of(params[name])
            }
            if found == values:
                break
            values = found
        return values


def space_of(space: Any) -> Space:
    """Turn the ``space`` of a search into one object.

    Parameters
    ----------
    space : mapping, list of mappings or callable
        As :class:`MiraiSearchCV` takes it.

    Returns
    -------
    Space
        It draws, and knows which draws stand for given parameters.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, or a parameter has nothing to choose from.
    """
    if isinstance(space, Mapping):
        return NamedSpace(space)
    if isinstance(space, list | tuple):
        if space and all(isinstance(each, Mapping) for each in space):
            return SeveralSpaces(space)
    elif callable(space):
        return FreeSpace(space)
    raise TypeError(
        f"space={space!r} must be a dict of parameters by name, a list of such dicts, "
        f"a function of an Optuna trial that returns such a dict of values, or None"
    )


def dimension(name: str, what: Any) -> Dimension:
    """Turn what one parameter is chosen from into a dimension.

    Raises
    ------
    TypeError, ValueError
        If it is no distribution and no list, or empty.
    """
    optuna = _distributions()
    if isinstance(what, optuna.BaseDistribution):
        return Dimension(what)
    if hasattr(what, "ppf"):
        return _of_scipy(what)
    ordered = isinstance(what, Sequence) or hasattr(what, "__array__")
    if isinstance(what, str) or not ordered:
        raise TypeError(
            f"space[{name!r}]={what!r} must be a list of values, an Optuna "
            f"distribution or a frozen distribution of SciPy with a method ppf"
        )
    values = [x.item() if isinstance(x, np.generic) else x for x in what]
    if not values:
        raise ValueError(f"space[{name!r}] is empty; give at least one value")
    if all(type(value) in _PLAIN for value in values) and _all_differ(values):
        return Dimension(optuna.CategoricalDistribution(values))
    labels = [f"{number}: {in_short(value)}" for number, value in enumerate(values)]
    by_label = dict(zip(labels, values, strict=True))
    return Dimension(
        optuna.CategoricalDistribution(labels),
        by_label.__getitem__,
        list(by_label.items()),
    )


def _all_differ(values: list[Any]) -> bool:
    """Tell whether Optuna can tell plain values apart: 1, 1.0 and True it cannot."""
    return len({*values}) == len(values)


def _of_scipy(what: Any) -> Dimension:
    """Dimension of a frozen distribution: Optuna's own kind, or its quantiles."""
    optuna = _distributions()
    kind = getattr(getattr(what, "dist", None), "name", "")
    low, high = (float(end) for end in what.support())
    if kind == "uniform" and low < high:
        return Dimension(optuna.FloatDistribution(low, high))
    shifted = not np.isclose(what.ppf(0.5) ** 2, low * high)
    if kind in ("loguniform", "reciprocal") and low < high and not shifted:
        return Dimension(optuna.FloatDistribution(low, high, log=True))
    if kind == "randint":
        return Dimension(optuna.IntDistribution(int(low), int(high)))
    whole = hasattr(what, "pmf") or hasattr(getattr(what, "dist", None), "pmf")

    def at(share: float) -> Any:
        value = what.ppf(share)
        return int(value) if whole else float(value)

    least = 1e-9  # both ends may be infinite
    return Dimension(optuna.FloatDistribution(least, 1 - least), at)


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same: 1 is neither 1.0 nor True."""
    return one is other or (type(one) is type(other) and repr(one) == repr(other))


def check_names(names: Sequence[str], estimator: Any) -> None:
    """Insist that an estimator has the parameters of a space.

    Those of a parameter that the space itself replaces are known in its trials only.
    """
    known = estimator.get_params()
    for name in names:
        head = name.rpartition("__")[0]
        if name in known or any(
            head == other or head.startswith(f"{other}__") for other in names
        ):
            continue
        own = name.rpartition("__")[2]
        steps = [each for each in known if each.endswith(f"__{own}")]
        close = steps[:3] or get_close_matches(name, known, n=1)
        hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise ValueError(
            f"space has {name!r}, which is no parameter of "
            f"{type(estimator).__name__}; {hint}estimator.get_params() lists all"
        )


def _distributions() -> Any:
    return import_optional("optuna.distributions", extra="tune", purpose="a search")
