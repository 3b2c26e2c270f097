"""Trials end at the rungs where they are told to, and nowhere else."""

import math

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV
from skmirai.model_selection._search.pruning import HalvingPruner
from tests.model_selection.search.curves import Curve, Log, curve

optuna = pytest.importorskip("optuna")

RUNGS = (1, 3, 9)
HEIGHTS = [float(n) for n in np.random.default_rng(0).permutation(40) / 10]


def in_order(heights):
    """A space whose trials go through heights in their order."""
    return lambda trial: {
        "height": heights[trial.suggest_int("number", 0, len(heights) - 1)]
    }


class InOrder(optuna.samplers.RandomSampler):
    """Draws the number of the trial."""

    def sample_independent(self, study, trial, name, distribution):
        return trial.number - 1


def search_of(heights, **options):
    return MiraiSearchCV(
        Curve(log=Log(), height=-1.0),
        in_order(heights),
        n_trials=len(heights) + 1,
        sampler=InOrder(),
        cv=2,
        rungs=RUNGS,
        **options,
    )


def halved(heights, keep):
    """Number of rungs that each trial comes to, by the words of the rule."""
    seen = {rung: [] for rung in RUNGS}
    reached = []
    for number, height in enumerate(heights):
        reached.append(0)
        for rung in RUNGS:
            reached[-1] += 1
            score = curve(height, 100, rung)
            seen[rung].append(score)
            best = sorted(seen[rung])[-math.ceil(keep * len(seen[rung])) :]
            if number > 0 and score not in best:
                break
    return reached


@pytest.mark.parametrize("keep", [0.2, 0.5, 1.0])
def test_halving_is_what_its_words_say(keep, data):
    pruner = None if keep == 0.5 else HalvingPruner(keep)
    search = search_of(HEIGHTS, pruner=pruner).fit(*data)
    expected = halved([-1.0, *HEIGHTS], keep)
    reached = [len(trial.user_attrs["rungs"]) for trial in search.trials_]
    assert reached == expected
    assert search.cv_results_["pruned"].tolist() == [n < 3 for n in expected]
    assert [trial.state.name == "PRUNED" for trial in search.trials_] == [
        n < 3 for n in expected
    ]
    if keep == 1.0:
        assert not search.cv_results_["pruned"].any()


def test_no_epoch_is_trained_twice(data):
    search = search_of(HEIGHTS[:12], refit=False).fit(*data)
    expected = []
    for height, n_rungs in zip(
        [-1.0, *HEIGHTS[:12]], halved([-1.0, *HEIGHTS[:12]], 0.5), strict=True
    ):
        for epochs in (1, 2, 6)[:n_rungs]:
            expected += 2 * [(height, epochs)]
    assert search.estimator.log == expected


def test_pruned_trials_are_marked_and_share_the_last_rank(data):
    search = search_of(HEIGHTS).fit(*data)
    results = search.cv_results_
    pruned = results["pruned"]
    assert 0 < pruned.sum() < len(pruned)
    ranks = results["rank_test_score"]
    assert ranks.dtype == np.int32
    assert len({*ranks[pruned]}) == 1
    assert ranks[pruned][0] == (~pruned).sum() + 1
    finished = np.sort(results["mean_test_score"][~pruned])[::-1]
    np.testing.assert_array_equal(
        ranks[~pruned],
        1 + np.searchsorted(-finished, -results["mean_test_score"][~pruned]),
    )
    assert ranks[search.best_index_] == 1
    assert not pruned[search.best_index_]


def test_a_pruned_trial_never_wins(data):
    """Even where its score so far is the highest of all."""
    above = optuna.pruners.ThresholdPruner(upper=3.0)
    search = search_of([1.0, 5.0, 2.0], pruner=above).fit(*data)
    assert search.cv_results_["mean_test_score"].argmax() == 2
    assert search.cv_results_["pruned"].tolist() == [False, False, True, False]
    assert search.best_params_["height"] == 2.0
    assert search.best_score_ == curve(2.0, 100, 9)


def test_a_trial_that_has_come_to_its_end_is_not_pruned(data):
    """Its best rung may lie behind it: at the last one nothing is saved."""
    space = {"height": [0.1], "peak": [3]}
    search = MiraiSearchCV(
        Curve(), space, n_trials=2, cv=2, rungs=RUNGS, random_state=0
    ).fit(*data)
    defaults, trial = (trial.intermediate_values for trial in search.trials_)
    assert [*trial] == [1, 3, 9]
    assert trial[3] > defaults[9] > trial[9]
    assert not search.cv_results_["pruned"].any()
    assert search.best_params_ == {"height": 0.1, "peak": 3, "epochs": 3}


def test_of_equal_rungs_the_first_is_the_best(data):
    search = MiraiSearchCV(
        Curve(peak=3),
        {"height": [0.5]},
        n_trials=2,
        cv=2,
        rungs=(2, 3, 4),
        scoring=lambda estimator, X, y: round(estimator.score(X, y), 1),
    ).fit(*data)
    assert [*search.trials_[1].intermediate_values.values()] == [0.5, 0.5, 0.4]
    assert search.best_params_["epochs"] == 2


def test_hyperband_with_defaults_beside_the_space(data):
    """It shows the sampler a study of its own, of the trials of a bracket."""
    pruner = optuna.pruners.HyperbandPruner(1, 9)
    search = search_of(HEIGHTS[:20], pruner=pruner).fit(*data)
    assert len(search.trials_) == 21
    assert search.cv_results_["pruned"].any()


@pytest.mark.parametrize("pruner", ["median", "percentile", "halving", "patient"])
def test_pruners_of_optuna(pruner, data):
    """They see the mean over the folds at every rung, by its epochs."""
    made = {
        "median": optuna.pruners.MedianPruner(n_startup_trials=2),
        "percentile": optuna.pruners.PercentilePruner(25.0, n_startup_trials=2),
        "halving": optuna.pruners.SuccessiveHalvingPruner(1, 3),
        "patient": optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=2),
    }[pruner]
    search = search_of(HEIGHTS[:20], pruner=made).fit(*data)
    pruned = search.cv_results_["pruned"]
    assert 0 < pruned.sum() < 20
    for trial in search.trials_:
        steps = [*trial.intermediate_values]
        assert steps == list(RUNGS[: len(steps)])
        assert (len(steps) < 3) == pruned[trial.number]
        if pruner == "patient" and pruned[trial.number]:
            assert len(steps) == 2


def test_folds_are_reports_where_fits_are_whole(data):
    """What cannot train on is judged after every fold but the last."""
    seen = []

    class Pruner(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            seen.append((trial.number, trial.last_step))
            return trial.number == 2 and trial.last_step == 3

    tree = DecisionTreeClassifier(random_state=0)
    search = MiraiSearchCV(
        tree,
        {"max_depth": list(range(1, 9)), "min_samples_leaf": [1, 2, 3]},
        n_trials=4,
        cv=4,
        pruner=Pruner(),
        random_state=0,
    ).fit(*data)
    numbers = sorted({number for number, _ in seen})
    assert numbers == [1, 2, 3]  # not the defaults
    assert {step for _, step in seen} == {1, 2, 3}
    results = search.cv_results_
    assert results["pruned"].tolist() == [False, False, True, False]
    assert np.isnan(results["split3_test_score"]).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert np.isnan(results["mean_test_score"]).tolist() == [False, False, True, False]
    candidates = results["params"]
    grid = GridSearchCV(
        tree, [{k: [v] for k, v in each.items()} for each in candidates], cv=4
    ).fit(*data)
    for fold in range(4):
        name = f"split{fold}_test_score"
        known = ~np.isnan(results[name])
        np.testing.assert_array_equal(
            results[name][known], grid.cv_results_[name][known]
        )
    assert results["rank_test_score"][2] == 4
    values = [*search.trials_[2].intermediate_values.values()]
    splits = [results[f"split{n}_test_score"][2] for n in range(3)]
    np.testing.assert_allclose(values, np.cumsum(splits) / [1, 2, 3])


def test_median_pruner_ends_trials_of_whole_fits(data):
    """It is the one that is taken where nobody names one."""
    space = {"max_depth": list(range(1, 9)), "max_features": [1, 2, 3, 4]}
    search = MiraiSearchCV(
        DecisionTreeClassifier(random_state=0), space, n_trials=25, random_state=0
    ).fit(*data)
    assert isinstance(search.study_.pruner, optuna.pruners.MedianPruner)
    assert 0 < search.cv_results_["pruned"].sum() < 25
    assert np.isfinite(search.best_score_)


def test_pruned_trials_of_several_scores(data):
    tree = DecisionTreeClassifier(random_state=0)
    space = {"max_depth": list(range(1, 9)), "max_features": [1, 2, 3, 4]}
    search = MiraiSearchCV(
        tree,
        space,
        n_trials=20,
        scoring=["accuracy", "recall"],
        refit="recall",
        return_train_score=True,
        random_state=0,
    ).fit(*data)
    pruned = search.cv_results_["pruned"]
    assert 0 < pruned.sum() < 20
    for name in ("accuracy", "recall"):
        ranks = search.cv_results_[f"rank_test_{name}"]
        assert (ranks[pruned] == (~pruned).sum() + 1).all()
        assert np.isfinite(search.cv_results_[f"mean_train_{name}"][~pruned]).all()
    means = search.cv_results_["mean_test_recall"]
    assert search.best_score_ == means[~pruned].max()


def test_equal_parameters_of_a_pruned_trial_are_not_trained_again(data):
    heights = [2.0, 1.0, 1.0, 3.0]
    search = MiraiSearchCV(
        Curve(log=Log(), height=1.5),
        lambda trial: {"height": heights[min(trial.suggest_int("n", 0, 3), 3)]},
        n_trials=12,
        cv=2,
        rungs=RUNGS,
        random_state=0,
        refit=False,
    ).fit(*data)
    drawn = [trial.params.get("n") for trial in search.trials_]
    assert len(drawn) > len({*drawn})
    assert len(search.estimator.log) == 2 * sum(
        len(trial.user_attrs["rungs"])
        for trial in search.trials_
        if "same_as" not in trial.user_attrs
    )
    for trial in search.trials_:
        if "same_as" in trial.user_attrs:
            known = search.trials_[trial.user_attrs["same_as"]]
            assert (known.params, known.state) == (trial.params, trial.state)
            assert known.intermediate_values == trial.intermediate_values
