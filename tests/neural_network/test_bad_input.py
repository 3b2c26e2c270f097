"""Rows and targets that cannot be used: an error that names value and remedy."""

import copy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor

NAMES = ["a", "b", "c", "d", "e", "f"]


def with_value(X, value):
    X = X.copy()
    X.iloc[3, 2] = value
    return X


# -- fit: (what is given, error, message) ------------------------------------------


TABLES = {
    "NaN": (lambda X: with_value(X, np.nan), ValueError, "Input X contains NaN"),
    "inf": (lambda X: with_value(X, np.inf), ValueError, "Input X contains infinity"),
    "no rows": (lambda X: X[:0], ValueError, r"0 sample\(s\)"),
    "no columns": (lambda X: X[[]], ValueError, r"0 feature\(s\)"),
    "string": (
        lambda X: X.assign(a="tcp"),
        ValueError,
        r"X must hold numbers, but column 'a' holds text, 'tcp'. (Name .*categorical_fe"
        "atures, encode .*OneHotEncoder .*or name it in drop_columns|The column held "
        "numbers at fit: repair .*fit anew, with missing='impute')",
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
def test_table_that_cannot_be_fitted(small, named, unchanged, kind, name):
    X, y = named
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


def test_string_in_an_array_and_in_validation_rows(
    small, named, fitted_named, unchanged
):
    X, y = named
    dirty = X.assign(a="tcp")
    clf = copy.deepcopy(fitted_named)
    with unchanged(clf, X):
        message = "X must hold numbers, but column 0 holds text, 'tcp'. Name .*categor"
        with pytest.raises(ValueError, match=message):
            clf.fit(dirty.to_numpy(), y)
        message = "X_val must hold numbers, but column 'a' holds text, 'tcp'. The .* at"
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
def test_labels_of_mixed_types(named, fitted_named, unchanged, name):
    X, _ = named
    clf = copy.deepcopy(fitted_named)
    message = r"y mixes labels of type str and (int|bytes), .*'a'.* make them one type"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, long(MIXED[name], len(X)))


@pytest.mark.parametrize("name", MISSING)
def test_missing_labels(named, fitted_named, unchanged, name):
    X, _ = named
    clf = copy.deepcopy(fitted_named)
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
def test_labels_that_cannot_be_fitted(named, fitted_named, unchanged, name):
    X, y = named
    make, message = TARGETS[name]
    clf = copy.deepcopy(fitted_named)
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
def test_weights_that_cannot_be_fitted(named, fitted_named, unchanged, name):
    X, y = named
    make, message = WEIGHTS[name]
    clf = copy.deepcopy(fitted_named)
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
def test_validation_rows_that_cannot_be_used(named, fitted_named, unchanged, name):
    X, y = named
    given_rows, message = VALIDATION[name]
    arguments = {
        key: (X if key == "X_val" else y)
        if make is ...
        else make(X if key == "X_val" else y)
        for key, make in given_rows.items()
    }
    clf = copy.deepcopy(fitted_named)
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
    small, named, fitted_named, unchanged, fraction, labels
):
    X, y = named
    clf = copy.deepcopy(fitted_named).set_params(validation_fraction=fraction)
    message = (
        rf"validation_fraction={fraction} of 120 rows cannot hold each of \d classes"
        r".*take a larger validation_fraction, more rows, or give X_val and y_val"
    )
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, labels(y))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_classes_of_one_row_are_named(small, named, early_stopping):
    X, y = named
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


# -- predict -----------------------------------------------------------------------


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
def test_table_that_cannot_be_predicted(named, fitted_named, unchanged, name, method):
    X, y = named
    make, message = PREDICTIONS[name]
    bad = make(X)
    clf = copy.deepcopy(fitted_named).set_params(warm_start=True)
    arguments = (bad, y[: len(bad)]) if method in ("fit", "evaluate") else (bad,)
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        getattr(clf, method)(*arguments)


def test_wrong_number_of_columns_in_an_array(fitted_classifier, binary):
    X, _ = binary
    message = "X has 5 features, but MiraiDNNClassifier is expecting 6 features"
    for method in ("predict", "predict_proba", "predict_uncertainty"):
        with pytest.raises(ValueError, match=message):
            getattr(fitted_classifier, method)(X[:, :5])


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
