"""The estimator's own parameters as the first trial of a study."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import optuna

from skmirai.model_selection._search.lost_trials import MAX_RETRIES
from skmirai.model_selection._search.pruning import PROTECTED
from skmirai.model_selection._search.quiet import quiet_optuna
from skmirai.model_selection._search.spaces import Space, is_same
from skmirai.model_selection._search.trials import AS_THEY_ARE, DRAWN, Trials, counts


def queue_defaults(study: optuna.Study, trials: Trials) -> None:
    """Make the parameters of the estimator as it is the next trial of a study.

    It is the first one of a new study; where it was interrupted, the search that goes
    on begins with it. Where the space holds them, the sampler learns from them as from
    any other trial.
    """
    known = [
        trial
        for trial in study.get_trials(deepcopy=False)
        if PROTECTED in trial.user_attrs
    ]
    waiting = optuna.trial.TrialState.WAITING
    if len(known) > MAX_RETRIES or any(
        trial.state == waiting or counts(trial) for trial in known
    ):
        return
    own = trials.estimator.get_params()
    draws, params = drawn_at(trials.space, own)
    if params is not None and all(
        name in own and is_same(own[name], value) for name, value in params.items()
    ):
        study.enqueue_trial(draws, user_attrs={PROTECTED: DRAWN})
    else:
        study.enqueue_trial({}, user_attrs={PROTECTED: AS_THEY_ARE})


def drawn_at(
    space: Space, own: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Draw from a space as near to given parameters as it comes.

    Parameters
    ----------
    space : Space
        What is drawn from.
    own : mapping of str to object
        Parameters.

    Returns
    -------
    draws : dict of str to object
        All that was drawn, by Optuna's names.
    params : dict of str to object or None
        The parameters that it stands for; those that the space does not hold are drawn
        at random. None if a function prunes the trial.
    """
    with quiet_optuna():
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        study.enqueue_trial(space.values_of(own))
        trial = study.ask()
        params = None
        with suppress(optuna.TrialPruned):
            params = space.suggest(trial)
    return trial.params, params
