"""Several trials at a time on a cluster, here in threads, which start at once."""

import joblib
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai.model_selection import MiraiSearchCV

distributed = pytest.importorskip("distributed")
optuna = pytest.importorskip("optuna")

X, y = make_classification(200, 10, random_state=0)
SPACE = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0]}


@pytest.fixture
def client():
    with distributed.Client(
        processes=False, n_workers=2, threads_per_worker=2, dashboard_address=":0"
    ) as client:
        yield client


def search():
    return MiraiSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        SPACE,
        n_trials=4,
        cv=2,
        sampler=optuna.samplers.GridSampler(SPACE, seed=0),
        pruner=optuna.pruners.NopPruner(),
        error_score="raise",
    )


def scores(found):
    """Scores of the folds by the parameter, whatever the order of trials."""
    return {
        params["logisticregression__C"]: [
            found[f"split{n}_test_score"][i] for n in range(2)
        ]
        for i, params in enumerate(found["params"])
    }


def test_trials_side_by_side(client):
    with joblib.parallel_config("dask"):
        there = search().fit(X, y)
    here = search().fit(X, y)
    assert scores(there.cv_results_) == scores(here.cv_results_)
    assert there.best_score_ == here.best_score_


def test_a_cluster_without_workers():
    with (
        distributed.Client(processes=False, n_workers=0, dashboard_address=":0"),
        joblib.parallel_config("dask", wait_for_workers_timeout=0.1),
        pytest.raises(TimeoutError, match="no worker after"),
    ):
        search().fit(X, y)
