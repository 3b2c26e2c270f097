"""Small tables, a search that is quick and ends no trial, storages of studies."""

from functools import partial
from uuid import uuid4

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV

optuna = pytest.importorskip("optuna")

KINDS = ["journal", "sqlite", "postgres"]

pytest.register_assert_rewrite("tests.model_selection.search.twins")


@pytest.fixture(scope="session")
def data():
    """80 rows of two classes with flipped labels, so that no score is perfect."""
    X, y = make_classification(80, 6, n_informative=3, flip_y=0.2, random_state=0)
    X.flags.writeable = y.flags.writeable = False
    return X, y


@pytest.fixture
def tree():
    """Estimator that is fitted in a millisecond."""
    return DecisionTreeClassifier(max_depth=2, random_state=0)


@pytest.fixture
def whole():
    """A search of six trials in three folds, none of which is pruned."""
    return partial(
        MiraiSearchCV,
        n_trials=6,
        cv=3,
        pruner=optuna.pruners.NopPruner(),
        random_state=0,
    )


@pytest.fixture(scope="session")
def weights(data):
    """Weights of the rows."""
    return np.random.default_rng(0).uniform(0.2, 2, len(data[1]))


def located(kind, request):
    """Path or URL of a storage that processes can share."""
    if kind == "postgres":
        return request.getfixturevalue("postgres")
    folder = request.getfixturevalue("tmp_path")
    if kind == "sqlite":
        return f"sqlite:///{folder}/search.db"
    return str(folder / "search.journal")


@pytest.fixture(params=KINDS)
def address(request):
    return located(request.param, request)


@pytest.fixture(params=KINDS)
def new_address(request):
    """A storage without tables."""
    address = located(request.param, request)
    if request.param != "postgres":
        return address
    psycopg = pytest.importorskip("psycopg")
    name = f"new{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return address.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["memory", *KINDS])
def storage(request):
    """A storage that can be opened again."""
    if request.param == "memory":
        return optuna.storages.InMemoryStorage()
    return located(request.param, request)


@pytest.fixture
def study_name():
    """A new name, since all tests share one database."""
    return f"search-{uuid4()}"
