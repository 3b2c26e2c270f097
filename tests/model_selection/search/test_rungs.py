"""Training on equals not stopping: the scores at every rung are those of whole fits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.model_selection import MiraiSearchCV
from skmirai.model_selection._search.rungs import last_step, rungs_of

optuna = pytest.importorskip("optuna")

#: Two networks that differ in their step size share a program.
NETWORK = {
    "n_layers": 1,
    "n_nodes": 4,
    "epochs": 6,
    "batch_size": 16,
    "dropout_rate": 0.2,
    "random_state": 0,
}

RUNGS = (1, 2, 6)


def network(**params):
    return MiraiDNNClassifier(**{**NETWORK, **params})


def regressor(**params):
    return MiraiDNNRegressor(**{**NETWORK, **params})


def at_rungs(search, X, y, **params):
    """Scores of all trials, rungs and folds; and those of whole fits at these epochs.

    The second ones come from scikit-learn alone: from cross_validate, or with weights,
    which go to the scorer too, from a grid of one candidate.
    """
    prefix = last_step(search.estimator).prefix
    options = {"cv": search.cv, "scoring": search.scoring, "error_score": "raise"}
    ours, theirs = [], []
    for trial, found in zip(search.trials_, search.cv_results_["params"], strict=True):
        for rung in trial.user_attrs["rungs"]:
            ours.append([fold["test_scores"] for fold in rung["scores"]])
            whole = clone(search.estimator).set_params(**found)
            whole.set_params(**{f"{prefix}epochs": rung["epochs"]})
            if not params:
                theirs.append(cross_validate(whole, X, y, **options)["test_score"])
                continue
            grid = GridSearchCV(whole, {}, refit=False, **options).fit(X, y, **params)
            splits = range(grid.n_splits_)
            theirs.append(
                [grid.cv_results_[f"split{n}_test_score"].item() for n in splits]
            )
    return np.array(ours), np.array(theirs)


CASES = {
    "network": network(),
    "pipeline": make_pipeline(StandardScaler(), PowerTransformer(), network()),
    "nested pipeline": make_pipeline(
        StandardScaler(), make_pipeline(PowerTransformer(), network())
    ),
    "falling step size": network(learning_rate_schedule="cosine"),
    "falling in a pipeline": make_pipeline(
        StandardScaler(), network(learning_rate_schedule="cosine")
    ),
    "stated horizon": network(learning_rate_schedule="cosine", schedule_epochs=20),
    "no dropout": network(dropout_rate=0.0),
    "batch norm": network(batch_norm=True),
    "members": network(n_members=3),
    "class weights": network(class_weight="balanced"),
    "validation part": network(validation_fraction=0.2),
    "regressor": regressor(),
    "regressor, falling": regressor(learning_rate_schedule="cosine"),
    "no seed of its own": network(random_state=np.random.RandomState(3)),
}


#: Those that treat weights in ways of their own.
WEIGHTED = ("network", "members", "class weights", "validation part", "regressor")


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("case", "weighted"),
    [(case, False) for case in CASES] + [(case, True) for case in WEIGHTED],
)
def test_scores_at_every_rung_are_those_of_whole_fits(case, weighted, data, weights):
    estimator = CASES[case]
    X, y = data
    step = last_step(estimator)
    if isinstance(step.step, MiraiDNNRegressor):
        scoring, y = "neg_mean_squared_error", X[:, 0] - X[:, 1]
    else:
        scoring = "neg_log_loss"
    params = {"sample_weight": weights} if weighted else {}
    search = MiraiSearchCV(
        estimator,
        {f"{step.prefix}learning_rate": [0.003, 0.03]},
        n_trials=3,
        rungs=RUNGS,
        cv=2,
        scoring=scoring,
        pruner=optuna.pruners.NopPruner(),
        random_state=0,
        error_score="raise",
    )
    search.fit(X, y, **params)
    assert search.rungs_ == RUNGS
    ours, theirs = at_rungs(search, X, y, **params)
    assert ours.shape == (3 * len(RUNGS), 2)
    assert len(np.unique(ours)) > len(RUNGS)
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def searched(data):
    """A search by rungs in which the best rung is not always the last."""
    return MiraiSearchCV(
        network(learning_rate_schedule="cosine"),
        {"learning_rate": [0.001, 0.3, 3.0]},
        n_trials=4,
        rungs=RUNGS,
        cv=2,
        scoring="neg_log_loss",
        pruner=optuna.pruners.NopPruner(),
        random_state=0,
    ).fit(*data)


def test_epochs_are_those_of_the_best_rung(searched):
    for row, trial in enumerate(searched.trials_):
        means = {
            rung["epochs"]: np.mean([fold["test_scores"] for fold in rung["scores"]])
            for rung in trial.user_attrs["rungs"]
        }
        params = searched.cv_results_["params"][row]
        assert params["epochs"] == max(means, key=means.get)
        assert params["schedule_epochs"] == RUNGS[-1]
        assert searched.cv_results_["mean_test_score"][row] == max(means.values())
        assert trial.value == max(means.values())
        assert trial.intermediate_values == means
    assert len({p["epochs"] for p in searched.cv_results_["params"]}) > 1


def test_the_refit_is_a_fit_of_the_best_parameters(searched, data):
    X, y = data
    again = clone(searched.estimator).set_params(**searched.best_params_).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), searched.predict_proba(X))
    assert len(again.history_["loss"]) == searched.best_params_["epochs"]
    assert searched.best_estimator_.warm_start is False


def test_times_are_those_of_the_rungs_up_to_the_best(searched):
    for row, trial in enumerate(searched.trials_):
        best = searched.cv_results_["params"][row]["epochs"]
        for name in ("fit_time", "score_time"):
            total = np.mean(
                [
                    sum(
                        rung["scores"][fold][name]
                        for rung in trial.user_attrs["rungs"]
                        if rung["epochs"] <= best
                    )
                    for fold in range(2)
                ]
            )
            assert searched.cv_results_[f"mean_{name}"][row] == pytest.approx(total)


@pytest.mark.slow
@pytest.mark.parametrize(
    "estimator",
    [
        MiraiDNNClassifier(epochs=3, random_state=0),
        make_pipeline(StandardScaler(), MiraiDNNRegressor(epochs=3, random_state=0)),
    ],
)
def test_the_default_space_of_our_estimators(estimator, data):
    """Its trials are those of the seed, and its best score is that of a whole fit."""
    X, y = data
    search = MiraiSearchCV(estimator, n_trials=3, cv=2, random_state=2)
    again = clone(search).fit(X, y)
    search.fit(X, y)
    assert search.rungs_ == (1, 3)
    drawn = [trial.params for trial in search.trials_]
    assert drawn == [trial.params for trial in again.trials_]
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )
    best = clone(estimator).set_params(**search.best_params_)
    whole = cross_validate(best, X, y, cv=2, error_score="raise")["test_score"]
    assert search.best_score_ == whole.mean()
    alone = cross_validate(estimator, X, y, cv=2)["test_score"].mean()
    assert search.best_score_ >= alone


def epochs_too(trial):
    """A function instead of a dict."""
    return {"epochs": trial.suggest_int("epochs", 1, 2)}


WHOLE = {
    "DecisionTreeClassifier has no warm_start and epochs": (
        DecisionTreeClassifier(random_state=0),
        {"space": {"max_depth": [1, 2]}},
    ),
    "callbacks": (network(callbacks=[]), {}),
    "rungs=None": (network(), {"rungs": None}),
    "the space sets epochs": (network(), {"space": {"epochs": [1, 2]}}),
    "space sets epochs": (network(), {"space": epochs_too}),
    "early_stopping": (network(early_stopping=True, validation_fraction=0.2), {}),
    "without an integer random_state": (
        network(validation_fraction=0.2, random_state=None),
        {},
    ),
}


@pytest.mark.slow(after=5)
@pytest.mark.parametrize("reason", WHOLE)
def test_what_cannot_be_parted_is_whole_and_said(reason, data, capsys):
    estimator, options = WHOLE[reason]
    options = {"space": {"learning_rate": [0.003, 0.03]}, **options}
    options |= {"pruner": optuna.pruners.NopPruner(), "random_state": 0, "cv": 2}
    search = MiraiSearchCV(estimator, n_trials=2, verbose=1, **options).fit(*data)
    assert reason in capsys.readouterr().out
    assert search.rungs_ is None
    for trial, params in zip(search.trials_, search.cv_results_["params"], strict=True):
        if isinstance(options["space"], dict):
            assert params.keys() == options["space"].keys()
        assert [*trial.intermediate_values] == [1, 2]
        if "random_state" not in reason:
            whole = clone(estimator).set_params(**params)
            scores = cross_validate(whole, *data, cv=2)["test_score"]
            row = trial.number
            np.testing.assert_array_equal(
                scores,
                [search.cv_results_[f"split{n}_test_score"][row] for n in range(2)],
            )
            assert trial.intermediate_values[1] == scores[0]
            assert trial.value == scores.mean()


def test_nothing_is_said_where_nobody_asks(data, capsys):
    tree = DecisionTreeClassifier(random_state=0)
    MiraiSearchCV(tree, {"max_depth": [1, 2]}, n_trials=2, cv=2).fit(*data)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_trials_that_cannot_be_parted_are_whole_beside_others(data):
    """A function sets the epochs of some trials, and early stopping of others."""

    def space(trial):
        kind = trial.suggest_categorical("kind", ["own", "stops", "parted"])
        return {
            "own": {"epochs": 2},
            "stops": {"early_stopping": True, "validation_fraction": 0.2},
            "parted": {"learning_rate": 0.01},
        }[kind]

    search = MiraiSearchCV(
        network(), space, n_trials=12, rungs=(1, 2), cv=2, random_state=0
    ).fit(*data)
    kinds = {}
    for trial, params in zip(search.trials_, search.cv_results_["params"], strict=True):
        kinds[trial.params.get("kind")] = trial
        whole = clone(search.estimator).set_params(**params)
        scores = cross_validate(whole, *data, cv=2)["test_score"]
        assert search.cv_results_["mean_test_score"][trial.number] == scores.mean()
    assert kinds.keys() == {None, "own", "stops", "parted"}
    assert kinds["own"].intermediate_values == {}
    assert kinds["stops"].state.name != "PRUNED"
    assert 1 in kinds["parted"].intermediate_values


def test_a_step_that_is_replaced_by_another_estimator(data):
    pipe = make_pipeline(StandardScaler(), network())
    space = {"miraidnnclassifier": [SVC(), DecisionTreeClassifier(random_state=0)]}
    search = MiraiSearchCV(
        pipe, space, n_trials=5, rungs=(1, 2), cv=2, random_state=0
    ).fit(*data)
    assert search.rungs_ == (1, 2)
    assert "miraidnnclassifier__epochs" in search.cv_results_["params"][0]
    for params in search.cv_results_["params"][1:]:
        assert params.keys() == {"miraidnnclassifier"}
        scores = cross_validate(clone(pipe).set_params(**params), *data, cv=2)
        assert scores["test_score"].mean() in search.cv_results_["mean_test_score"]


@pytest.mark.parametrize(
    ("rungs", "expected"),
    [
        ("auto", (3, 9, 27)),
        ((3, 9), (3, 9)),
        ([1], (1,)),
        (range(2, 9, 3), (2, 5, 8)),
        (np.array([2, 4]), (2, 4)),
    ],
)
def test_rungs_are_numbers_of_epochs(rungs, expected):
    assert rungs_of(rungs, 27) == expected
    assert all(type(n) is int for n in rungs_of(rungs, 27))


@given(epochs=st.integers(1, 10_000))
def test_automatic_rungs_are_a_ninth_a_third_and_all(epochs):
    rungs = rungs_of("auto", epochs)
    assert rungs[-1] == epochs
    assert list(rungs) == sorted({math.ceil(epochs / n) for n in (1, 3, 9)})


@pytest.mark.parametrize("rungs", [(), (3, 2), (2, 2), (0, 3), (1.5, 2), "all"])
def test_wrong_rungs(rungs, tree, data):
    with pytest.raises(ValueError, match="increasing numbers of epochs from 1"):
        MiraiSearchCV(tree, {"max_depth": [1]}, rungs=rungs).fit(*data)
    with pytest.raises(ValueError, match="increasing numbers of epochs from 1"):
        rungs_of(rungs, 27)


def test_rungs_follow_the_number_of_training_rows(data):
    """epochs="auto" depends on the rows, of which a fold has fewer."""
    search = MiraiSearchCV(
        network(epochs="auto"), {"learning_rate": [0.01]}, n_trials=1, cv=2
    ).fit(*data)
    assert search.rungs_ == (4, 10, 30)
