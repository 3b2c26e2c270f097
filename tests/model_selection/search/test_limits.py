"""What Optuna's own search for scikit-learn does not do, and this one does."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV
from tests.model_selection.search.curves import Curve, Log

optuna = pytest.importorskip("optuna")


@pytest.fixture
def rare():
    """Rows in the order of their labels, of which one is rare."""
    X = np.random.default_rng(0).normal(size=(90, 3))
    return X, np.repeat([0, 1], [84, 6])


def test_nested_folds_are_those_of_a_classifier(rare):
    """Plain folds would leave training parts with one class, which SVC refuses."""
    X, y = rare
    search = MiraiSearchCV(SVC(), {"C": [0.1, 1.0]}, n_trials=2, cv=2)
    assert is_classifier(search)
    scores = cross_validate(
        search, X, y, cv=3, error_score="raise", return_indices=True
    )
    for train, (expected, _) in zip(
        scores["indices"]["train"], StratifiedKFold(3).split(X, y), strict=True
    ):
        np.testing.assert_array_equal(train, expected)
    assert len(cross_val_predict(search, X, y, cv=3)) == len(y)


def test_trials_are_pruned_by_epochs_in_a_pipeline(data):
    pipe = make_pipeline(StandardScaler(), Curve(log=Log(), height=5.0, epochs=9))
    search = MiraiSearchCV(
        pipe, {"curve__height": [1.0, 2.0, 3.0]}, n_trials=6, cv=2, random_state=0
    )
    search.fit(*data)
    pruned = search.cv_results_["pruned"]
    assert pruned.sum() >= 3
    assert search.best_params_ == {"curve__height": 5.0, "curve__epochs": 9}
    for trial in search.trials_:
        steps = [*trial.intermediate_values]
        assert steps == [1, 3, 9][: len(steps)]
        assert (len(steps) < 3) == pruned[trial.number]


def test_folds_are_the_same_at_every_rung(data):
    """A splitter that draws is asked once, not again for each epoch."""
    drawn = []

    class Drawing(StratifiedKFold):
        def split(self, X, y, groups=None):
            drawn.append(1)
            return super().split(X, y, groups)

    cv = Drawing(2, shuffle=True)
    MiraiSearchCV(Curve(), {"height": [0.1]}, n_trials=3, cv=cv).fit(*data)
    assert drawn == [1]


def test_weights_are_cut_where_trials_are_pruned(data, weights):
    class Checks(Curve):
        def fit(self, X, y, sample_weight=None):
            assert len(sample_weight) == len(X)
            np.testing.assert_array_equal(sample_weight, table[X[:, 0].tobytes()])
            return super().fit(X, y)

        def score(self, X, y, sample_weight=None):
            return super().score(X, y)

    X, y = data
    folds = list(StratifiedKFold(2).split(X, y))
    sides = [*(train for train, _ in folds), np.arange(len(y))]
    table = {X[rows, 0].tobytes(): weights[rows] for rows in sides}
    MiraiSearchCV(
        Checks(), {"height": [0.1]}, n_trials=2, cv=folds, error_score="raise"
    ).fit(X, y, sample_weight=weights)


def test_several_scores(data):
    tree = DecisionTreeClassifier(random_state=0)
    search = MiraiSearchCV(
        tree,
        {"max_depth": [1, 2, 3, 4]},
        n_trials=5,
        scoring={"auc": "roc_auc", "right": "accuracy"},
        refit="auc",
    ).fit(*data)
    assert {"mean_test_auc", "mean_test_right"} <= search.cv_results_.keys()


def test_clones_do_not_share_a_study(data):
    tree = DecisionTreeClassifier(random_state=0)
    study = optuna.create_study(direction="maximize")
    search = MiraiSearchCV(tree, {"max_depth": [1, 2, 3]}, n_trials=3, study=study)
    folds = cross_validate(search, *data, cv=3, return_estimator=True)["estimator"]
    assert len({id(each.study_) for each in folds}) == 3
    assert [len(each.study_.trials) for each in folds] == [3, 3, 3]
    assert study.trials == []
    assert clone(search).study is not study


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_wrong_parameters_are_an_error_and_no_score(error_score, data):
    """Neither in a trial nor at the refit are they taken for a fit that fails."""
    tree = DecisionTreeClassifier(random_state=0)
    for space in (
        {"depth": [1, 2]},
        lambda trial: {"depth": trial.suggest_int("depth", 1, 2)},
    ):
        search = MiraiSearchCV(tree, space, n_trials=3, error_score=error_score)
        with pytest.raises(ValueError, match="space has 'depth', which is no param"):
            search.fit(*data)


def test_errors_of_the_users_function_are_raised(data):
    def space(trial):
        raise ValueError("a space that fails")

    with pytest.raises(ValueError, match="a space that fails"):
        MiraiSearchCV(SVC(), space, n_trials=3).fit(*data)
