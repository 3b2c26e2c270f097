"""A sampler whose draws follow from a seed and the number of the trial."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.model_selection._search.lost_trials import no_experimental_warnings

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
else:
    from skmirai.utils import import_optional

    BaseSampler = import_optional(
        "optuna.samplers", extra="tune", purpose="searches"
    ).BaseSampler


class NumberedTPESampler(BaseSampler):
    """A TPE sampler for each trial, seeded with a seed and the trial's number.

    One sampler that all trials share begins its draws anew in each process: the workers
    of a study, and a search that goes on, would draw what was drawn before.

    Parameters
    ----------
    seed : int
        Seed of all draws.
    constant_liar : bool, default=False
        Keep away from trials that run, as :class:`optuna.samplers.TPESampler` can.
    """

    def __init__(self, seed: int, *, constant_liar: bool = False) -> None:
        self._seed, self._constant_liar = seed, constant_liar
        self._samplers: dict[int, BaseSampler] = {}

    def before_trial(self, study: Any, trial: Any) -> None:
        """Make the sampler of a trial."""
        import optuna

        (seed,) = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
        with no_experimental_warnings():  # until Optuna 5
            sampler = optuna.samplers.TPESampler(
                seed=int(seed), constant_liar=self._constant_liar
            )
        self._samplers[trial.number] = sampler
        sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        """Return what is drawn at once."""
        return self._samplers[trial.number].infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Any, trial: Any, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        """Draw what is drawn at once."""
        return self._samplers[trial.number].sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Any, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        """Draw one parameter."""
        return self._samplers[trial.number].sample_independent(
            study, trial, param_name, param_distribution
        )

    def after_trial(
        self, study: Any, trial: Any, state: Any, values: Sequence[float] | None
    ) -> None:
        """Forget the sampler of a trial; those of dead workers have none here."""
        self._samplers.pop(trial.number, None)
