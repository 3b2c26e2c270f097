"""One trial: a network on each fold, rung by rung, until it is pruned or at the end."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import optuna
from sklearn import config_context
from sklearn.base import clone

from skmirai.model_selection._search.folds import Folds, FoldScores
from skmirai.model_selection._search.lost_trials import mark_owner
from skmirai.model_selection._search.pruning import PROTECTED
from skmirai.model_selection._search.rungs import LastStep, last_step
from skmirai.model_selection._search.spaces import Space
from skmirai.model_selection._search.workers import Workers

#: User attributes of a trial: what it came to at each rung, that a fit failed, and the
#: number of one with the same parameters.
RUNGS, FAILED, SAME_AS = "rungs", "failed", "same_as"

#: How the defaults of the estimator became a trial: as a point of the space, or beside
#: it, with no parameter set.
DRAWN, AS_THEY_ARE = "drawn", "as they are"


class OneTooManyError(Exception):
    """Several workers began a trial where one was left."""


class FitFailedError(Exception):
    """A trial has no score, since a fit or a scoring of it failed."""


@dataclass(frozen=True)
class Rung:
    """Scores of all folds after so many epochs, as a study keeps them.

    Attributes
    ----------
    epochs : int or None
        Epochs behind them; None if the estimator was trained as it is.
    scores : list of dict
        Fields of :class:`FoldScores`, fold by fold.
    """

    epochs: int | None
    scores: list[dict[str, Any]]

    def mean(self, metric: str | None) -> float:
        """Mean test score over the folds, of one metric if there are several."""
        return float(np.mean([score_of(fold, metric) for fold in self.scores]))


def score_of(fold: Mapping[str, Any], metric: str | None) -> float:
    """Test score of a fold, of one metric if there are several."""
    found = fold["test_scores"]
    if not isinstance(found, Mapping):
        return found
    return found[metric] if metric in found else next(iter(found.values()))


def rungs_seen(trial: Any) -> list[Rung]:
    """Rungs that a trial of a study has reached."""
    return [Rung(**rung) for rung in trial.user_attrs.get(RUNGS, ())]


def best_rung(trial: Any, metric: str | None) -> Rung:
    """The rung of the highest mean score, the earliest of equal ones."""
    seen = [rung for rung in rungs_seen(trial) if not math.isnan(rung.mean(metric))]
    if not seen:
        return rungs_seen(trial)[-1]
    return max(seen, key=lambda rung: rung.mean(metric))


def counts(trial: Any) -> bool:
    """Tell whether a trial is one of those asked for: over, or at work."""
    states = optuna.trial.TrialState
    if trial.state == states.FAIL:
        return FAILED in trial.user_attrs
    return trial.state in (states.COMPLETE, states.PRUNED, states.RUNNING)


def is_outside(trial: Any) -> bool:
    """Tell whether a trial is that of defaults which the space does not hold."""
    return trial.user_attrs.get(PROTECTED) == AS_THEY_ARE


@dataclass
class Trials:
    """Runs trials; an objective of Optuna.

    Parameters
    ----------
    estimator : estimator
        What is searched for.
    space : Space
        What its parameters are drawn from.
    folds : Folds
        What it is trained and scored on.
    rungs : tuple of int or None
        Epochs after which trials are judged; None if each fold is a report.
    metric : str or None
        Score that decides, if there are several.
    workers : Workers
        Train folds.
    check : callable
        Is given the test scores of a fold, and raises if they cannot be used.
    n_trials : int or None
        Trials that are asked for, those of other workers included.
    config : dict
        Global configuration of scikit-learn, for threads.
    stopped : bool, default=False
        Whether an interrupt has come: no fold is trained any more.
    begun : set of int
        Numbers of the trials that were begun here.
    """

    estimator: Any
    space: Space
    folds: Folds
    rungs: tuple[int, ...] | None
    metric: str | None
    workers: Workers
    check: Callable[[Any], None]
    n_trials: int | None
    config: dict[str, Any]
    stopped: bool = False
    begun: set[int] = field(default_factory=set)

    def __call__(self, trial: "optuna.Trial") -> float:
        """Run a trial; its value is the mean score at its best rung."""
        earlier = [
            other
            for other in trial.study.get_trials(deepcopy=False)
            if other.number < trial.number and counts(other)
        ]
        if self.n_trials is not None and len(earlier) >= self.n_trials:
            raise OneTooManyError
        if PROTECTED in trial.user_attrs and any(
            PROTECTED in other.user_attrs for other in earlier
        ):
            raise OneTooManyError  # two workers queued the defaults of a new study
        self.begun.add(trial.number)
        mark_owner(trial)
        with config_context(**self.config):
            params = self.params_of(trial)
            if known := self._known(trial, earlier):
                return self._like(known, trial)
            estimator = with_params(self.estimator, params)
            found = last_step(estimator)
            own = f"{found.prefix}epochs" in params
            if self.rungs is None or found.why_not or own:
                reports = self.rungs is None
                return self._fold_by_fold(trial, estimator, reports=reports)
            return self._rung_by_rung(trial, estimator, found)

    def params_of(self, trial: Any) -> dict[str, Any]:
        """Parameters that a trial sets, without those of its rungs."""
        if is_outside(trial):
            return {}
        return self.space.suggest(trial)

    def _known(self, trial: Any, earlier: Sequence[Any]) -> Any:
        """Return the trial that came out at the same parameters before, or None."""
        mine = trial.params, is_outside(trial)
        for other in earlier:
            same = (other.params, is_outside(other)) == mine and rungs_seen(other)
            pruned = other.state == optuna.trial.TrialState.PRUNED
            may_end = not (pruned and PROTECTED in trial.user_attrs)
            if same and other.state.is_finished() and may_end:
                return other
        return None

    def _like(self, known: Any, trial: Any) -> float:
        """Take over what another trial came to."""
        trial.set_user_attr(RUNGS, known.user_attrs[RUNGS])
        trial.set_user_attr(SAME_AS, known.number)
        for step, score in known.intermediate_values.items():
            trial.report(score, step)
        if known.state == optuna.trial.TrialState.PRUNED:
            raise optuna.TrialPruned
        if known.value is None:
            trial.set_user_attr(FAILED, True)
            raise FitFailedError
        return known.value

    def _rung_by_rung(self, trial: Any, estimator: Any, found: LastStep) -> float:
        assert self.rungs is not None
        estimator.set_params(**horizon(found, self.rungs))
        fits = [clone(estimator) for _ in range(len(self.folds))]
        seen: list[Rung] = []
        behind = 0
        for epochs in self.rungs:
            how = {"warm_start": True, "epochs": epochs - behind}
            how = {found.prefix + name: value for name, value in how.items()}
            done = self._train([(fit, n, how) for n, fit in enumerate(fits)])
            fits = [fit for fit, _ in done]
            scores = [each for _, each in done]
            seen.append(self._keep(trial, seen, epochs, scores))
            score = seen[-1].mean(self.metric)
            if math.isnan(score):
                break
            self._report(trial, score, epochs, last=epochs == self.rungs[-1])
            if any(each.fit_error for each in scores):
                break  # where it stands, nobody knows
            behind = epochs
        return self._value(trial, seen)

    def _fold_by_fold(self, trial: Any, estimator: Any, *, reports: bool) -> float:
        jobs = [(clone(estimator), n, None) for n in range(len(self.folds))]
        parts = [jobs] if self.workers.together else [[job] for job in jobs]
        scores: list[FoldScores] = []
        for part in parts:
            scores += [found for _, found in self._train(part)]
            rung = self._keep(trial, [], None, scores)
            value = self._value(trial, [rung])
            if reports:
                last = len(scores) == len(self.folds)
                self._report(trial, value, len(scores), last=last)
        return value

    def _train(self, jobs: Sequence[Any]) -> list[tuple[Any, FoldScores]]:
        self._check_going()
        done = self.workers.train(jobs)
        self._check_going()  # a fit that is interrupted may keep what it has
        self.check(done[0][1].test_scores)
        return done

    def _check_going(self) -> None:
        if self.stopped:
            raise KeyboardInterrupt

    def _keep(
        self,
        trial: Any,
        seen: list[Rung],
        epochs: int | None,
        scores: Sequence[FoldScores],
    ) -> Rung:
        """Write the scores of all folds at a rung to the study."""
        rung = Rung(epochs, [asdict(each) for each in scores])
        trial.set_user_attr(RUNGS, [asdict(each) for each in (*seen, rung)])
        return rung

    def _value(self, trial: Any, seen: Sequence[Rung]) -> float:
        """Score at the best rung."""
        scores = [rung.mean(self.metric) for rung in seen]
        known = [score for score in scores if not math.isnan(score)]
        if not known:
            trial.set_user_attr(FAILED, True)
            raise FitFailedError
        return max(known)

    def _report(self, trial: Any, score: float, step: int, *, last: bool) -> None:
        """Tell the study a score; a trial may end here, unless that saves nothing."""
        trial.report(score, step)
        if not last and PROTECTED not in trial.user_attrs and trial.should_prune():
            raise optuna.TrialPruned


def with_params(estimator: Any, params: Mapping[str, Any]) -> Any:
    """Clone of an estimator with other parameters."""
    return clone(estimator).set_params(**clone(dict(params), safe=False))


def horizon(found: LastStep, rungs: Sequence[int]) -> dict[str, Any]:
    """Parameter that lets a falling step size end at the last rung."""
    params = found.step.get_params(deep=False)
    falls = params["learning_rate_schedule"] != "constant"
    if not falls or params["schedule_epochs"] is not None:
        return {}
    return {f"{found.prefix}schedule_epochs": rungs[-1]}
