"""The pruner of a search by rungs: at each of them about half of the trials end."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
else:
    from skmirai.utils import import_optional

    BasePruner = import_optional(
        "optuna.pruners", extra="tune", purpose="a search"
    ).BasePruner

#: User attribute of the trial that no pruner may end.
PROTECTED = "defaults"


class HalvingPruner(BasePruner):
    """Asynchronous successive halving over the steps that trials report.

    A trial goes on if its score is among the best of all that have reported at this
    step so far, this one included; at their number times ``keep``, rounded up. So it
    never waits for others [1]_. Unlike the pruner of the same idea in Optuna, it takes
    the steps as they come, whatever their distances.

    Parameters
    ----------
    keep : float, default=0.5
        Share of the trials that go on at each step, in (0, 1].

    References
    ----------
    .. [1] L. Li et al., "A system for massively parallel hyperparameter tuning",
       MLSys 2020.
    """

    def __init__(self, keep: float = 0.5) -> None:
        self._keep = keep

    def prune(self, study: Any, trial: Any) -> bool:
        """Tell whether a trial ends after its last report."""
        step = trial.last_step
        if step is None:
            return False
        mine = trial.intermediate_values[step]
        others = [
            other.intermediate_values[step]
            for other in study.get_trials(deepcopy=False)
            if step in other.intermediate_values and other.number != trial.number
        ]
        better = sum(value > mine for value in others)
        return better >= math.ceil(self._keep * (len(others) + 1))
