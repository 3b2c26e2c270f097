"""Novelty of rows: what estimators keep of the training rows, and how it travels."""

import copy
import pickle

import keras
import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import gen_batches

import skmirai
from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNEnsembleRegressor,
    MiraiDNNRegressor,
)
from tests.neural_network.forging import forged, members_of, put, put_array


@pytest.fixture(scope="module")
def keeping(small):
    return {**small, "novelty_rows": 40}


@pytest.fixture(scope="module")
def fitted(keeping, binary):
    """Classifier that kept training rows, do not change it."""
    return MiraiDNNClassifier(**keeping).fit(*binary)


@pytest.fixture
def kept_file(fitted, tmp_path):
    """File of a classifier that kept training rows."""
    fitted.save(tmp_path / "kept.skmirai")
    return tmp_path / "kept.skmirai"


def last_layer(estimator, X):
    """What the output layer of the live Keras model gets."""
    signal = estimator.pipeline_[:-1].transform(X)
    for layer in estimator.model_.layers[:-1]:
        if not isinstance(layer, keras.layers.InputLayer):
            signal = layer(signal)
    return np.asarray(signal)


@pytest.mark.slow(after=1)
def test_scores_are_those_of_signals_and_logits(kind_and_table, keeping):
    kind, X, y = kind_and_table
    estimator = kind(**keeping).fit(X, y)
    indecision = None
    if kind is MiraiDNNClassifier:
        logits = estimator.decision_function(X)
        if logits.ndim == 1:
            indecision = -abs(logits)
        else:
            proba = np.sort(np.exp(log_softmax(logits, axis=1)), axis=1)
            indecision = np.log(proba[:, :-1].sum(axis=1) / proba[:, -1])
    found = estimator.novelty_score(X)
    signals = last_layer(copy.deepcopy(estimator), X)
    p = estimator.novelty_.p_values(signals, indecision)
    np.testing.assert_allclose(found, -np.log10(p), rtol=1e-6)
    assert not np.signbit(found).any()
    assert (found == 0).any()


def test_kept_are_training_rows(fitted, binary):
    signals = last_layer(copy.deepcopy(fitted), binary[0]).astype(np.float32)
    kept = fitted.novelty_.signals * fitted.novelty_.scale
    assert len(kept) == 40
    apart = np.abs(kept[:, None] - signals[None]).max(axis=2).min(axis=1)
    assert (apart < 1e-5).all()


def test_far_rows_are_novel(fitted, binary):
    X, _ = binary
    score = fitted.novelty_score(np.concatenate([X, 30 * X]))
    assert np.median(score[120:]) > np.quantile(score[:120], 0.9)


def test_fit_is_the_same_with_and_without(fitted, binary, small, same_state):
    plain = MiraiDNNClassifier(**small).fit(*binary)
    same_state(plain, fitted)
    assert not hasattr(plain, "novelty_")


def test_rows_are_judged_alone(fitted, binary):
    X, _ = binary
    together = fitted.novelty_score(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(fitted.novelty_score(X[order]), together[order])
    for rows in gen_batches(len(X), 7):
        np.testing.assert_array_equal(fitted.novelty_score(X[rows]), together[rows])
    np.testing.assert_array_equal(fitted.novelty_score(X[:1]), together[:1])


def test_equal_seed_equal_scores(fitted, keeping, binary):
    again = clone(fitted)
    assert not hasattr(again, "novelty_")
    X, y = binary
    scores = again.fit(X, y).novelty_score(X)
    np.testing.assert_array_equal(scores, fitted.novelty_score(X))
    other = MiraiDNNClassifier(**{**keeping, "random_state": 1}).fit(X, y)
    assert not np.array_equal(other.novelty_score(X), scores)


def test_prediction_leaves_all_as_it_was(fitted, binary, unchanged):
    with unchanged(fitted, binary[0]):
        fitted.novelty_score(binary[0])


def test_large_tables_are_read_in_parts(fitted, binary):
    X = np.tile(binary[0], (80, 1))
    score = fitted.novelty_score(X)
    np.testing.assert_array_equal(score, np.tile(fitted.novelty_score(binary[0]), 80))


@pytest.mark.slow
def test_members_and_linear_networks(small, binary):
    X, y = binary
    members = MiraiDNNClassifier(**small, n_members=3, novelty_rows=30).fit(X, y)
    assert members.novelty_.signals.shape == (30, 8)
    linear = MiraiDNNClassifier(**{**small, "n_layers": 0}, novelty_rows=30).fit(X, y)
    assert linear.novelty_.signals.shape == (30, X.shape[1])
    for clf in (members, linear):
        assert clf.novelty_score(X).shape == (120,)


# -- fits of every kind -------------------------------------------------------------


@pytest.mark.slow
def test_warm_start_keeps_rows_anew(keeping, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**keeping, warm_start=True).fit(X, y)
    before = clf.novelty_
    clf.fit(X[:60], y[:60])
    assert clf.novelty_ is not before
    assert len(clf.novelty_.signals) == 30  # half of the rows of this fit
    signals = last_layer(copy.deepcopy(clf), X[:60])
    kept = clf.novelty_.signals * clf.novelty_.scale
    apart = np.abs(kept[:, None] - signals[None]).max(axis=2).min(axis=1)
    assert (apart < 1e-5).all()


def test_partial_fit_keeps_none(fitted, binary):
    clf = copy.deepcopy(fitted).partial_fit(*binary)
    with pytest.raises(AttributeError, match="partial_fit keeps none"):
        clf.novelty_score(binary[0])


def test_later_fit_without_rows_keeps_none(fitted, binary):
    clf = copy.deepcopy(fitted).set_params(novelty_rows=None).fit(*binary)
    assert not hasattr(clf, "novelty_")


def test_failed_fit_keeps_what_was_there(fitted, binary):
    clf = copy.deepcopy(fitted)
    before = clf.novelty_
    with pytest.raises(ValueError, match="one class only"):
        clf.fit(binary[0], np.ones(120))
    assert clf.novelty_ is before


def test_rows_of_weight_0_and_of_validation_are_not_kept(keeping, binary):
    X, y = binary
    weight = np.arange(120) % 4 > 0
    clf = MiraiDNNClassifier(**{**keeping, "novelty_rows": 500})
    clf.fit(X, y, weight, X_val=X[:10], y_val=y[:10])
    assert len(clf.novelty_.signals) == 45


# -- ensembles ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_ensemble_scores_are_means(kind, keeping, request, tmp_path):
    X, y = request.getfixturevalue(kind)
    ensemble = {
        "binary": MiraiDNNEnsembleClassifier(MiraiDNNClassifier(**keeping), 2),
        "regression": MiraiDNNEnsembleRegressor(MiraiDNNRegressor(**keeping), 2),
    }[kind]
    ensemble.set_params(random_state=0).fit(X, y)
    each = [member.novelty_score(X) for member in ensemble.estimators_]
    np.testing.assert_allclose(ensemble.novelty_score(X), np.mean(each, axis=0))
    ensemble.save(tmp_path / "file")
    again = skmirai.load(tmp_path / "file").novelty_score(X)
    np.testing.assert_array_equal(again, ensemble.novelty_score(X))


# -- errors -------------------------------------------------------------------------


def test_nothing_was_kept(fitted_classifier, binary):
    with pytest.raises(AttributeError, match="fit with novelty_rows=5000"):
        fitted_classifier.novelty_score(binary[0])
    with pytest.raises(NotFittedError):
        MiraiDNNClassifier(novelty_rows=5).novelty_score(binary[0])


@pytest.mark.parametrize("n", [0, 1, -5, 2.5, "all"])
def test_numbers_of_rows_that_make_no_sense(n, binary):
    with pytest.raises(ValueError, match="'novelty_rows' parameter"):
        MiraiDNNClassifier(novelty_rows=n).fit(*binary)


@pytest.mark.slow
def test_too_few_rows(small):
    X, y = np.eye(3), [0, 1, 1]
    with pytest.raises(ValueError, match="from 3 rows"):
        MiraiDNNClassifier(**small, novelty_rows=5).fit(X, y)


def test_wrong_columns(fitted):
    with pytest.raises(ValueError, match="5 features"):
        fitted.novelty_score(np.zeros((2, 5)))


# -- files --------------------------------------------------------------------------


def test_scores_travel(fitted, kept_file, binary):
    X, _ = binary
    expected = fitted.novelty_score(X)
    for again in (
        skmirai.load(kept_file),
        pickle.loads(pickle.dumps(fitted)),
        copy.deepcopy(fitted),
    ):
        assert again.novelty_rows == 40
        np.testing.assert_array_equal(again.novelty_score(X), expected)


def test_files_without_rows_are_as_before(good_file):
    content = members_of(good_file)["estimator.json"]
    assert b"novelty" not in content


def test_files_grow_by_what_is_kept(good_file, kept_file, fitted):
    n_bytes = sum(v.nbytes for v in fitted.novelty_.__getstate__().values())
    grown = kept_file.stat().st_size - good_file.stat().st_size
    assert 0 < grown < n_bytes + 3000


def drop(name):
    return lambda content, members: content["novelty"].pop(name)


FORGED = {
    "other width": (
        put_array("novelty", "signals", array=np.zeros((3, 4), "float32")),
        "do not fit together",
    ),
    "other network": (
        lambda content, members: [
            put_array("novelty", "signals", array=np.zeros((3, 4)))(content, members),
            put_array("novelty", "scale", array=np.ones(4))(content, members),
        ],
        "compares 4 units and 2 scores, but the network has 8 and 2",
    ),
    "one score": (
        put_array("novelty", "scores", array=np.zeros((3, 1))),
        "8 units and 1 scores, but",
    ),
    "no rows": (
        put_array("novelty", "signals", array=np.zeros((0, 8))),
        "signals must hold finite numbers",
    ),
    "NaN": (
        put_array("novelty", "surprise", array=np.array([np.nan])),
        "surprise must hold finite numbers",
    ),
    "scale 0": (put_array("novelty", "scale", array=np.zeros(8)), "do not fit"),
    "integers": (put_array("novelty", "surprise", array=np.ones(3, int)), "no arrays"),
    "list": (put("novelty", "scale", value=[1.0] * 8), "no arrays"),
    "missing": (drop("scale"), "no arrays"),
    "unknown": (put("novelty", "evil", value=1), "no arrays"),
}


@pytest.mark.parametrize(("change", "message"), FORGED.values(), ids=FORGED)
def test_forged_files_are_refused(kept_file, change, message):
    with pytest.raises(ValueError, match=f"(?s)kept.skmirai.*{message}.*save"):
        skmirai.load(forged(kept_file, change))
