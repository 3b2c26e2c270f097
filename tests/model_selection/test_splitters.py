"""Blocks and groups of duplicates as cv= of every tool that takes one."""

import numpy as np
import pytest
import sklearn
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    cross_validate,
)

from skmirai.model_selection import BlockedStratifiedKFold, duplicate_groups

optuna = pytest.importorskip("optuna")
optuna_integration = pytest.importorskip("optuna_integration")

pytestmark = [
    # OptunaSearchCV announces itself as experimental whenever it is constructed.
    pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental"),
    # It also reports every trial to Optuna's terminator, which Optuna has deprecated.
    pytest.mark.filterwarnings("ignore:`optuna.terminator` module:FutureWarning"),
]

GRID = {"C": [0.01, 1.0]}


def table():
    """Rows, of which many have a twin, labels, times, and groups of twins."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(120, 3))
    X = first[rng.integers(0, 120, 240)]
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    return X, y, np.sort(rng.random(240) * 100), duplicate_groups(X)


X, Y, TIMES, GROUPS = table()

#: Splitter, what is passed on to it, and its folds.
SPLITS = {
    "blocks in rows": (
        BlockedStratifiedKFold(3, purge=2),
        {},
        [*BlockedStratifiedKFold(3, purge=2).split(X, Y)],
    ),
    "blocks in seconds": (
        [*BlockedStratifiedKFold(3, purge=2.5).split(X, Y, times=TIMES)],
        {},
        [*BlockedStratifiedKFold(3, purge=2.5).split(X, Y, times=TIMES)],
    ),
    "duplicates": (
        StratifiedGroupKFold(3),
        {"groups": GROUPS},
        [*StratifiedGroupKFold(3).split(X, Y, GROUPS)],
    ),
}
by_split = pytest.mark.parametrize("name", SPLITS)


def by_hand(C, splits):
    """Accuracy on each fold."""
    return [
        LogisticRegression(C=C).fit(X[train], Y[train]).score(X[test], Y[test])
        for train, test in splits
    ]


def test_there_are_twins_and_no_group_is_parted():
    assert len(np.unique(GROUPS)) < 0.7 * len(X)
    for train, test in SPLITS["duplicates"][2]:
        assert not np.isin(GROUPS[train], GROUPS[test]).any()
        assert not (X[train][:, None] == X[test]).all(axis=2).any()


@by_split
def test_cross_validate(name):
    cv, passed, splits = SPLITS[name]
    groups = passed.get("groups")
    model = LogisticRegression(C=1.0)
    found = cross_validate(model, X, Y, cv=cv, groups=groups, error_score="raise")
    np.testing.assert_array_equal(found["test_score"], by_hand(1.0, splits))
    one = cross_val_score(model, X, Y, cv=cv, groups=groups, error_score="raise")
    np.testing.assert_array_equal(one, found["test_score"])


def assert_best_is_that_of_the_folds(search, splits):
    assert search.best_score_ == pytest.approx(
        np.mean(by_hand(search.best_params_["C"], splits))
    )


@by_split
def test_grid_search(name):
    cv, passed, splits = SPLITS[name]
    search = GridSearchCV(LogisticRegression(), GRID, cv=cv, error_score="raise")
    search.fit(X, Y, **passed)
    assert_best_is_that_of_the_folds(search, splits)
    for C, score in zip(GRID["C"], search.cv_results_["mean_test_score"], strict=True):
        assert score == pytest.approx(np.mean(by_hand(C, splits)))


@by_split
def test_halving_search(name):
    """The last round has all rows, and tests on whole folds."""
    cv, passed, splits = SPLITS[name]
    search = HalvingGridSearchCV(
        LogisticRegression(),
        GRID | {"tol": [1e-4]},
        factor=2,
        min_resources=120,
        # a list of folds is one for all the rows
        resource="n_samples" if not isinstance(cv, list) else "max_iter",
        max_resources=240,
        cv=cv,
        error_score="raise",
        random_state=0,
    ).fit(X, Y, **passed)
    assert search.n_resources_[-1] == 240
    assert_best_is_that_of_the_folds(search, splits)


@by_split
def test_optuna_search(name):
    cv, passed, splits = SPLITS[name]
    search = optuna_integration.OptunaSearchCV(
        LogisticRegression(),
        {"C": optuna.distributions.FloatDistribution(0.01, 1.0, log=True)},
        n_trials=2,
        cv=cv,
        random_state=0,
        error_score="raise",
    )
    search.fit(X, Y, **passed)
    assert_best_is_that_of_the_folds(search, splits)


@by_split
def test_objective_of_optuna(name):
    cv, passed, splits = SPLITS[name]

    def objective(trial):
        model = LogisticRegression(C=trial.suggest_float("C", 0.01, 1.0, log=True))
        groups = passed.get("groups")
        return cross_val_score(model, X, Y, cv=cv, groups=groups).mean()

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0)
    )
    study.optimize(objective, n_trials=2)
    again = by_hand(study.best_params["C"], splits)
    assert study.best_value == pytest.approx(np.mean(again))


@pytest.mark.parametrize("name", ["blocks in seconds", "duplicates"])
def test_metadata_routing(name):
    """Times and groups find their way to the splitter, and are missed where not."""
    *_, splits = SPLITS[name]
    with sklearn.config_context(enable_metadata_routing=True):
        if name == "duplicates":
            cv, passed = StratifiedGroupKFold(3), {"groups": GROUPS}
        else:
            cv = BlockedStratifiedKFold(3, purge=2.5).set_split_request(times=True)
            passed = {"times": TIMES}
        model = LogisticRegression(C=1.0)
        found = cross_validate(model, X, Y, cv=cv, params=passed)
        np.testing.assert_array_equal(found["test_score"], by_hand(1.0, splits))
        search = GridSearchCV(model, GRID, cv=cv).fit(X, Y, **passed)
        assert_best_is_that_of_the_folds(search, splits)
        halving = HalvingGridSearchCV(
            model, GRID, factor=2, min_resources=120, cv=cv, random_state=0
        ).fit(X, Y, **passed)
        assert_best_is_that_of_the_folds(halving, splits)


def test_times_that_were_not_asked_for_are_refused():
    with sklearn.config_context(enable_metadata_routing=True):
        folds = BlockedStratifiedKFold(3, purge=2.5)
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="times"):
            cross_validate(
                LogisticRegression(), X, Y, cv=folds, params={"times": TIMES}
            )
