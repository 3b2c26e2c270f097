"""How estimators are taken apart for files, and put together again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Most processes that an estimator in a file may start.
MOST_JOBS = 1_024

#: Values by name, in named parts.
Parts = dict[str, dict[str, Any]]


class UnknownValueError(TypeError):
    """A value that cannot be written.

    Attributes
    ----------
    path : tuple of str
        Names that lead to it.
    remedy : str
        What to do about it, where that is known.
    """

    def __init__(self, path: tuple[str, ...], what: str, remedy: str = "") -> None:
        super().__init__(f"{': '.join(path)} {what}")
        self.path = path
        self.remedy = remedy


@dataclass(frozen=True)
class Form:
    """How the estimators of a class are taken apart and put together again.

    Attributes
    ----------
    parts_of : callable
        Returns named parts of an estimator, each of values by name.
    put_together : callable
        Takes a class and such parts, which may hold anything that a file holds;
        returns the estimator, or raises if they are not right.
    most : int or None, default=None
        Most estimators of a class in a file, as in `Kind`.
    """

    parts_of: Callable[[Any], Parts]
    put_together: Callable[[type, Parts], Any]
    most: int | None = None


def _params_and_state(estimator: Any) -> Parts:
    params = estimator.get_params(deep=False)
    state = {k: v for k, v in vars(estimator).items() if k not in params}
    _check_params(params)
    return {"params": params, "state": state}


def _from_params_and_state(cls: type, parts: Parts) -> Any:
    if parts.keys() != {"params", "state"}:
        raise ValueError(f"{cls.__name__} needs its params and state")
    params, state = parts["params"], parts["state"]
    _check_params(params)
    estimator = cls(**params)
    own = vars(estimator).keys() - estimator.get_params(deep=False).keys()
    for name in state.keys() - own:
        if name.startswith("__") or hasattr(estimator, name):
            raise ValueError(f"{name!r} is no fitted attribute of {cls.__name__}")
    vars(estimator).update(state)
    return estimator


def _check_params(params: dict[str, Any]) -> None:
    """Refuse what would reach beyond the estimator once it is used."""
    if params.get("memory") is not None:
        raise UnknownValueError(
            ("memory",),
            "is a cache of pickles on the disk, which cannot be saved",
            "set it to None",
        )
    n_jobs = params.get("n_jobs")
    if n_jobs is not None and not -MOST_JOBS <= n_jobs <= MOST_JOBS:
        raise UnknownValueError(
            ("n_jobs",),
            f"is {n_jobs}; files hold at most {MOST_JOBS:,} jobs",
            "set it to fewer",
        )


#: Form of scikit-learn's own estimators.
PARAMS_AND_STATE = Form(_params_and_state, _from_params_and_state)
