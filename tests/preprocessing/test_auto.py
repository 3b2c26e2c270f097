"""The scaler that the training rows choose."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import skmirai
from skmirai import MiraiDNNClassifier
from skmirai.datasets import make_mirai_traffic
from skmirai.preprocessing import AutoScaler, PiecewiseLinearEncoder
from skmirai.preprocessing._auto import twin_share


@parametrize_with_checks([AutoScaler()])
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def plain():
    X, y = make_classification(200, 6, n_redundant=0, random_state=0)
    return np.exp(X), y


@pytest.fixture(scope="module")
def twins(plain):
    X, y = plain
    noise = np.random.default_rng(0).normal(size=X.shape)
    return np.hstack([X, -2 * X + 0.01 * noise]), y


def test_share_is_that_of_numpys_correlations(twins):
    X, _ = twins
    X = np.column_stack([X, np.arange(len(X)) ** 3, np.full(len(X), 7.0)])
    alike = np.abs(np.corrcoef(X[:, :-1].T)) - np.eye(13)
    expected = (alike.max(axis=0) > 0.95).mean()
    assert 0 < expected < 1
    assert twin_share(X) == pytest.approx(expected)
    assert twin_share(X * 1e200) == pytest.approx(expected)


def test_weights_are_repetitions(twins):
    X, _ = twins
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    X = X[:, :9] + np.random.default_rng(1).normal(size=(len(X), 9))
    one = AutoScaler().fit(X, sample_weight=weight)
    other = AutoScaler().fit(np.repeat(X, weight, axis=0))
    assert one.twin_share_ == other.twin_share_
    np.testing.assert_allclose(one.transform(X), other.transform(X), atol=1e-12)


def test_twins_are_standardised_and_others_encoded(plain, twins):
    for (X, _), expected in (
        (twins, StandardScaler()),
        (plain, PiecewiseLinearEncoder()),
    ):
        scaler = AutoScaler().fit(X)
        np.testing.assert_array_equal(scaler.transform(X), expected.fit(X).transform(X))
        names = scaler.get_feature_names_out()
        assert names.tolist() == expected.get_feature_names_out().tolist()
        assert len(scaler.column_groups_) == len(names)
    assert AutoScaler(max_twin_share=1).fit(twins[0]).transform(twins[0]).shape[1] > 12


def test_features_of_packets_are_standardised():
    X = make_mirai_traffic(3_000, drop_index=True, random_state=0).data
    assert AutoScaler().fit(X).twin_share_ > 0.6


def test_parts_are_standardised(plain):
    X, _ = plain
    scaler = AutoScaler().partial_fit(X[:50]).partial_fit(X[50:])
    np.testing.assert_allclose(scaler.transform(X), StandardScaler().fit_transform(X))
    encoder = AutoScaler().fit(X[:50])
    before = encoder.transform(X)
    np.testing.assert_array_equal(encoder.partial_fit(X).transform(X), before)


def test_columns_without_variance_have_no_twins():
    assert twin_share(np.full((5, 3), 0.1)) == 0
    assert AutoScaler().fit(np.ones((5, 3))).transform(np.ones((2, 3))).shape == (2, 3)


SMALL = {"n_layers": 1, "n_nodes": 4, "epochs": 2, "random_state": 0, "scaler": "auto"}


@pytest.mark.slow
def test_members_of_an_estimator(plain, twins, tmp_path):
    for X, y in (plain, twins):
        clf = MiraiDNNClassifier(**SMALL).fit(X, y)
        assert clf.pipeline_["dnn"].network_.spec.n_members == 8
        one = MiraiDNNClassifier(**SMALL, n_members=1).fit(X, y)
        assert one.pipeline_["dnn"].network_.spec.n_members == 1
        skmirai.save(clf, tmp_path / "m")
        again = skmirai.load(tmp_path / "m")
        np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
        assert again.n_members == "auto"
        assert (again.fit(X, y).predict_proba(X) == clf.predict_proba(X)).all()
    default = MiraiDNNClassifier(**SMALL | {"scaler": "standard"}).fit(X, y)
    assert default.pipeline_["dnn"].network_.spec.n_members == 1


def test_goes_on_with_warm_start_and_parts(plain):
    X, y = plain
    clf = MiraiDNNClassifier(**SMALL, warm_start=True).fit(X, y)
    names = clf.pipeline_["scale"].get_feature_names_out()
    assert clf.fit(X, y).n_iter_ == 4
    assert (clf.pipeline_["scale"].get_feature_names_out() == names).all()
    by_parts = MiraiDNNClassifier(**SMALL).partial_fit(X, y, [0, 1]).partial_fit(X, y)
    assert by_parts.n_iter_ == 2


def test_a_table_with_text(plain):
    X, y = plain
    frame = pd.DataFrame(X).add_prefix("x")
    frame["kind"] = np.where(y == 1, "a", "b")
    clf = MiraiDNNClassifier(**SMALL).fit(frame, y)
    groups = clf.pipeline_["dnn"].groups
    assert len(groups) == len(clf.pipeline_[:-1].get_feature_names_out())
    assert groups.max() == 7
