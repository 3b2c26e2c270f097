"""``cv_results_`` and what follows from it, beside GridSearchCV's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, make_scorer, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.model_selection.search.twins import (
    assert_equal_results,
    assert_equal_winners,
    grid_of,
)

DEPTHS = {"max_depth": [1, 2, 3, 5, None], "min_samples_leaf": [1, 4]}


def counts(estimator, X, y):
    """Scores by name, of a scorer that is a function."""
    (tn, fp), (fn, tp) = confusion_matrix(y, estimator.predict(X))
    return {"tn": tn, "fp": fp, "fn": fn, "tp": tp}


def share_right(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


SCORINGS = {
    "none": (None, True),
    "name": ("roc_auc", True),
    "function": (share_right, True),
    "scorer": (make_scorer(recall_score), True),
    "list": (["accuracy", "recall"], "recall"),
    "tuple": (("accuracy", "recall"), "accuracy"),
    "dict": ({"a": "accuracy", "b": make_scorer(recall_score)}, "b"),
    "function of several": (counts, "tp"),
    "several without refit": (["accuracy", "recall"], False),
    "one without refit": ("accuracy", False),
}


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("scoring", SCORINGS)
def test_columns_and_winner_are_those_of_a_grid(scoring, train, whole, tree, data):
    scores, refit = SCORINGS[scoring]
    search = whole(
        tree, DEPTHS, scoring=scores, refit=refit, return_train_score=train
    ).fit(*data)
    grid = grid_of(search, *data)
    assert_equal_results(search.cv_results_, grid.cv_results_)
    if refit or not grid.multimetric_:
        assert_equal_winners(search, grid)
    else:
        assert not hasattr(search, "best_index_")


def test_trials_and_rows_belong_together(whole, tree, data):
    search = whole(tree, DEPTHS).fit(*data)
    results = search.cv_results_
    assert [trial.number for trial in search.trials_] == results["trial"].tolist()
    assert results["trial"].tolist() == list(range(6))
    assert results["pruned"].dtype == bool
    assert not results["pruned"].any()
    assert [trial.value for trial in search.trials_] == [*results["mean_test_score"]]
    assert search.study_.best_value == search.best_score_


def test_parameters_of_some_trials_only_are_masked(whole, data):
    spaces = [
        {"kernel": ["rbf"], "gamma": [0.1, 1.0], "C": [1, 10]},
        {"kernel": ["poly"], "degree": [2, 3]},
    ]
    search = whole(SVC(), spaces, n_trials=12).fit(*data)
    grid = grid_of(search, *data)
    kernels = search.cv_results_["param_kernel"]
    assert set(kernels) == {"rbf", "poly"}
    # the defaults are a point of neither space, and set all parameters of both
    assert search.cv_results_["param_degree"].mask[1:].tolist() == [
        kernel == "rbf" for kernel in kernels[1:]
    ]
    assert_equal_results(search.cv_results_, grid.cv_results_)


def test_ties_share_a_rank(whole, data):
    """Values that change nothing tie; the first of equal ones wins."""
    space = {"ccp_alpha": [0.0, 1e-9, 2e-9, 3e-9]}
    search = whole(DecisionTreeClassifier(max_depth=1, random_state=0), space)
    search.fit(*data)
    assert (search.cv_results_["rank_test_score"] == 1).all()
    assert search.best_index_ == 0


def test_dtypes_of_parameters_follow_their_values(whole, data):
    pipe = make_pipeline(StandardScaler(), SVC())
    space = {
        "svc__C": [1, 2],
        "svc__gamma": ["scale", 0.5],
        "svc__shrinking": [True, False],
        "standardscaler": [StandardScaler(), StandardScaler(with_mean=False)],
        "svc__class_weight": [None, {0: 1, 1: 2}],
    }
    search = whole(pipe, space, n_trials=8).fit(*data)
    grid = grid_of(search, *data)
    for name in space:
        ours, theirs = (r.cv_results_[f"param_{name}"] for r in (search, grid))
        assert ours.dtype == theirs.dtype
        assert list(map(str, ours)) == list(map(str, theirs))
    for name in ("mean_test_score", "split2_test_score", "rank_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], grid.cv_results_[name])


def test_a_single_candidate_is_fitted_as_it_is(whole, data):
    search = whole(SVC(), {"C": [1.0], "gamma": [0.1]}, n_trials=1).fit(*data)
    assert search.best_params_ == {"C": 1.0, "gamma": "scale"}
    alone = SVC().fit(*data)
    np.testing.assert_array_equal(alone.dual_coef_, search.best_estimator_.dual_coef_)


def test_times_are_those_of_the_fits(whole, tree, data):
    search = whole(tree, DEPTHS).fit(*data)
    for name in ("fit_time", "score_time"):
        assert (search.cv_results_[f"mean_{name}"] > 0).all()
        assert (search.cv_results_[f"std_{name}"] >= 0).all()
    assert search.refit_time_ > 0
