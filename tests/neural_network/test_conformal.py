"""MAPIE and crepes around our networks: sets of classes that hold the right one."""

import numpy as np
import pytest

from skmirai import MiraiDNNClassifier

mapie = pytest.importorskip("mapie.classification")
crepes = pytest.importorskip("crepes")

CLASSES = np.array(["benign", "dos", "probe"])


def rows(n_rows, seed):
    """Rows of classes that overlap, two in three benign."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n_rows, p=[0.5, 0.25, 0.25])
    return rng.normal(size=(n_rows, 5)) + labels[:, None] * [1, -0.5, 0, 0, 0], labels


@pytest.fixture(scope="module")
def network(small):
    X, y = rows(2_000, 0)
    return MiraiDNNClassifier(**small).fit(X, CLASSES[y])


def test_sets_of_mapie_hold_the_right_class(network):
    conformal = mapie.SplitConformalClassifier(network, confidence_level=0.9)
    X, y = rows(20_000, 1)
    conformal.conformalize(X, CLASSES[y])
    X, y = rows(20_000, 2)
    labels, sets = conformal.predict_set(X)
    np.testing.assert_array_equal(labels, network.predict(X))
    assert sets[np.arange(len(y)), y, 0].mean() == pytest.approx(0.9, abs=0.01)
    assert 1 < sets.sum(axis=1).mean() < 2.5


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_sets_of_crepes_do_so_in_every_class(network, small, classes):
    def labelled(n_rows, seed):
        X, y = rows(n_rows, seed)
        return X, np.minimum(y, classes - 1)

    if classes == 2:
        network = MiraiDNNClassifier(**small).fit(*labelled(2_000, 0))
    conformal = crepes.WrapClassifier(network)
    X, y = labelled(20_000, 1)
    conformal.calibrate(X, network.classes_[y], class_cond=True, seed=0)
    X, y = labelled(20_000, 2)
    sets = conformal.predict_set(X, labels=False, confidence=0.9, smoothing=False)
    for label in range(classes):
        assert sets[y == label, label].mean() == pytest.approx(0.9, abs=0.01)
