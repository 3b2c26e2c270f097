"""Cross-validation and searches on a cluster of Dask: processes that really are two."""

import os
import time
from collections import Counter

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn import config_context
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV
from skmirai.utils._threads import n_threads
from tests.model_selection.search.remote import (
    Choosy,
    CountedTable,
    Fatal,
    Interrupting,
    Slow,
)

distributed = pytest.importorskip("distributed")
optuna = pytest.importorskip("optuna")

pytestmark = pytest.mark.slow  # workers take seconds to start

X, y = make_classification(300, 10, random_state=0)
SPACE = {"C": [0.01, 0.1, 1.0, 10.0]}
HOW = {"cv": 3, "scoring": "neg_log_loss", "error_score": "raise"}


def search(estimator=None, space=None, **how):
    estimator = LogisticRegression() if estimator is None else estimator
    how = {"n_trials": 3, "random_state": 0, **HOW, **how}
    return MiraiSearchCV(estimator, SPACE if space is None else space, **how)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """A client of it, and joblib's context."""
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2, timeout=120)
        with joblib.parallel_config("dask"):
            yield client


def outcome(estimator):
    """Scores of a cross-validation, or of each candidate of a search."""
    if isinstance(estimator, GridSearchCV | MiraiSearchCV):
        found = estimator.fit(X, y).cv_results_
        keys = [key for key in found if key.startswith("split")]
        return found["params"], np.array([found[key] for key in sorted(keys)])
    return None, cross_validate(estimator, X, y, **HOW)["test_score"]


def assert_same_as_here(estimator):
    params, scores = outcome(estimator)
    with joblib.parallel_config("sequential"):
        expected_params, expected = outcome(estimator)
    assert params == expected_params
    np.testing.assert_array_equal(scores, expected)


PIPE = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    "estimator",
    [
        PIPE,
        GridSearchCV(LogisticRegression(), SPACE, **HOW),
        search(),
        search(PIPE, {"logisticregression__C": SPACE["C"]}),
        search(scoring=["accuracy", "roc_auc"], refit="roc_auc"),
    ],
    ids=["cross_validate", "grid", "search", "pipeline", "scores"],
)
def test_scores_are_those_of_one_process(client, estimator):
    assert_same_as_here(estimator)


def test_networks_have_the_same_scores(client):
    clf = MiraiDNNClassifier(1, 4, epochs=3, batch_size=64, random_state=0)
    rates = {"learning_rate": [0.001, 0.01, 0.1]}
    pipe = make_pipeline(StandardScaler(), clf)
    named = {f"miraidnnclassifier__{name}": value for name, value in rates.items()}
    assert_same_as_here(clf)
    assert_same_as_here(GridSearchCV(clf, rates, **HOW))
    assert_same_as_here(search(clf, rates, rungs=[1, 3]))
    assert_same_as_here(search(pipe, named, rungs=[1, 3]))


@pytest.mark.parametrize(
    "fit",
    [
        lambda X, y: cross_validate(LogisticRegression(), X, y, cv=6),
        GridSearchCV(LogisticRegression(), SPACE, refit=False, **HOW).fit,
    ],
    ids=["cross_validate", "grid"],
)
def test_a_worker_is_sent_the_table_once(client, fit, tmp_path):
    """As long as Dask does not drop copies that no task waits for."""
    client.amm.stop()
    table = CountedTable(X)
    table.log = tmp_path / "arrivals"
    fit(table, y)
    assert_arrived_once(table, client)
    client.amm.start()


def test_a_worker_is_sent_the_table_of_a_search_once(client, tmp_path):
    """Though Dask drops copies after each trial."""
    table = CountedTable(X)
    table.log = tmp_path / "arrivals"

    def drop(study, trial):
        client.amm.run_once()
        time.sleep(0.2)

    search(Slow(), callbacks=drop, refit=False, n_trials=4, cv=5).fit(table, y)
    assert_arrived_once(table, client)


def assert_arrived_once(table, client):
    arrivals = Counter(map(int, table.log.read_text().split()))
    assert set(arrivals) <= set(client.run(os.getpid).values())
    assert set(arrivals.values()) == {1}


def test_nothing_is_left_on_the_cluster(client):
    """Neither the table nor estimators; what was let go is forgotten a bit later."""
    search().fit(X, y)
    for _ in range(500):
        if not client.run_on_scheduler(tasks_on):
            break
        time.sleep(0.01)
    assert client.run_on_scheduler(tasks_on) == []


def tasks_on(dask_scheduler):
    return sorted(map(str, dask_scheduler.tasks))


def test_a_search_within_a_cross_validation(client):
    there = cross_validate(search(), X, y, **HOW)["test_score"]
    with joblib.parallel_config("sequential"):
        here = cross_validate(search(), X, y, **HOW)["test_score"]
    np.testing.assert_array_equal(there, here)


def test_scikit_learns_configuration_comes_along(client):
    with config_context(assume_finite=True):
        assert_same_as_here(search(Choosy()))


def test_errors_of_fits(client):
    space = {"C": [-1.0]}
    with pytest.raises(ValueError, match="'C' parameter of LogisticRegression"):
        search(space=space).fit(X, y)
    with pytest.warns(FitFailedWarning, match="3 fits failed"):
        found = search(space=space, error_score=-9.0, n_trials=2).fit(X, y)
    assert found.cv_results_["mean_test_score"].tolist()[1] == -9


def test_a_worker_that_dies(client, tmp_path):
    found = search(Fatal(tmp_path / "marker")).fit(X, y)
    killed = int((tmp_path / "marker").read_text())
    assert killed != os.getpid()
    assert killed not in client.run(os.getpid).values()
    expected = search().fit(X, y)
    for key in ("mean_test_score", "rank_test_score"):
        np.testing.assert_array_equal(found.cv_results_[key], expected.cv_results_[key])


def test_the_only_worker_dies_and_the_table_with_it(tmp_path):
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0"
        ) as alone,
        distributed.Client(alone),
        joblib.parallel_config("dask"),
    ):
        found = search(Fatal(tmp_path / "marker")).fit(X, y)
        with pytest.raises(RuntimeError, match="all workers that had the table died"):
            search(Fatal()).fit(X, y)
    assert (tmp_path / "marker").exists()
    assert found.best_score_ == search().fit(X, y).best_score_


def test_an_interrupt_keeps_what_was_found(client, tmp_path):
    space = {"C": [1.0, 2.0]}
    sampler = optuna.samplers.GridSampler(space, seed=0)
    with pytest.warns(UserWarning, match="was interrupted"):
        found = search(
            Interrupting(tmp_path / "marker", os.getpid()),
            space,
            sampler=sampler,
            n_trials=10,
        ).fit(X, y)
    assert found.best_params_ == {"C": 1.0}


def test_workers_leave_the_cores_to_each_other(client):
    assert set(client.run(n_threads).values()) == {1}


def test_processes_of_joblib():
    with joblib.parallel_config("loky", n_jobs=2):
        assert_same_as_here(search(PIPE, {"logisticregression__C": SPACE["C"]}))
        with config_context(assume_finite=True):
            assert_same_as_here(search(Choosy()))
    # with networks they would grow, which joblib takes for a leak of memory
    get_reusable_executor().shutdown(wait=True)
