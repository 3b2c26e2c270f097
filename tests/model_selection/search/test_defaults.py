"""The estimator as it is comes first, whether or not the space holds it."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV

optuna = pytest.importorskip("optuna")


def first(search):
    """Parameters of the first trial in Optuna's words, and in scikit-learn's."""
    return search.trials_[0].params, search.cv_results_["params"][0]


INSIDE = {
    "lists": {"kernel": ["rbf", "poly"], "C": [0.5, 1.0]},
    "distributions": {
        "kernel": optuna.distributions.CategoricalDistribution(["linear", "rbf"]),
        "C": optuna.distributions.FloatDistribution(0.1, 10, log=True),
        "degree": optuna.distributions.IntDistribution(2, 5),
    },
    "SciPy": {"C": stats.loguniform(0.1, 10), "degree": stats.randint(1, 6)},
    "several": [
        {"kernel": ["poly"], "degree": [1, 2]},
        {"kernel": ["rbf"], "C": [0.5, 1.0]},
    ],
    "function": lambda trial: {
        "C": trial.suggest_float("C", 0.1, 10),
        "kernel": trial.suggest_categorical("kernel", ["linear", "rbf"]),
    },
}


@pytest.mark.parametrize("space", INSIDE.values(), ids=INSIDE)
def test_defaults_within_the_space_are_drawn_first(space, whole, data):
    search = whole(SVC(), space).fit(*data)
    draws, params = first(search)
    own = SVC().get_params()
    assert draws  # so that samplers learn from them
    assert params
    assert all(own[name] == value for name, value in params.items())


def test_branches_of_a_function_lead_to_the_defaults(whole, data):
    """Each answer opens the next question."""

    def space(trial):
        if trial.suggest_categorical("shrinking", [False, True]):
            if trial.suggest_categorical("kernel", ["poly", "rbf"]) == "rbf":
                return {"kernel": "rbf", "C": trial.suggest_float("C", 0.5, 2)}
            return {"kernel": "poly", "degree": trial.suggest_int("degree", 1, 2)}
        return {"kernel": "linear", "shrinking": False}

    search = whole(SVC(), space).fit(*data)
    assert first(search) == (
        {"shrinking": True, "kernel": "rbf", "C": 1.0},
        {"kernel": "rbf", "C": 1.0},
    )


def test_draws_by_other_names_are_kept(whole, data):
    """A draw that happens to come out at the defaults is drawn again in the trial."""

    def space(trial):
        return {"kernel": trial.suggest_categorical("choice", ["rbf", "linear"])}

    for seed in range(6):
        search = whole(SVC(), space, random_state=seed, n_trials=1).fit(*data)
        draws, params = first(search)
        assert draws in ({}, {"choice": "rbf"})
        assert params in ({}, {"kernel": "rbf"})


OUTSIDE = {
    "lists": {"kernel": ["linear", "poly"], "C": [2.0, 3.0]},
    "of another type": {"C": [1, 10]},
    "a range": {"C": optuna.distributions.FloatDistribution(2, 3)},
    "one of two": {"C": [1.0, 2.0], "gamma": [0.1, 0.2]},
    "quantiles": {"C": stats.expon(scale=2)},
    "several": [{"kernel": ["poly"]}, {"gamma": [0.1]}],
    "function": lambda trial: {"C": trial.suggest_float("C", 2, 3)},
    "function of choices": lambda trial: {
        "gamma": trial.suggest_categorical("gamma", ["auto", 0.1])
    },
    "function of numbers": lambda trial: {
        "gamma": trial.suggest_float("gamma", 0.1, 0.2),
        "max_iter": trial.suggest_int("max_iter", 10_000, 20_000),
    },
}


@pytest.mark.parametrize("space", OUTSIDE.values(), ids=OUTSIDE)
def test_defaults_beside_the_space_come_first_as_they_are(space, whole, data):
    search = whole(SVC(), space, n_trials=4).fit(*data)
    draws, params = first(search)
    assert draws == {}
    own = SVC().get_params()
    assert all(own[name] == value for name, value in params.items())
    alone = whole(SVC(), {}, n_trials=1).fit(*data)
    for name in ("mean_test_score", "split1_test_score"):
        assert search.cv_results_[name][0] == alone.cv_results_[name][0]
    assert all(trial.params for trial in search.trials_[1:])


def test_no_search_ends_below_the_defaults(data):
    """Pruners do not end them, and they can win."""
    always = optuna.pruners.ThresholdPruner(lower=2.0)
    search = MiraiSearchCV(
        DecisionTreeClassifier(max_depth=2, random_state=0),
        {"max_features": [1], "max_depth": [1]},
        n_trials=5,
        pruner=always,
        cv=3,
        random_state=0,
    ).fit(*data)
    assert search.cv_results_["pruned"].tolist() == [False] + 4 * [True]
    assert search.best_index_ == 0
    assert search.best_params_ == {"max_features": None, "max_depth": 2}
    assert search.best_estimator_.get_params() == search.estimator.get_params()


class ByAll(optuna.samplers.BaseSampler):
    """A sampler that draws all parameters at once, as those of evolution do.

    What it draws is the best trial so far, moved: it fails where the parameters that
    all trials share are none.
    """

    def __init__(self):
        self._random = optuna.samplers.RandomSampler(seed=0)
        self._space = optuna.search_space.IntersectionSearchSpace()
        self.n_relative = 0

    def infer_relative_search_space(self, study, trial):
        return self._space.calculate(study)

    def sample_relative(self, study, trial, search_space):
        if not search_space:
            return {}
        self.n_relative += 1
        best = max(study.get_trials(deepcopy=False, states=[COMPLETE]), key=_value)
        assert best.params.keys() == search_space.keys()
        return {
            name: min(max(best.params[name] * 1.01, what.low), what.high)
            for name, what in search_space.items()
        }

    def sample_independent(self, *args):
        return self._random.sample_independent(*args)


COMPLETE = optuna.trial.TrialState.COMPLETE


def _value(trial):
    return trial.value


@pytest.mark.parametrize("low", [0.5, 2.0])  # the default is 1
def test_samplers_of_all_parameters_at_once_learn(low, whole, data):
    space = {
        "C": optuna.distributions.FloatDistribution(low, 10),
        "tol": optuna.distributions.FloatDistribution(1e-4, 1e-2),
    }
    search = whole(SVC(), space, n_trials=8, sampler=ByAll()).fit(*data)
    assert isinstance(search.study_.sampler, ByAll)  # it is given back
    # all but the defaults and, where these lie outside, the first draw
    assert search.study_.sampler.n_relative == (7 if low == 0.5 else 6)
    assert len(search.trials_) == 8


def test_defaults_do_not_end_a_sampler_that_goes_through_all(whole, tree, data):
    """They set no parameter, which looks like all of a space without one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.BruteForceSampler(seed=0)
    search = whole(tree, {"max_depth": [3, 4, 5]}, n_trials=20, sampler=sampler)
    params = search.fit(*data).cv_results_["params"]
    assert params[0] == {"max_depth": 2}  # the default
    assert sorted(each["max_depth"] for each in params[1:]) == [3, 4, 5]


@pytest.mark.parametrize("low", [0.5, 2.0])
def test_tpe_of_all_parameters_at_once_learns(low, whole, data, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=0, multivariate=True, n_startup_trials=2
        )
    seen = []
    original = type(sampler).sample_relative

    def spy(self, study, trial, search_space):
        seen.append(set(search_space))
        return original(self, study, trial, search_space)

    monkeypatch.setattr(type(sampler), "sample_relative", spy)
    space = {
        "C": optuna.distributions.FloatDistribution(low, 10),
        "tol": optuna.distributions.FloatDistribution(1e-4, 1e-2),
    }
    whole(SVC(), space, n_trials=6, sampler=sampler).fit(*data)
    assert seen[-3:] == 3 * [{"C", "tol"}]


def test_the_defaults_teach_the_sampler_where_the_space_holds_them(whole, data):
    """Random draws, then the best of all trials, moved: at first the defaults."""

    def scorer(estimator, X, y):
        return -abs(estimator.C - 1)

    space = {"C": optuna.distributions.FloatDistribution(0.5, 10)}
    search = whole(SVC(), space, n_trials=3, sampler=ByAll(), scoring=scorer)
    drawn = [params["C"] for params in search.fit(*data).cv_results_["params"]]
    np.testing.assert_allclose(drawn, [1.0, 1.01, 1.01])
