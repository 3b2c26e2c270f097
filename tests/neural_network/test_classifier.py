"""MiraiDNNClassifier: labels of every type, outputs that agree with each other."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._rows.prepared import precision

# Two increasing labels each, so that the encoded targets are 0 and 1.
LABELS = {
    "str": ["benign", "mirai"],
    "bool": [False, True],
    "int": [3, 70],
    "negative": [-1, 1],
    "whole floats": [1.0, 2.0],
    "unsigned": np.array([0, 255], dtype=np.uint8),
    "object": np.array(["benign", "mirai"], dtype=object),
}


def test_kind_of_estimator():
    for estimator in (
        MiraiDNNClassifier(),
        make_pipeline(StandardScaler(), MiraiDNNClassifier()),
    ):
        assert is_classifier(estimator)
        assert not is_regressor(estimator)
    tags = get_tags(MiraiDNNClassifier())
    assert tags.classifier_tags.multi_class
    assert tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert not tags.target_tags.multi_output


@pytest.mark.parametrize("kind", LABELS)
def test_type_of_labels_changes_nothing_but_the_labels(
    small, binary, fitted_classifier, kind
):
    X, y = binary
    labels = np.asarray(LABELS[kind])
    clf = MiraiDNNClassifier(**small).fit(X, labels[y])
    np.testing.assert_array_equal(clf.classes_, labels)
    assert clf.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(
        clf.predict_proba(X), fitted_classifier.predict_proba(X)
    )
    predicted = clf.predict(X)
    assert predicted.dtype == labels.dtype
    np.testing.assert_array_equal(predicted, labels[fitted_classifier.predict(X)])
    assert clf.score(X, labels[y]) == fitted_classifier.score(X, y)


@pytest.mark.parametrize("dtype", ["category", "string", "str", "object"])
def test_pandas_labels(small, binary, fitted_classifier, dtype):
    X, y = binary
    labels = pd.Series(np.array(["benign", "mirai"])[y]).astype(dtype)
    clf = MiraiDNNClassifier(**small).fit(X, labels)
    assert clf.classes_.tolist() == ["benign", "mirai"]
    np.testing.assert_array_equal(
        clf.predict_proba(X), fitted_classifier.predict_proba(X)
    )
    assert clf.score(X, labels) == fitted_classifier.score(X, y)
    assert set(clf.predict(X)) <= {"benign", "mirai"}


def test_unused_category_is_no_class(small, binary):
    X, y = binary
    labels = pd.Categorical.from_codes(y, ["benign", "mirai", "never seen"])
    assert MiraiDNNClassifier(**small).fit(X, labels).classes_.tolist() == [
        "benign",
        "mirai",
    ]


def test_column_vector_of_labels_warns_and_works(
    small, binary, fitted_classifier, warns
):
    X, y = binary
    with warns(UserWarning, "column-vector y was passed"):
        clf = MiraiDNNClassifier(**small).fit(X, y[:, np.newaxis])
    np.testing.assert_array_equal(
        clf.predict_proba(X), fitted_classifier.predict_proba(X)
    )


def test_outputs_of_two_classes_agree(fitted_classifier, binary):
    X, y = binary
    logit = fitted_classifier.decision_function(X)
    proba = fitted_classifier.predict_proba(X)
    assert logit.shape == (len(X),)
    np.testing.assert_allclose(proba[:, 1], expit(logit), rtol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(
        fitted_classifier.predict_log_proba(X), np.log(proba), rtol=1e-10
    )
    predicted = fitted_classifier.predict(X)
    np.testing.assert_array_equal(predicted, proba.argmax(axis=1))
    np.testing.assert_array_equal(predicted, (logit > 0).astype(int))
    assert fitted_classifier.score(X, y) == accuracy_score(y, predicted)


def test_outputs_of_three_classes_agree(fitted_multiclass, three_classes):
    X, y = three_classes
    logits = fitted_multiclass.decision_function(X)
    proba = fitted_multiclass.predict_proba(X)
    assert logits.shape == (len(X), 3)
    np.testing.assert_allclose(proba, softmax(logits, axis=1), rtol=1e-12)
    np.testing.assert_allclose(
        fitted_multiclass.predict_log_proba(X),
        log_softmax(logits, axis=1),
        rtol=1e-12,
    )
    predicted = fitted_multiclass.predict(X)
    np.testing.assert_array_equal(predicted, logits.argmax(axis=1))
    assert fitted_multiclass.score(X, y) == accuracy_score(y, predicted)


@pytest.mark.parametrize("fixture", ["binary", "three_classes"])
def test_it_learns(request, learning, fixture):
    X, y = request.getfixturevalue(fixture)
    clf = MiraiDNNClassifier(**learning).fit(X[::2], y[::2])
    majority = np.bincount(y[1::2]).max() / len(y[1::2])
    assert clf.score(X[1::2], y[1::2]) > majority + 0.3


def test_log_probabilities_stay_finite_where_probabilities_vanish(
    fitted_classifier, fitted_multiclass, binary, three_classes
):
    for clf, (X, _) in (
        (fitted_classifier, binary),
        (fitted_multiclass, three_classes),
    ):
        far = X * 1e4
        assert clf.predict_proba(far).min() == 0
        log_proba = clf.predict_log_proba(far)
        assert np.isfinite(log_proba).all()
        assert log_proba.min() < -745, "the logarithm of the smallest number"


def test_what_a_fit_leaves_behind(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small)
    assert not [name for name in vars(clf) if name.endswith("_")]
    assert clf.fit(X, y) is clf
    assert clf.n_features_in_ == 6
    assert not hasattr(clf, "feature_names_in_")
    assert clf.n_iter_ == 3
    assert type(clf.history_) is dict
    assert {name: len(v) for name, v in clf.history_.items()} == {
        "loss": 3,
        "accuracy": 3,
    }
    assert all(type(v) is float for values in clf.history_.values() for v in values)
    assert clf.n_parameters_ == 6 * 8 + 8 + 8 + 1
    np.testing.assert_array_equal(clf.class_weight_, [1, 1])
    assert [name for name, _ in clf.pipeline_.steps] == ["drop", "scale", "dnn"]
    assert clf.model_ is clf.pipeline_["dnn"].model_
    assert clf.callbacks_ == []


@pytest.mark.slow
def test_second_fit_starts_clean(small, binary, three_classes, fitted_classifier):
    clf = MiraiDNNClassifier(**small, validation_fraction=0.2)
    table = pd.DataFrame(three_classes[0]).add_prefix("column")
    clf.fit(table, three_classes[1])
    clf.set_params(validation_fraction=None).fit(*binary)
    assert vars(clf).keys() == vars(fitted_classifier).keys()
    assert clf.history_ == fitted_classifier.history_
    np.testing.assert_array_equal(
        clf.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_prediction_of_a_row_does_not_depend_on_the_rows_beside_it(
    fitted_classifier, binary
):
    X, _ = binary
    proba = fitted_classifier.predict_proba(X)
    rows = np.random.default_rng(0).permutation(len(X))[:31]
    np.testing.assert_allclose(
        fitted_classifier.predict_proba(X[rows]), proba[rows], rtol=1e-12
    )
    np.testing.assert_allclose(
        fitted_classifier.predict_proba(X[7:8]), proba[7:8], rtol=1e-12
    )


def test_float32_rows_give_a_float32_network(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X.astype(np.float32), y)
    assert {w.dtype for w in clf.model_.get_weights()} == {np.dtype("float32")}
    proba = clf.predict_proba(X.astype(np.float32))
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    forced = MiraiDNNClassifier(**small, dtype="float32").fit(X, y)
    np.testing.assert_allclose(forced.predict_proba(X), proba, rtol=1e-4)


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(1_000_000 // 20, "float64"), (50_001, "float32")]
)
def test_large_tables_are_computed_in_float32(n_rows, expected):
    clf = MiraiDNNClassifier()
    table = np.broadcast_to(np.float64(0), (n_rows, 20))
    assert precision(clf, table) == expected
    assert precision(clf.set_params(dtype="float64"), table) == "float64"


@pytest.mark.parametrize(
    "call",
    [
        lambda clf, X, y: clf.predict(X),
        lambda clf, X, y: clf.predict_proba(X),
        lambda clf, X, y: clf.predict_log_proba(X),
        lambda clf, X, y: clf.decision_function(X),
        lambda clf, X, y: clf.predict_uncertainty(X),
        lambda clf, X, y: clf.mc_score(X, y),
        lambda clf, X, y: clf.evaluate(X, y),
        lambda clf, X, y: clf.score(X, y),
        lambda clf, X, y: clf.summary(),
        lambda clf, X, y: clf.model_,
    ],
)
def test_unfitted(call, binary):
    with pytest.raises(NotFittedError, match="MiraiDNNClassifier instance is not"):
        call(MiraiDNNClassifier(), *binary)
    assert not hasattr(MiraiDNNClassifier(), "model_")


def test_summary_prints_the_layers(fitted_classifier, capsys):
    fitted_classifier.summary()
    printed = capsys.readouterr().out
    for text in ("dense_1", "dropout_1", "output", "65"):
        assert text in printed
