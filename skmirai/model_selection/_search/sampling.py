"""Samplers learn from the trials that lie in the space."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from skmirai.model_selection._search.trials import is_outside


@contextmanager
def learning_inside(study: optuna.Study) -> Iterator[None]:
    """Keep a trial of defaults that the space does not hold from the sampler's eyes.

    Such a trial sets no parameter. Samplers that draw all parameters at once, as those
    by Gaussian processes or evolution do, draw those that all trials have set, and
    would have none left. The study's sampler is given back.
    """
    sampler = study.sampler
    if any(map(is_outside, study.get_trials(deepcopy=False))):
        study.sampler = _LearnsInside(sampler)
    try:
        yield
    finally:
        study.sampler = sampler


class _Inside(optuna.Study):
    """A study without the trials that lie outside of the space."""

    def __init__(self, study: optuna.Study) -> None:
        self._whole = study
        self._storage = _InsideStorage(study._storage)  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)  # Hyperband's study has no __dict__

    def get_trials(self, *args: Any, **kwargs: Any) -> list[Any]:
        return _inside(self._whole.get_trials(*args, **kwargs))

    def _get_trials(self, *args: Any, **kwargs: Any) -> list[Any]:
        return _inside(self._whole._get_trials(*args, **kwargs))

    def stop(self) -> None:
        self._whole.stop()


class _InsideStorage:
    """The storage of such a study, where some samplers look."""

    def __init__(self, storage: optuna.storages.BaseStorage) -> None:
        self._whole = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def get_all_trials(self, *args: Any, **kwargs: Any) -> list[Any]:
        return _inside(self._whole.get_all_trials(*args, **kwargs))


def _inside(trials: list[Any]) -> list[Any]:
    return [trial for trial in trials if not is_outside(trial)]


class _LearnsInside(optuna.samplers.BaseSampler):
    """Another sampler, to which the study looks like that."""

    def __init__(self, sampler: optuna.samplers.BaseSampler) -> None:
        self._sampler = sampler

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        if is_outside(trial):
            return {}
        return self._sampler.infer_relative_search_space(_Inside(study), trial)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        if is_outside(trial):
            return {}
        return self._sampler.sample_relative(_Inside(study), trial, search_space)

    def sample_independent(self, study: Any, trial: Any, *param: Any) -> Any:
        return self._sampler.sample_independent(_Inside(study), trial, *param)

    def before_trial(self, study: Any, trial: Any) -> None:
        if not is_outside(trial):
            self._sampler.before_trial(_Inside(study), trial)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        if not is_outside(trial):
            self._sampler.after_trial(_Inside(study), trial, state, values)

    def reseed_rng(self) -> None:
        self._sampler.reseed_rng()
