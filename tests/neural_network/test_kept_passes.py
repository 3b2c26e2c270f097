"""Thinned networks that are kept for later calls, against those made anew."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine import passes


@pytest.fixture
def deep(small, binary):
    """A classifier with layers behind its first dropout, and rows for it."""
    X, y = binary
    clf = MiraiDNNClassifier(**small | {"n_layers": 2}, dropout_rate=0.3).fit(X, y)
    passes._kept_masks.cache_clear()
    return clf, np.tile(X, (20, 1))


def samples(clf, X, **how):
    how = {"n_passes": 60, "random_state": 3, "return_samples": True} | how
    return clf.predict_uncertainty(X, **how).samples


@pytest.mark.parametrize("masked_values", [0, 2**30])
def test_calls_alike_take_what_was_kept(deep, masked_values, monkeypatch):
    clf, X = deep
    monkeypatch.setattr(passes, "_MASKED_VALUES", masked_values)
    first = samples(clf, X)
    again = samples(clf, X)
    assert passes._kept_masks.cache_info().hits == 1
    np.testing.assert_array_equal(again, first)
    passes._kept_masks.cache_clear()
    np.testing.assert_array_equal(samples(clf, X), first)


def test_other_calls_take_others(deep):
    clf, X = deep
    first = samples(clf, X)
    for other in ({"random_state": 4}, {"n_passes": 61}):
        assert not np.array_equal(samples(clf, X, **other)[:60], first)
    assert passes._kept_masks.cache_info().hits == 0
    np.testing.assert_array_equal(samples(clf, X), first)


def test_changed_weights_are_seen(deep, binary):
    clf, X = deep
    first = samples(clf, X)
    twin = copy.deepcopy(clf).partial_fit(*binary)
    changed = samples(twin, X)
    assert not np.array_equal(changed, first)
    weights = clf.model_.get_weights()
    for given, expected in ((twin.model_.get_weights(), changed), (weights, first)):
        clf.model_.set_weights(given)
        # weights that lie elsewhere in memory may round otherwise
        np.testing.assert_allclose(samples(clf, X), expected, rtol=1e-12)


def test_few_and_small_ones_are_kept(deep, monkeypatch):
    clf, X = deep
    for seed in range(3 * passes._KEPT_CALLS):
        samples(clf, X[:5], random_state=seed)
    assert passes._kept_masks.cache_info().currsize == passes._KEPT_CALLS
    passes._kept_masks.cache_clear()
    monkeypatch.setattr(passes, "_KEPT_FOR_LATER", 100)
    samples(clf, X)
    assert passes._kept_masks.cache_info().currsize == 0


def test_threads_may_ask_alike(deep):
    clf, X = deep
    first = samples(clf, X)
    passes._kept_masks.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: samples(clf, X), range(8)):
            np.testing.assert_array_equal(found, first)
