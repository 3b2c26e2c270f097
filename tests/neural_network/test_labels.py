"""Tables of labels: the error names what to pass instead, and that works."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.multioutput import MultiOutputClassifier
from sklearn.preprocessing import MultiLabelBinarizer

from skmirai import MiraiDNNClassifier


def one_hot(y):
    return np.eye(3)[y]


ONE_HOT = {
    "array": (one_hot, "y.argmax(axis=1)"),
    "bool": (lambda y: one_hot(y).astype(bool), "y.argmax(axis=1)"),
    "list": (lambda y: one_hot(y).tolist(), "np.argmax(y, axis=1)"),
    "frame": (lambda y: pd.get_dummies(pd.Series(y)), "y.idxmax(axis=1)"),
    "sparse": (lambda y: sparse.csr_array(one_hot(y)), "y.toarray().argmax(axis=1)"),
    "matrix": (lambda y: sparse.csr_matrix(one_hot(y)), "y.toarray().argmax(axis=1)"),
}


@pytest.mark.parametrize("name", ONE_HOT)
def test_one_hot_labels(small, three_classes, fitted_multiclass, name):
    X, y = three_classes
    make, remedy = ONE_HOT[name]
    with pytest.raises(ValueError, match="got an array of shape") as caught:
        MiraiDNNClassifier(**small).fit(X, make(y))
    assert str(caught.value) == (
        f"y should be a 1d array, got an array of shape (150, 3) instead; its rows are "
        f"one-hot: pass {remedy}"
    )
    labels = eval(remedy, {"y": make(y), "np": np})
    clf = MiraiDNNClassifier(**small).fit(X, labels)
    np.testing.assert_array_equal(
        clf.predict_proba(X), fitted_multiclass.predict_proba(X)
    )


def test_one_hot_labels_of_a_pyarrow_table(small, three_classes):
    pa = pytest.importorskip("pyarrow")
    X, y = three_classes
    table = pa.table(dict(zip("abc", one_hot(y).T, strict=True)))
    with pytest.raises(ValueError, match=r"pass np\.argmax\(y, axis=1\)"):
        MiraiDNNClassifier(**small).fit(X, table)
    np.testing.assert_array_equal(np.argmax(table, axis=1), y)


@pytest.mark.parametrize("method", ["evaluate", "mc_score", "partial_fit", "fit"])
def test_one_hot_labels_anywhere(three_classes, fitted_multiclass, method):
    X, y = three_classes
    arguments, name = (X, one_hot(y)), "y"
    if method == "fit":
        arguments, name = (X, y, None), "y_val"
    given = {"X_val": X, "y_val": one_hot(y)} if method == "fit" else {}
    message = rf"^{name} should be a 1d array.*pass {name}\.argmax\(axis=1\)"
    with pytest.raises(ValueError, match=message):
        getattr(fitted_multiclass, method)(*arguments, **given)


@pytest.mark.parametrize(
    "labels",
    [
        lambda y: np.column_stack([y > 0, y > 1]).astype(int),
        lambda y: np.column_stack([y > 0, y > 1]).astype(int).tolist(),
        lambda y: np.column_stack([y, y]),
        lambda y: np.column_stack([y, y]).astype(str),
        lambda y: sparse.csr_array(np.column_stack([y > 0, y > 1]).astype(int)),
        lambda y: pd.DataFrame({"a": y, "b": y > 0}),
    ],
)
def test_several_labels_for_each_row(small, three_classes, labels):
    X, y = three_classes
    message = (
        r"^y should be a 1d array, got an array of shape \(150, 2\).*one classifier "
        r"per column: sklearn.multioutput.MultiOutputClassifier\(MiraiDNNClassifier"
    )
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small).fit(X, labels(y))


@pytest.mark.slow
def test_remedy_for_several_labels(small, three_classes):
    X, y = three_classes
    several = np.column_stack([y > 0, y > 1]).astype(int)
    many = MultiOutputClassifier(MiraiDNNClassifier(**small)).fit(X, several)
    for column, clf in enumerate(many.estimators_):
        one = MiraiDNNClassifier(**small).fit(X, several[:, column])
        np.testing.assert_array_equal(clf.predict_proba(X), one.predict_proba(X))


@pytest.mark.parametrize("kind", [list, tuple, set])
def test_lists_of_labels(small, three_classes, kind):
    X, y = three_classes
    rows = [kind(["scan", "flood"][: 1 + k % 2]) for k in range(len(y))]
    message = (
        r"y should be a 1d array, but holds lists of 1 to 2 labels; "
        r".*MultiLabelBinarizer\(\).fit_transform\(y\).*MultiOutputClassifier"
    )
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small).fit(X, rows)
    assert MultiLabelBinarizer().fit_transform(rows).shape == (150, 2)


def test_one_column_is_no_table(small, three_classes, fitted_multiclass, warns):
    X, y = three_classes
    for column in (y[:, None], y[:, None].tolist(), pd.DataFrame({"y": y})):
        with warns(UserWarning, "column-vector y was passed"):
            clf = MiraiDNNClassifier(**small).fit(X, column)
        np.testing.assert_array_equal(
            clf.predict_proba(X), fitted_multiclass.predict_proba(X)
        )
