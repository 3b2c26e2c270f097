"""Every kind of table, target and splitter that scikit-learn's searches take."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import adjusted_rand_score, make_scorer
from sklearn.metrics.pairwise import linear_kernel
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_is_fitted

from tests.model_selection.search.twins import (
    assert_equal_results,
    assert_equal_winners,
    grid_of,
)

DEPTHS = {"max_depth": [1, 2, 3, None]}


def assert_like_grid(search, X, y=None, **params):
    search.fit(X, y, **params)
    grid = grid_of(search, X, y, **params)
    assert_equal_results(search.cv_results_, grid.cv_results_)
    assert_equal_winners(search, grid)
    return search


def test_sparse_rows(whole, data):
    X, y = data
    X = csr_matrix(np.where(np.abs(X) < 0.5, 0, X))
    search = assert_like_grid(
        whole(LinearSVC(random_state=0), {"C": [0.1, 1, 10]}), X, y
    )
    dense = whole(LinearSVC(random_state=0), {"C": [0.1, 1, 10]}).fit(X.toarray(), y)
    assert search.best_params_ == dense.best_params_
    np.testing.assert_array_equal(search.predict(X), dense.predict(X.toarray()))


def test_kernels_are_cut_on_both_sides(whole, data):
    X, y = data
    kernel = linear_kernel(X)
    search = whole(SVC(kernel="precomputed"), {"C": [0.1, 1.0, 10.0]})
    assert search.__sklearn_tags__().input_tags.pairwise
    assert_like_grid(search, kernel, y)
    plain = whole(SVC(kernel="linear"), {"C": [0.1, 1.0, 10.0]}).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["split0_test_score"], plain.cv_results_["split0_test_score"]
    )
    with pytest.raises(ValueError, match="square"):
        whole(SVC(kernel="precomputed"), {"C": [1.0]}).fit(kernel[:, :40], y)


@pytest.mark.parametrize("make", [list, pd.DataFrame, np.asfortranarray])
@pytest.mark.parametrize("target", [list, pd.Series, np.asarray])
def test_lists_and_data_frames(make, target, whole, tree, data):
    X, y = data
    rows = X.tolist() if make is list else make(X)
    search = assert_like_grid(whole(tree, DEPTHS), rows, target(y))
    plain = whole(tree, DEPTHS).fit(X, y)
    assert search.best_params_ == plain.best_params_


def test_names_of_columns(whole, tree, data):
    X, y = data
    frame = pd.DataFrame(X, columns=[f"column {n}" for n in range(X.shape[1])])
    search = whole(tree, DEPTHS).fit(frame, y)
    assert search.feature_names_in_.tolist() == list(frame)
    assert search.n_features_in_ == X.shape[1]
    with pytest.raises(ValueError, match="feature names"):
        search.predict(frame.rename(columns=str.upper))
    assert not hasattr(whole(tree, DEPTHS).fit(X, y), "feature_names_in_")


def test_names_and_codes_as_targets(whole, tree, data):
    X, y = data
    words = np.array(["benign", "mirai"])[y]
    search = assert_like_grid(whole(tree, DEPTHS), X, words)
    assert search.classes_.tolist() == ["benign", "mirai"]
    assert set(search.predict(X)) <= {"benign", "mirai"}


def test_several_targets(whole, data):
    X, _ = data
    y = X[:, :2] @ [[1, 2], [3, 4]]
    assert_like_grid(whole(Ridge(), {"alpha": [0.1, 1.0, 10.0]}), X, y)


def test_rows_of_more_dimensions(whole):
    class Checks(ClassifierMixin, BaseEstimator):
        def __init__(self, parameter=0):
            self.parameter = parameter

        def fit(self, X, y):
            assert X.shape[1:] == (3, 2)
            assert y.shape[1:] == (4,)
            self.fitted_ = True
            return self

        def score(self, X, y):
            assert X.shape[1:] == (3, 2)
            return float(self.parameter)

    X, y = np.arange(120.0).reshape(20, 3, 2), np.arange(80).reshape(20, 4)
    search = whole(Checks(), {"parameter": [0, 1, 2]}, cv=KFold(3), error_score="raise")
    search.fit(X, y)
    assert search.best_params_ == {"parameter": 2}


def test_gaps_in_the_table_are_for_the_estimator(whole, tree, data):
    X, y = data[0].copy(), data[1]
    X[::7, 0] = np.nan
    assert_like_grid(whole(tree, DEPTHS), X, y)


@pytest.mark.parametrize(
    "scoring", ["adjusted_rand_score", make_scorer(adjusted_rand_score)]
)
def test_clusters_are_scored_against_targets(scoring, whole, data):
    search = whole(
        KMeans(random_state=0, n_init=1), {"n_clusters": [2, 3, 4]}, scoring=scoring
    )
    assert_like_grid(search, *data)


def test_clusters_without_targets(whole, data):
    search = whole(KMeans(random_state=0, n_init=1), {"n_clusters": [2, 3, 8]})
    assert_like_grid(search, data[0])
    assert search.transform(data[0]).shape == (80, search.best_params_["n_clusters"])


def test_densities_have_no_predictions(whole, data):
    search = whole(KernelDensity(), {"bandwidth": [0.1, 1.0, 2.0]})
    assert_like_grid(search, data[0])
    check_is_fitted(search)
    assert not hasattr(search, "predict")
    np.testing.assert_array_equal(
        search.score_samples(data[0]), search.best_estimator_.score_samples(data[0])
    )


def test_transformers_go_both_ways(whole, data):
    X, _ = data
    search = whole(PCA(2, random_state=0), {"n_components": [2, 3]}).fit(X)
    there = search.transform(X)
    np.testing.assert_array_equal(there, search.best_estimator_.transform(X))
    np.testing.assert_array_equal(
        search.inverse_transform(there), search.best_estimator_.inverse_transform(there)
    )


def test_a_pipeline_whose_last_step_is_left_out(whole, data):
    def spread(estimator, X, y=None):
        return float(estimator.transform(X).var())

    pipe = Pipeline([("scaler", StandardScaler()), ("last", "passthrough")])
    space = {"scaler__with_std": [True, False], "last": ["passthrough", PCA(2)]}
    search = whole(pipe, space, scoring=spread, n_trials=10).fit(data[0])
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert search.best_params_["scaler__with_std"] is False
    assert search.best_params_["last"] != "passthrough"


SPLITTERS = {
    "number": 4,
    "splitter": StratifiedKFold(4, shuffle=True, random_state=1),
    "list": list(KFold(4).split(np.zeros(80))),
    "masks": [(np.arange(80) < 50, np.arange(80) >= 50)],
    "all rows on both sides": [(np.arange(80), np.arange(80))],
    "rows twice": [(np.r_[:80, :40], np.arange(40, 80))],
    "few rows": ShuffleSplit(2, train_size=20, test_size=10, random_state=0),
}


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS)
def test_splitters(cv, whole, tree, data):
    assert_like_grid(whole(tree, DEPTHS, cv=cv), *data)


def test_a_generator_of_splits(whole, tree, data):
    cv = KFold(4, shuffle=True, random_state=0)
    once = whole(tree, DEPTHS, cv=cv.split(*data)).fit(*data)
    again = whole(tree, DEPTHS, cv=cv).fit(*data)
    np.testing.assert_array_equal(
        once.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )


def test_folds_are_drawn_once(whole, tree, data):
    """Equal parameters have equal scores, whatever a splitter draws."""
    cv = ShuffleSplit(3, test_size=0.5)
    space = {"max_depth": [2], "ccp_alpha": [0.0, 1e-12, 2e-12, 3e-12]}
    search = whole(tree, space, cv=cv).fit(*data)
    for number in range(3):
        assert len({*search.cv_results_[f"split{number}_test_score"]}) == 1


@pytest.mark.parametrize("cv", [LeaveOneGroupOut(), GroupKFold(3)])
def test_groups(cv, whole, tree, data):
    groups = np.random.default_rng(0).integers(0, 4, 80)
    assert_like_grid(whole(tree, DEPTHS, cv=cv), *data, groups=groups)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        whole(tree, DEPTHS, cv=cv).fit(*data)


def test_the_table_is_left_as_it_is(whole, data):
    X, y = data[0].copy(), data[1].copy()
    whole(DecisionTreeClassifier(), DEPTHS).fit(X, y)
    np.testing.assert_array_equal(X, data[0])
    np.testing.assert_array_equal(y, data[1])


def shifted(frame):
    """Write to a table of the caller's."""
    frame["a"] += 1
    return frame


@pytest.mark.parametrize(
    "kept", [True, False], ids=["kept fits", "the memory of a user"]
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_who_writes_to_a_frame_spoils_no_other_fit(kept, n_jobs, whole, data, tmp_path):
    """Names cannot be made read-only as numbers can."""
    X, y = data
    X = pd.DataFrame(X, columns=list("abcdef"))
    before = X.copy()
    pipe = Pipeline(
        [("shift", FunctionTransformer(shifted)), ("tree", LogisticRegression())],
        memory=None if kept else str(tmp_path),
    )
    space = {"tree__C": [0.1, 1.0, 10.0], "shift__kw_args": [None, {}]}
    search = whole(pipe, space, scoring="neg_log_loss", n_jobs=n_jobs)
    search.set_params(refit=False).fit(X, y)
    pd.testing.assert_frame_equal(X, before)
    assert_equal_results(search.cv_results_, grid_of(search, X, y).cv_results_)
