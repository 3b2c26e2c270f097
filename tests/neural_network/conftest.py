"""Small tables, and networks fitted to them that no test may change."""

import copy
import warnings
from contextlib import contextmanager

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_classification, make_regression
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer
from sklearn.random_projection import SparseRandomProjection

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor

# Its assertions say as much as those of test files.
pytest.register_assert_rewrite("tests.neural_network.forging")

#: A network that learns these tables in the shortest time.
SMALL = {"n_layers": 1, "n_nodes": 8, "epochs": 3, "batch_size": 32, "random_state": 0}


class _BatchWatcher(keras.callbacks.Callback):
    n_batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n_batches += 1


@pytest.fixture
def batch_watcher():
    """Callback that counts batches, which needs Keras's own loop."""
    return _BatchWatcher()


@pytest.fixture
def both_ways(batch_watcher):
    """Train equal networks on 50 rows, by compiled epochs and by Keras's loop.

    The function takes what makes a network, and 70 rows with targets and weights, the
    last 20 to validate. It returns both networks with their figures. Batches are of
    16 rows: three whole ones and a rest of 2.
    """

    def train(make, X, y, weight):
        seen = {
            "batch_size": 16,
            "epochs": 3,
            "verbose": 0,
            "sample_weight": weight[:50],
            "validation_data": (X[50:], y[50:], weight[50:]),
        }
        ours, theirs = make(), make()
        compiled = ours.fit(X[:50], y[:50], **seen).history
        loop = theirs.fit(X[:50], y[:50], **seen, callbacks=[batch_watcher]).history
        assert batch_watcher.n_batches == 3 * 4
        assert compiled.keys() == loop.keys()
        return (ours, compiled), (theirs, loop)

    return train


@pytest.fixture(scope="session")
def small():
    """Parameters of a small, seeded network with the default dropout."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def learning():
    """Parameters of a small network that really learns, in few epochs."""
    return {**SMALL, "epochs": 12, "learning_rate": 0.03, "dropout_rate": 0}


def _frozen(*arrays):
    for array in arrays:
        array.flags.writeable = False
    return arrays


@pytest.fixture(scope="session")
def binary():
    """120 rows, 6 columns, labels 0 and 1; well separated."""
    return _frozen(
        *make_classification(
            120, 6, n_informative=4, n_redundant=0, class_sep=1.5, random_state=3
        )
    )


@pytest.fixture(scope="session")
def named(binary):
    """Rows of ``binary`` as a data frame with columns a to f, and their labels."""
    X, y = binary
    return pd.DataFrame(X, columns=[*"abcdef"]), y


@pytest.fixture(scope="session")
def three_classes():
    """150 rows, 5 columns, labels 0, 1 and 2."""
    return _frozen(
        *make_classification(
            150,
            5,
            n_informative=4,
            n_redundant=0,
            n_classes=3,
            n_clusters_per_class=1,
            class_sep=2,
            random_state=1,
        )
    )


@pytest.fixture(scope="session")
def regression():
    """120 rows, 4 columns, a target with mean 0 and standard deviation 1."""
    X, y = make_regression(120, 4, noise=1, random_state=0)
    return _frozen(X, (y - y.mean()) / y.std())


@pytest.fixture(params=["binary", "multiclass", "regression"])
def kind_and_table(request):
    """Class of estimators, and rows and targets for it."""
    tables = {
        "binary": (MiraiDNNClassifier, "binary"),
        "multiclass": (MiraiDNNClassifier, "three_classes"),
        "regression": (MiraiDNNRegressor, "regression"),
    }
    kind, table = tables[request.param]
    return kind, *request.getfixturevalue(table)


@pytest.fixture(scope="session")
def fitted_classifier(small, binary):
    """Binary classifier, do not change it: deepcopy it first."""
    return MiraiDNNClassifier(**small).fit(*binary)


@pytest.fixture(scope="session")
def fitted_named(small, named):
    """Binary classifier of named columns, do not change it: deepcopy it first."""
    return MiraiDNNClassifier(**small).fit(*named)


@pytest.fixture(scope="session")
def fitted_multiclass(small, three_classes):
    """Classifier of three classes, do not change it: deepcopy it first."""
    return MiraiDNNClassifier(**small).fit(*three_classes)


@pytest.fixture(scope="session")
def fitted_regressor(small, regression):
    """Regressor, do not change it: deepcopy it first."""
    return MiraiDNNRegressor(**small).fit(*regression)


@pytest.fixture
def good_file(fitted_classifier, tmp_path):
    """File of a fitted classifier."""
    fitted_classifier.save(tmp_path / "good.skmirai")
    return tmp_path / "good.skmirai"


@pytest.fixture(scope="session")
def tiny():
    """Classifier whose file is small, its rows and their probabilities."""
    X, y = make_classification(60, 4, random_state=0)
    clf = MiraiDNNClassifier(
        1, 3, epochs=1, optimizer="sgd", random_state=0, class_weight={0: 1, 1: 2}
    )
    return clf.fit(X, y), X, clf.predict_proba(X)


@pytest.fixture(scope="session")
def tiny_pipeline(tiny):
    """Pipeline with much that may be forged, and rows."""
    _, X, _ = tiny
    y = (X[:, 0] > 0).astype(int)
    table = pd.DataFrame(X.round(), columns=["a", "b", "c", "d"])
    text = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3)
    front = ColumnTransformer(
        [
            ("codes", text.set_params(drop="first", sparse_output=False), ["a", "b"]),
            ("curves", SplineTransformer(3), make_column_selector("c")),
            ("sparse", SparseRandomProjection(2, random_state=0), ["a", "c"]),
        ],
        remainder=FunctionTransformer(np.arctan),
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, optimizer="sgd", random_state=0)
    pipe = make_pipeline(front, SelectKBest(f_classif, k=3), clf)
    return pipe.fit(table, y), table


def _learned(estimator):
    """Values of all that was learned: network, optimizer, scaler, figures.

    They are those of the variables of ``model_``, which takes long to build.
    """
    network = estimator.pipeline_["dnn"].network_
    spec, state = network.spec, network.read_state()
    sizes = spec.n_features, spec.embeddings, spec.sizes, spec.n_members, spec.n_outputs
    values = np.asarray(state.floats), np.asarray(state.ints)
    scale = _attributes(estimator.pipeline_["scale"])
    return copy.deepcopy((sizes, values, scale, estimator.history_))


def _attributes(estimator):
    """Attributes of a scaler, those of one inside it too."""
    return {
        name: _attributes(value) if isinstance(value, BaseEstimator) else value
        for name, value in vars(estimator).items()
    }


@pytest.fixture(scope="session")
def same_state():
    """Function that compares all that two estimators have learned, to the bit."""

    def check(one, other):
        np.testing.assert_equal(_learned(one), _learned(other))

    return check


@pytest.fixture(scope="session")
def unchanged():
    """Context in which nothing that an estimator has learned may change."""

    @contextmanager
    def check(estimator, X):
        names = vars(estimator).copy()
        learned = _learned(estimator)
        output = estimator.predict(X)
        yield
        assert vars(estimator).keys() == names.keys()
        for name, value in names.items():
            assert vars(estimator)[name] is value, f"{name} changed"
        np.testing.assert_equal(_learned(estimator), learned)
        np.testing.assert_array_equal(estimator.predict(X), output)

    return check


@pytest.fixture(scope="session")
def warns():
    """Context that demands a warning; unlike pytest.warns, others still raise."""

    @contextmanager
    def check(category, match):
        with warnings.catch_warnings(record=True) as caught:
            warnings.filterwarnings("always", f"(?s).*{match}", category)
            yield caught
        assert caught, f"no {category.__name__} that matches {match!r}"

    return check
