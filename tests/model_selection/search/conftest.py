"""Small tables, and a search that is quick and ends no trial."""

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV

optuna = pytest.importorskip("optuna")

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
