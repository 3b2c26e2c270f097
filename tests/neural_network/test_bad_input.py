"""Bad input: an error that names value and remedy, and nothing learned is lost."""

import copy
import re
import threading

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._engine.program import Programs

NAMES = ["a", "b", "c", "d", "e", "f"]


@pytest.fixture(scope="module")
def table(binary):
    X, y = binary
    return pd.DataFrame(X, columns=NAMES), y


@pytest.fixture(scope="module")
def fitted(small, table):
    return MiraiDNNClassifier(**small).fit(*table)


def with_value(X, value):
    X = X.copy()
    X.iloc[3, 2] = value
    return X


class Raises(keras.callbacks.Callback):
    """Raises at the end of an epoch, counted from 1."""

    def __init__(self, epoch, error):
        super().__init__()
        self.epoch, self.error = epoch, error

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            raise self.error


# -- fit: (what is given, error, message) -------------------------------------------

TABLES = {
    "NaN": (lambda X: with_value(X, np.nan), ValueError, "Input X contains NaN"),
    "inf": (lambda X: with_value(X, np.inf), ValueError, "Input X contains infinity"),
    "no rows": (lambda X: X[:0], ValueError, r"0 sample\(s\)"),
    "no columns": (lambda X: X[[]], ValueError, r"0 feature\(s\)"),
    "string": (
        lambda X: X.assign(a="tcp"),
        ValueError,
        r"X must hold numbers, but .*'tcp'. Name .*categorical_features, encode "
        ".*OneHotEncoder .*or name it in drop_columns",
    ),
    "sparse NaN": (
        lambda X: sparse.csr_array(with_value(X, np.nan)),
        ValueError,
        "Input X contains NaN",
    ),
    "complex": (lambda X: X.to_numpy() * 1j, ValueError, "Complex data not supported"),
    "one-dimensional": (lambda X: X["a"], ValueError, "Expected 2D|Expected a 2-dim"),
    "mixed names": (
        lambda X: X.rename(columns={"a": 1}),
        TypeError,
        r"only supported if all input features have string names.*astype\(str\)",
    ),
    "too large": (
        lambda X: X * 1e300,
        ValueError,
        r"scaler=None returned .* too large for float32 in its column 0.*"
        "'robust_clip' or 'piecewise_linear', or name the column in drop_columns",
    ),
}


@pytest.mark.slow(after=8)
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
@pytest.mark.parametrize("name", TABLES)
def test_table_that_cannot_be_fitted(small, table, unchanged, kind, name):
    X, y = table
    make, error, message = TABLES[name]
    settings = {"scaler": None, "dtype": "float32", "categorical_features": None}
    estimator = kind(**small, **settings).fit(X, y)
    bad = make(X)
    with unchanged(estimator, X), pytest.raises(error, match=f"(?s){message}"):
        estimator.fit(bad, y[: bad.shape[0]])
    if name in ("NaN", "inf", "no rows", "string", "too large"):
        estimator.set_params(warm_start=True)
        with unchanged(estimator, X), pytest.raises(error, match=f"(?s){message}"):
            estimator.fit(bad, y[: bad.shape[0]])


def test_string_in_an_array_and_in_validation_rows(small, table, fitted, unchanged):
    X, y = table
    dirty = X.assign(a="tcp")
    clf = copy.deepcopy(fitted)
    message = "could not convert string to float: 'tcp'"
    with unchanged(clf, X):
        with pytest.raises(ValueError, match=message):
            clf.fit(dirty.to_numpy(), y)
        with pytest.raises(ValueError, match=message):
            clf.fit(X, y, X_val=dirty, y_val=y)


MIXED = {
    "list": ["a", 1],
    "array": np.array(["a", 1], dtype=object),
    "Series": pd.Series(["a", 1]),
    "bytes": [b"a", "a"],
}
MISSING = {
    "None among str": ["a", "b", None],
    "None among int": [0, 1, None],
    "NaN among str": np.array(["a", "b", np.nan], dtype=object),
    "NaN among int": [0, 1, np.nan],
    "pandas str": pd.Series(["a", "b", None]),
    "pandas object": pd.Series(["a", "b", None], dtype=object),
    "pandas category": pd.Series(["a", "b", None], dtype="category"),
    "pandas Int64": pd.Series([0, 1, None], dtype="Int64"),
    "pandas NA": np.array([0, 1, pd.NA], dtype=object),
}


def long(labels, n_rows):
    """Repeat labels, keeping their container."""
    reps = n_rows // len(labels)
    if isinstance(labels, pd.Series):
        return pd.concat([labels] * reps, ignore_index=True)
    return labels * reps if isinstance(labels, list) else np.tile(labels, reps)


@pytest.mark.parametrize("name", MIXED)
def test_labels_of_mixed_types(table, fitted, unchanged, name):
    X, _ = table
    clf = copy.deepcopy(fitted)
    message = r"y mixes labels of type str and (int|bytes), .*'a'.* make them one type"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, long(MIXED[name], len(X)))


@pytest.mark.parametrize("name", MISSING)
def test_missing_labels(table, fitted, unchanged, name):
    X, _ = table
    clf = copy.deepcopy(fitted)
    message = r"y contains (None|nan|<NA>) in row 2: drop the 40 rows|y contains NaN"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, long(MISSING[name], len(X)))


TARGETS = {
    "one class": (lambda y: y * 0 + 5, r"one class only, \[5\].*at least 2 classes"),
    "numbers": (lambda y: y + 0.5 * np.arange(len(y)) / 7, "Unknown label type: cont"),
    "two columns": (lambda y: np.column_stack([y, y]), "y should be a 1d array"),
    "too short": (lambda y: y[:-1], r"inconsistent numbers of samples: \[120, 119\]"),
    "none": (lambda y: None, "requires y to be passed, but the target y is None"),
    "infinity": (lambda y: np.where(y, np.inf, 0), "Input y contains infinity"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_labels_that_cannot_be_fitted(table, fitted, unchanged, name):
    X, y = table
    make, message = TARGETS[name]
    clf = copy.deepcopy(fitted)
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, make(y))


REGRESSION_TARGETS = {
    "NaN": (lambda y: np.where(y > 1, np.nan, y), "Input y contains NaN"),
    "strings": (
        lambda y: np.full(len(y), "a"),
        r"convert string to float: .*'a'",
    ),
    "three axes": (lambda y: y[:, None, None], "Found array with dim 3"),
}


@pytest.mark.parametrize("name", REGRESSION_TARGETS)
def test_targets_that_cannot_be_fitted(regression, fitted_regressor, unchanged, name):
    X, y = regression
    make, message = REGRESSION_TARGETS[name]
    reg = copy.deepcopy(fitted_regressor)
    with unchanged(reg, X), pytest.raises(ValueError, match=message):
        reg.fit(X, make(y))


@pytest.mark.slow
@pytest.mark.parametrize("targets", [1, 2])
def test_targets_that_the_precision_cannot_tell(small, regression, targets, unchanged):
    X, y = regression
    y = y if targets == 1 else np.column_stack([np.ones_like(y), y])
    reg = MiraiDNNRegressor(**small, dtype="float32").fit(X, y)
    message = "holds a value of size .*e.39, too large for float32; scale the target"
    for match, call in (
        (f"y {message}", lambda: reg.fit(X, y * 1e39)),
        (f"y_val {message}", lambda: reg.fit(X, y, X_val=X, y_val=y * 1e39)),
        (f"y {message}", lambda: reg.evaluate(X, y * 1e39)),
    ):
        with unchanged(reg, X), pytest.raises(ValueError, match=match):
            call()


WEIGHTS = {
    "negative": (
        lambda y: y - 0.5,
        "Negative values in data passed to `sample_weight`",
    ),
    "NaN": (lambda y: np.where(y, np.nan, 1), "Input sample_weight contains NaN"),
    "too short": (lambda y: y[:3], r"sample_weight.shape == \(3,\), expected \(120,\)"),
    "all zero": (lambda y: y * 0, "[Ss]ample.weight.*(zero|positive)"),
    "one class": (
        lambda y: y,
        r"one class only, \[1\] \(rows of weight 0 do not count",
    ),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_cannot_be_fitted(table, fitted, unchanged, name):
    X, y = table
    make, message = WEIGHTS[name]
    clf = copy.deepcopy(fitted)
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y, sample_weight=make(y))


VALIDATION = {
    "no y_val": ({"X_val": ...}, "y_val is missing: .* needs both X_val and y_val"),
    "no X_val": ({"y_val": ...}, "X_val is missing: .* needs both X_val and y_val"),
    "weights alone": ({"sample_weight_val": ...}, "X_val is missing"),
    "new label": (
        {"X_val": ..., "y_val": lambda y: y + 1},
        r"y_val holds labels that were not there before: \[2\]; .* are \[0, 1\]",
    ),
    "fewer columns": (
        {"X_val": lambda X: X[NAMES[:5]], "y_val": ...},
        "(?s)X_val: The feature names should match.*now missing.*f",
    ),
    "no rows": (
        {"X_val": lambda X: X[:0], "y_val": lambda y: y[:0]},
        r"X_val: Found array with 0 sample\(s\)",
    ),
    "NaN": (
        {"X_val": lambda X: with_value(X, np.nan), "y_val": ...},
        "Input X_val contains NaN",
    ),
    "string": (
        {"X_val": lambda X: X.assign(a="tcp"), "y_val": ...},
        "X_val must hold numbers, but .*'tcp'",
    ),
    "missing label": (
        {"X_val": ..., "y_val": lambda y: [None, *y[1:]]},
        "y_val contains None in row 0",
    ),
    "NaN label": (
        {"X_val": ..., "y_val": lambda y: np.r_[np.nan, y[1:]]},
        "Input y_val contains NaN",
    ),
    "mixed labels": (
        {"X_val": ..., "y_val": lambda y: ["a", *y[1:]]},
        "y_val mixes labels of type str and int.*for label in y_val",
    ),
    "two columns of labels": (
        {"X_val": ..., "y_val": lambda y: np.column_stack([y, y])},
        r"y_val should be a 1d array, got an array of shape \(120, 2\)",
    ),
    "too few labels": (
        {"X_val": ..., "y_val": lambda y: y[1:]},
        r"y_val: .*inconsistent numbers of samples: \[120, 119\]",
    ),
    "negative weights": (
        {"X_val": ..., "y_val": ..., "sample_weight_val": lambda y: y - 0.5},
        "sample_weight_val: Negative values",
    ),
    "too few weights": (
        {"X_val": ..., "y_val": ..., "sample_weight_val": lambda y: y[1:]},
        r"sample_weight_val: .* expected \(120,\)",
    ),
}


@pytest.mark.parametrize("name", VALIDATION)
def test_validation_rows_that_cannot_be_used(table, fitted, unchanged, name):
    X, y = table
    given_rows, message = VALIDATION[name]
    arguments = {
        key: (X if key == "X_val" else y)
        if make is ...
        else make(X if key == "X_val" else y)
        for key, make in given_rows.items()
    }
    clf = copy.deepcopy(fitted)
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y, **arguments)


@pytest.mark.parametrize(
    ("fraction", "labels"),
    [
        (0.005, lambda y: y),
        (0.01, lambda y: np.arange(len(y)) % 3),
        (0.995, lambda y: y),
    ],
)
def test_validation_fraction_that_cannot_hold_every_class(
    small, table, fitted, unchanged, fraction, labels
):
    X, y = table
    clf = copy.deepcopy(fitted).set_params(validation_fraction=fraction)
    message = (
        rf"validation_fraction={fraction} of 120 rows cannot hold each of \d classes"
        r".*take a larger validation_fraction, more rows, or give X_val and y_val"
    )
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, labels(y))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_classes_of_one_row_are_named(small, table, early_stopping):
    X, y = table
    y = np.array(["benign", "mirai"], dtype=object)[y]
    y[:2] = ["spy", "worm"]
    clf = MiraiDNNClassifier(
        **small, validation_fraction=0.2, early_stopping=early_stopping
    )
    message = (
        r"validation_fraction=0.2 of 120 rows cannot hold each of 4 classes: "
        r"\['spy', 'worm'\] have one row each.*leave these rows out.*or give X_val"
    )
    with pytest.raises(ValueError, match=message):
        clf.fit(X, y)
    # remedies
    clf.fit(X[2:], y[2:])
    clf.set_params(validation_fraction=None).fit(X, y, X_val=X[2:9], y_val=y[2:9])
    assert clf.classes_.tolist() == ["benign", "mirai", "spy", "worm"]


def test_validation_fraction_that_leaves_a_regressor_no_rows(small, regression):
    X, y = regression
    message = "validation_fraction=0.999 of 120 rows leaves no rows on one side"
    with pytest.raises(ValueError, match=message):
        MiraiDNNRegressor(**small, validation_fraction=0.999).fit(X, y)


PARAMETERS = [
    ("n_layers", -1, r"n_layers.* must be an int in the range \[0, inf\). Got -1"),
    ("n_nodes", 0, "n_nodes.*Got 0"),
    ("n_nodes", [8, 8], r"n_nodes=\[8, 8\] has 2 entries for n_layers=1 .*one per hid"),
    ("n_nodes", [0], r"n_nodes=\[0\] must hold integers of at least 1"),
    ("n_nodes", 2.5, "n_nodes.*Got 2.5"),
    ("activation", "rellu", r"activation='rellu' is unknown; use one of .*'relu'"),
    ("activation", None, "activation.*Got None"),
    ("optimizer", "adamm", r"optimizer='adamm' is unknown; use one of .*'adam'.*'sgd'"),
    ("optimizer", keras.optimizers.Adam, r"optimizer=<class .*; .*: pass Adam\(\)"),
    ("optimizer", 3, "optimizer.*Got 3"),
    ("learning_rate", 0, r"learning_rate.*\(0.0, inf\). Got 0"),
    ("learning_rate", float("nan"), "learning_rate.*Got nan"),
    ("dropout_rate", 1.3, r"dropout_rate.*\[0.0, 1.0\).*Got 1.3"),
    ("dropout_rate", [1.0], r"dropout_rate=\[1.0\] must be in \[0, 1\)"),
    ("dropout_rate", [0.1, 0.2], r"dropout_rate=\[0.1, 0.2\] has 2 entries .* one per"),
    ("dropout_rate", [float("nan")], r"dropout_rate=\[nan\] must be in \[0, 1\)"),
    ("dropout_rate", "0.5", "dropout_rate.*Got '0.5'"),
    ("batch_norm", "yes", "batch_norm.*Got 'yes'"),
    ("drop_columns", 6, "^drop_columns=6 drops all 6 columns; keep at least one"),
    (
        "drop_columns",
        "g",
        r"^drop_columns='g' has 'g', not among the columns of X .*\['a', 'b', 'c', 'd'",
    ),
    (
        "drop_columns",
        ["a", 1],
        r"^drop_columns=\['a', 1\] mixes int and str; pass only",
    ),
    (
        "drop_columns",
        [9],
        r"^drop_columns=\[9\] .*index 9, out of range .*expected integers in \[-6, 5\]",
    ),
    ("drop_columns", len, "^drop_columns.X.=120 drops all 6 columns"),
    ("drop_columns", -1, "drop_columns.*Got -1"),
    ("scaler", "standart", "scaler='standart' must be .*did you mean 'standard'"),
    ("scaler", object(), "scaler.*implementing 'fit' and 'transform'"),
    (
        "scaler",
        OneHotEncoder(),
        r"scaler=OneHotEncoder\(\) returned a sparse matrix.*sparse_output=False",
    ),
    (
        "scaler",
        make_column_transformer((StandardScaler(), ["a", "b"])),
        "(?s)scaler=ColumnTransformer.* chooses columns by name.* by position, or put "
        "the transformer before the estimator in a Pipeline",
    ),
    (
        "scaler",
        make_column_transformer((StandardScaler(), make_column_selector("a"))),
        "(?s)scaler=ColumnTransformer.* chooses columns by name.* by position",
    ),
    ("epochs", 0, r"epochs.*\[1, inf\). Got 0"),
    ("batch_size", 0, "batch_size.*Got 0"),
    ("class_weight", {0: 1, 5: 2}, r"class_weight=\{0: 1, 5: 2\} does not fit the cl"),
    (
        "class_weight",
        {"0": 1},
        r"does not fit the classes \[0, 1\] .*give each of them",
    ),
    ("class_weight", {0: -1, 1: 1}, "must hold finite numbers of at least 0"),
    ("class_weight", {0: 0, 1: 0}, "must hold finite numbers of at least 0, not all"),
    ("class_weight", {0: 1, 1: float("nan")}, "must hold finite numbers"),
    ("class_weight", {0: "a", 1: 1}, "could not convert string to float: 'a'"),
    ("class_weight", "balance", "class_weight.*Got 'balance'"),
    ("validation_fraction", 1.0, r"validation_fraction.*\(0.0, 1.0\). Got 1.0"),
    ("n_iter_no_change", 0, "n_iter_no_change.*Got 0"),
    ("tol", -1, "tol.*Got -1"),
    ("callbacks", 3, "callbacks.*on_epoch_end.*Got 3"),
    ("callbacks", [print], r"callbacks holds <built-in.* expected instances of keras"),
    (
        "callbacks",
        [keras.callbacks.CSVLogger],
        "callbacks holds <class .* instances of",
    ),
    ("dtype", "float16", "dtype.*Got 'float16'"),
    ("random_state", "seed", "random_state.*Got 'seed'"),
]


@pytest.mark.slow(after=20)
@pytest.mark.parametrize(
    ("name", "value", "message"), PARAMETERS, ids=lambda value: str(value)[:20]
)
def test_parameters_that_cannot_be_used(table, fitted, unchanged, name, value, message):
    X, y = table
    clf = copy.deepcopy(fitted).set_params(**{name: value})
    with unchanged(clf, X), pytest.raises((ValueError, TypeError), match=message):
        clf.fit(X.round() if name == "scaler" else X, y)


@given(
    rate=st.one_of(
        st.floats().filter(lambda rate: not 0 <= rate < 1),
        st.lists(st.floats(0, 0.9), max_size=4).filter(lambda rates: len(rates) != 1),
    )
)
@settings(max_examples=25)
def test_no_other_dropout_rate_gets_through(fitted, table, rate):
    clf = copy.copy(fitted).set_params(dropout_rate=rate)
    with pytest.raises(ValueError, match="dropout_rate"):
        clf.fit(*table)


# -- predict ------------------------------------------------------------------------

PREDICTIONS = {
    "reordered": (lambda X: X[NAMES[::-1]], "must be in the same order"),
    "missing": (lambda X: X[NAMES[:5]], "(?s)now missing:.*- f"),
    "renamed": (
        lambda X: X.rename(columns={"a": "z"}),
        "(?s)unseen.*- z.*missing.*- a",
    ),
    "one more": (lambda X: X.assign(g=1.0), "(?s)unseen at fit time:.*- g"),
    "no rows": (lambda X: X[:0], r"0 sample\(s\).*required by MiraiDNNClassifier"),
    "NaN": (lambda X: with_value(X, np.nan), "Input X contains NaN"),
    "string": (lambda X: with_value(X.astype(object), "tcp"), "must hold num"),
}


@pytest.mark.slow(after=14)
@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize(
    "method", ["predict_proba", "predict_uncertainty", "evaluate", "fit"]
)
def test_table_that_cannot_be_predicted(table, fitted, unchanged, name, method):
    X, y = table
    make, message = PREDICTIONS[name]
    bad = make(X)
    clf = copy.deepcopy(fitted).set_params(warm_start=True)
    arguments = (bad, y[: len(bad)]) if method in ("fit", "evaluate") else (bad,)
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        getattr(clf, method)(*arguments)


def test_wrong_number_of_columns_in_an_array(fitted_classifier, binary):
    X, _ = binary
    message = "X has 5 features, but MiraiDNNClassifier is expecting 6 features"
    for method in ("predict", "predict_proba", "predict_uncertainty"):
        with pytest.raises(ValueError, match=message):
            getattr(fitted_classifier, method)(X[:, :5])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_passes": 0}, r"n_passes.*\[1, inf\). Got 0"),
        ({"masks": "rows"}, "masks.*Got 'rows'"),
        ({"batch_size": 0}, "batch_size.*Got 0"),
        ({"random_state": "seed"}, "random_state.*Got 'seed'"),
        ({"return_samples": "yes"}, "return_samples.*Got 'yes'"),
    ],
)
def test_arguments_of_predict_uncertainty(
    fitted_classifier, fitted_regressor, binary, regression, arguments, message
):
    for estimator, (X, _) in (
        (fitted_classifier, binary),
        (fitted_regressor, regression),
    ):
        with pytest.raises(ValueError, match=message):
            estimator.predict_uncertainty(X, **arguments)


def test_targets_of_mc_score_and_evaluate(
    fitted_classifier, fitted_regressor, binary, regression
):
    X, y = binary
    with pytest.raises(ValueError, match="X has 120 rows, but y has 119 labels"):
        fitted_classifier.mc_score(X, y[1:])
    for method in (fitted_classifier.evaluate, fitted_classifier.mc_score):
        for labels, shown in ((y + 1, r"\[2\]"), (y.astype(str), r"\['0', '1'\]")):
            message = rf"y holds labels .* not there before: {shown}; the classes are"
            with pytest.raises(ValueError, match=message):
                method(X, labels)
    X, y = regression
    with pytest.raises(ValueError, match="X has 120 rows, but y has 119 targets"):
        fitted_regressor.mc_score(X, y[1:])
    with pytest.raises(ValueError, match=r"y has 2 targets for each row.*with 1"):
        fitted_regressor.evaluate(X, np.column_stack([y, y]))


# -- continued training ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_nodes", 5),
        ("n_layers", 2),
        ("activation", "tanh"),
        ("dropout_rate", 0.3),
        ("dropout_rate", 0),
        ("batch_norm", True),
        ("optimizer", "sgd"),
        ("dtype", "float32"),
    ],
)
def test_architecture_must_not_change_in_a_warm_start(
    table, fitted, unchanged, name, value
):
    X, y = table
    clf = copy.deepcopy(fitted).set_params(warm_start=True, **{name: value})
    message = rf"{name}='?{value}'? does not match the fitted network.*warm_start=False"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("mutated", [False, True])
def test_optimizer_instance_must_not_change_in_a_warm_start(
    small, table, unchanged, mutated
):
    X, y = table
    mine = keras.optimizers.SGD(0.5, momentum=0.5)
    clf = MiraiDNNClassifier(**small, optimizer=mine, warm_start=True).fit(X, y)
    if mutated:
        mine.learning_rate = 0.25
    else:
        clf.set_params(optimizer=keras.optimizers.SGD(0.25, momentum=0.5))
    message = (
        "optimizer=SGD(learning_rate=0.25) does not match the fitted network, which "
        "was trained with SGD(learning_rate=0.5)"
    )
    with unchanged(clf, X), pytest.raises(ValueError, match=re.escape(message)):
        clf.fit(X, y)
    clf.set_params(optimizer=keras.optimizers.Adam(0.5))
    with unchanged(clf, X), pytest.raises(ValueError, match=r"Adam\(\) .*SGD\(\)"):
        clf.fit(X, y)
    clf.set_params(optimizer=keras.optimizers.SGD)
    with unchanged(clf, X), pytest.raises(TypeError, match=r"pass SGD\(\)"):
        clf.fit(X, y)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("callback", ["x", Raises(4, RuntimeError("disk full"))])
def test_failed_warm_start_leaves_the_learning_rate(
    table, fitted, unchanged, callback, live
):
    X, y = table
    clf = copy.deepcopy(fitted)
    if live:
        assert clf.model_.optimizer.learning_rate > 0
    clf.set_params(warm_start=True, learning_rate=0.7, callbacks=[callback])
    with unchanged(clf, X), pytest.raises((TypeError, RuntimeError)):
        clf.fit(X, y)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.003)
    clf.set_params(callbacks=None).fit(X, y)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.7)


def test_labels_must_not_be_new_in_a_warm_start(table, fitted, unchanged):
    X, y = table
    clf = copy.deepcopy(fitted).set_params(warm_start=True)
    message = r"y holds labels that were not there before: \[2\]"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y + 1)


def test_number_of_targets_must_not_change_in_a_warm_start(
    regression, fitted_regressor, unchanged
):
    X, y = regression
    reg = copy.deepcopy(fitted_regressor).set_params(warm_start=True)
    message = "y has 2 targets for each row, but the network was fitted with 1"
    with unchanged(reg, X), pytest.raises(ValueError, match=message):
        reg.fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize(
    "scaler", ["quantile", "robust_clip", "piecewise_linear", PCA(3)]
)
def test_partial_fit_needs_a_scaler_that_learns_in_parts(small, binary, scaler):
    X, y = binary
    clf = MiraiDNNClassifier(**small, scaler=scaler)
    message = (
        f"partial_fit needs a scaler that learns in parts, but scaler={scaler!r} has "
        f"no partial_fit; use scaler='standard'"
    )
    message = re.escape(message)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y, classes=[0, 1])
    assert not [name for name in vars(clf) if name.endswith("_")]


def test_partial_fit_errors_of_a_fitted_scaler(small, binary, unchanged):
    X, y = binary
    clf = MiraiDNNClassifier(**small, scaler="quantile").fit(X, y)
    with unchanged(clf, X), pytest.raises(ValueError, match="has no partial_fit"):
        clf.partial_fit(X, y)


PARTS = {
    "no classes": ({}, None, "classes must be passed on the first call"),
    "new label": ({}, [1, 2], r"labels that were not there before: \[0\]"),
    "one class": ({}, [0], "one class only"),
    "mixed classes": ({}, [0, "a"], "Mix of label input types"),
    "balanced": (
        {"class_weight": "balanced"},
        [0, 1],
        "'balanced' cannot be used with partial_fit.*compute_class_weight and pass a",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_first_part_that_cannot_be_fitted(small, binary, name):
    X, y = binary
    settings, classes, message = PARTS[name]
    clf = MiraiDNNClassifier(**small, **settings)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y, classes=classes)
    assert not [attribute for attribute in vars(clf) if attribute.endswith("_")]
    clf.set_params(class_weight=None).partial_fit(X, y, classes=[0, 1])
    assert clf.n_iter_ == 1


@pytest.mark.parametrize(
    ("X", "y", "classes", "message"),
    [
        (lambda X: X, lambda y: y + 1, None, r"not there before: \[2\]"),
        (lambda X: X, lambda y: y, [0, 1, 2], "not the same as on last call"),
        (lambda X: X[:, :5], lambda y: y, None, "X has 5 features"),
        (lambda X: X * np.nan, lambda y: y, None, "contains NaN"),
        (lambda X: X, lambda y: y[1:], None, "inconsistent numbers of samples"),
    ],
)
def test_later_part_that_cannot_be_fitted(
    small, binary, unchanged, X, y, classes, message
):
    clf = MiraiDNNClassifier(**small).partial_fit(*binary, classes=[0, 1])
    with unchanged(clf, binary[0]), pytest.raises(ValueError, match=message):
        clf.partial_fit(X(binary[0]), y(binary[1]), classes=classes)


# -- errors in the middle of training -------------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("how", ["fit", "warm_start", "partial_fit"])
@pytest.mark.parametrize("error", [RuntimeError("disk full"), SystemExit(3)])
def test_callback_that_raises(table, fitted, unchanged, same_state, how, error):
    X, y = table
    clf = copy.deepcopy(fitted).set_params(warm_start=how != "fit")
    epoch = {"fit": 2, "warm_start": 5, "partial_fit": 4}[how]
    clf.set_params(callbacks=[Raises(epoch, error)])
    train = clf.partial_fit if how == "partial_fit" else clf.fit
    with unchanged(clf, X), pytest.raises(type(error), match=str(error)):
        train(X + 10, y)
    # and what follows is as if it had never happened
    untouched = copy.deepcopy(fitted).set_params(warm_start=True)
    clf.set_params(callbacks=None, warm_start=True)
    same_state(clf.fit(X, y), untouched.fit(X, y))


def test_callback_that_cannot_be_copied(small, table):
    callback = Raises(9, None)
    callback.lock = threading.Lock()
    message = "callbacks holds a Raises that cannot be copied .*lock.*on_train_begin"
    with pytest.raises(TypeError, match=message):
        MiraiDNNClassifier(**small, callbacks=callback).fit(*table)


def test_callback_that_raises_in_the_first_fit_leaves_it_unfitted(small, binary):
    clf = MiraiDNNClassifier(**small, callbacks=[Raises(2, RuntimeError("disk full"))])
    with pytest.raises(RuntimeError, match="disk full"):
        clf.fit(*binary)
    assert not [name for name in vars(clf) if name.endswith("_")]
    assert not hasattr(clf, "model_")


# -- memory ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 1.2 TiB"),
        tf.errors.ResourceExhaustedError(None, None, "Out of memory: 1.2 TiB"),
    ],
)
def test_out_of_memory(monkeypatch, small, binary, error):
    """The message says what to do, and the network of the earlier fit stays."""
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    before = clf.predict_proba(X)

    def train(*args, **kwargs):
        raise error

    monkeypatch.setattr(Programs, "train", train)
    message = r"batch_size=\d+ ran out of memory .*1.2 TiB.*smaller batch_size.*mmap"
    with pytest.raises(MemoryError, match=message):
        clf.fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
