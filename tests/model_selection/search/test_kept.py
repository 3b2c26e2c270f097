"""Transformers in front are fitted once for each fold, whatever comes behind them."""

import pickle
from collections import Counter
from threading import Barrier, Thread

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV
from skmirai.model_selection._search.folds import Folds
from skmirai.model_selection._search.kept import KeptFits, size_of
from tests.model_selection.search.curves import Curve, Log
from tests.model_selection.search.twins import assert_equal_results, grid_of

optuna = pytest.importorskip("optuna")


class Counts(TransformerMixin, BaseEstimator):
    """A transformer that writes down its fits."""

    def __init__(self, factor=1.0, log=None):
        self.factor = factor
        self.log = log

    def fit(self, X, y=None):
        self.log.append((self.factor, X.shape, float(X[0, 0])))
        self.fitted_ = True
        return self

    def transform(self, X):
        return self.factor * X

    def __getstate__(self):
        return {**super().__getstate__(), "log": None}


def searched(pipe, space, data, **options):
    options = {"n_trials": 8, "cv": 3, "random_state": 0, **options}
    pruner = optuna.pruners.NopPruner()
    return MiraiSearchCV(pipe, space, pruner=pruner, **options).fit(*data)


def test_once_for_each_fold_over_all_trials(data):
    log = Log()
    pipe = Pipeline([("counts", Counts(log=log)), ("tree", DecisionTreeClassifier())])
    space = {"tree__max_depth": [1, 2, 3, 4, 5], "tree__min_samples_leaf": [1, 2, 3]}
    searched(pipe, space, data, refit=False)
    assert len(log) == 3
    assert len({*log}) == 3


def test_once_for_each_value_of_its_parameters(data):
    log = Log()
    pipe = Pipeline([("counts", Counts(log=log)), ("tree", DecisionTreeClassifier())])
    space = {"counts__factor": [1.0, 2.0], "tree__max_depth": [1, 2, 3, 4, 5]}
    searched(pipe, space, data, refit=False, n_trials=12)
    assert Counter(factor for factor, *_ in log) == {1.0: 3, 2.0: 3}


def test_a_step_behind_one_that_changes_is_fitted_anew(data):
    first, second = Log(), Log()
    pipe = make_pipeline(Counts(log=first), MaxAbsScaler(), Counts(log=second), SVC())
    space = {"counts-1__factor": [1.0, 2.0], "svc__C": [0.1, 1.0, 10.0]}
    searched(pipe, space, data, refit=False, n_trials=10)
    assert len(first) == 6
    assert len(second) == 6


def test_once_for_all_rungs_and_in_nested_pipelines(data):
    outer, inner = Log(), Log()
    pipe = make_pipeline(
        Counts(log=outer), make_pipeline(Counts(log=inner), Curve(epochs=9))
    )
    space = {"pipeline__curve__height": [0.1, 0.2, 0.3, 0.4]}
    search = searched(pipe, space, data, refit=False)
    assert search.rungs_ == (1, 3, 9)
    assert len(outer) == len(inner) == 3


def test_scores_are_those_of_a_pipeline_that_keeps_nothing(whole, data):
    pipe = make_pipeline(StandardScaler(), MaxAbsScaler(), SVC())
    space = {"standardscaler__with_mean": [True, False], "svc__C": [0.1, 1.0, 10.0]}
    search = whole(pipe, space, n_trials=10).fit(*data)
    assert_equal_results(search.cv_results_, grid_of(search, *data).cv_results_)
    assert search.best_estimator_.memory is None
    assert pipe.memory is None


def test_rows_that_a_step_changes_in_place_do_not_reach_other_trials(whole, data):
    """``copy=False`` writes to the rows of the step before."""
    pipe = make_pipeline(MaxAbsScaler(), StandardScaler(copy=False), SVC())
    space = {
        "standardscaler__with_mean": [True, False],
        "standardscaler__with_std": [True, False],
        "maxabsscaler": [MaxAbsScaler(copy=False), "passthrough"],
        "svc__C": [0.1, 1.0],
    }
    X, y = data[0].copy(), data[1]
    search = whole(pipe, space, n_trials=16).fit(X, y)
    np.testing.assert_array_equal(X, data[0])
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        alone = clone(pipe).set_params(**clone(params, safe=False))
        again = cross_validate(alone, X.copy(), y, cv=3)["test_score"]
        assert score == again.mean()


def test_a_memory_of_the_users_own_is_left_to_them(whole, data, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    pipe = make_pipeline(StandardScaler(), SVC(), memory=memory)
    search = whole(pipe, {"svc__C": [0.1, 1.0]}, n_trials=3).fit(*data)
    assert search.best_estimator_.memory.location == memory.location
    assert any(tmp_path.iterdir())


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_threads_fit_it_once_too(n_jobs, data):
    log = Log()
    pipe = Pipeline([("counts", Counts(log=log)), ("tree", DecisionTreeClassifier())])
    space = {"tree__max_depth": [1, 2, 3, 4, 5], "tree__min_samples_leaf": [1, 2, 3]}
    searched(pipe, space, data, refit=False, n_jobs=n_jobs)
    assert len(log) == 3


def fit(transformer, X, y, weight=None, params=None):
    """What a Pipeline gives to its memory."""
    return transformer.fit_transform(X, y, **(params or {})), transformer


def test_threads_that_ask_at_once_wait_for_one_fit():
    log, found = Log(), []
    X, y = np.ones((50, 2)), np.zeros(50)
    kept = KeptFits().cache(fit)
    barrier = Barrier(4, timeout=60)

    def ask():
        barrier.wait()
        found.append(kept(Counts(log=log), X, y))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log) == 1
    assert len({id(rows) for rows, _ in found}) == 1


def test_memory_is_bounded_and_the_oldest_goes_first():
    X, y = np.ones((100, 10)), np.zeros(100)
    both = 2 * X.nbytes  # rows before and after
    kept = KeptFits(most_bytes=3 * both)
    ask = kept.cache(fit)
    log = Log()
    for factor in (1.0, 2.0, 3.0, 1.0, 4.0, 1.0, 3.0):  # the fourth drops the second
        ask(Counts(factor, log), X, y)
    assert [factor for factor, *_ in log] == [1.0, 2.0, 3.0, 4.0]
    ask(Counts(2.0, log), X, y)
    assert [factor for factor, *_ in log] == [1.0, 2.0, 3.0, 4.0, 2.0]


def test_what_is_too_large_is_fitted_and_not_kept():
    X, y = np.ones((100, 10)), np.zeros(100)
    ask, log = KeptFits(most_bytes=X.nbytes).cache(fit), Log()
    for _ in range(2):
        rows, _ = ask(Counts(3.0, log), X, y)
        np.testing.assert_array_equal(rows, 3 * X)
    assert len(log) == 2


def test_equal_rows_that_are_others_are_told_apart():
    """By what they are, not by what is in them: rows cannot pass as each other."""
    y, log, ask = np.zeros(20), Log(), KeptFits().cache(fit)
    for _ in range(3):
        ask(Counts(log=log), np.ones((20, 2)), y)
    assert len(log) == 3


def test_parameters_of_the_fit_tell_fits_apart():
    X, y, ask = np.arange(20.0).reshape(10, 2), np.zeros(10), KeptFits().cache(fit)
    one, _ = ask(StandardScaler(), X, y, params={"sample_weight": np.ones(10)})
    other, _ = ask(StandardScaler(), X, y, params={"sample_weight": np.arange(10.0)})
    again, _ = ask(StandardScaler(), X, y, params={"sample_weight": np.ones(10)})
    assert (one != other).any()
    assert again is one


def test_what_cannot_be_pickled_is_fitted_each_time(data):
    X, y = data

    class Odd(Counts):
        def __getstate__(self):
            raise TypeError("not to be pickled")

    log, ask = Log(), KeptFits().cache(fit)
    for _ in range(2):
        ask(Odd(log=log), X, y)
    assert len(log) == 2


def test_errors_of_a_transformer_are_raised_each_time(data):
    class Fails(StandardScaler):
        def fit(self, *args, **kwargs):
            raise RuntimeError("a fit that fails")

    ask = KeptFits().cache(fit)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="a fit that fails"):
            ask(Fails(), *data)


def test_sides_of_folds_are_kept_while_there_is_room(data):
    X, y = data
    rows = np.arange(len(y))
    splits = [(rows[:60], rows[60:]), (rows[20:], rows[:20])]
    folds = Folds(X, y, splits, {}, {}, None, "raise", False)
    folds._room = (X[:80].nbytes + y[:80].nbytes) + 1  # the first fold
    first, second = (
        [folds._side(SVC(), number, side) for side in (0, 1)] for number in (0, 1)
    )
    for number, sides in enumerate((first, second)):
        for side, cut in enumerate(sides):
            again = folds._side(SVC(), number, side)
            assert (again is cut) == (number == 0)
            np.testing.assert_array_equal(again.X, X[splits[number][side]])
            np.testing.assert_array_equal(again.y, y[splits[number][side]])


def test_fitted_pipelines_can_be_pickled_between_rungs(data):
    """Processes send them back and forth."""
    X, y = data
    rows = np.arange(len(y))
    scorer = DecisionTreeClassifier.score
    folds = Folds(X, y, [(rows[:60], rows[60:])], {}, {}, scorer, "raise", False)
    pipe = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    fitted, scores = pickle.loads(pickle.dumps(folds)).trained(clone(pipe), 0)
    assert pickle.loads(pickle.dumps(fitted)).memory is None
    assert scores.test_scores == pipe.fit(X[:60], y[:60]).score(X[60:], y[60:])


def test_sizes_of_tables():
    X = np.eye(10)
    assert size_of(X) == X.nbytes
    assert size_of(pd.DataFrame(X)) >= X.nbytes
    assert size_of(pd.Series(X[0])) >= X[0].nbytes
    assert 80 <= size_of(csr_matrix(X)) <= X.nbytes
    assert size_of([[1.0]]) == 0


class Counting(StandardScaler):
    """A scaler that counts its transforms."""

    n = 0

    def transform(self, X, copy=None):
        type(self).n += 1
        return super().transform(X, copy)


def test_test_rows_are_transformed_once_for_all_trials(data, tree):
    X, y = data

    def searched(scoring):
        Counting.n = 0
        search = MiraiSearchCV(
            make_pipeline(Counting(), tree),
            {"decisiontreeclassifier__max_depth": [1, 2, 3, 4]},
            n_trials=4,
            cv=3,
            scoring=scoring,
            pruner=optuna.pruners.NopPruner(),
            random_state=0,
            refit=False,
        ).fit(X, y)
        return search.cv_results_, Counting.n

    def seen(model, X, y):  # may look at the whole Pipeline
        assert isinstance(model, Pipeline)
        return accuracy_score(y, model.predict(X))

    short, n_short = searched("accuracy")
    long, n_long = searched(seen)
    assert n_short == 2 * 3  # each side of each fold
    n_trials = len({*map(str, short["params"])})
    assert n_long == 3 + 3 * n_trials
    for fold in range(3):
        name = f"split{fold}_test_score"
        np.testing.assert_array_equal(short[name], long[name])
