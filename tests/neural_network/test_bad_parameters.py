"""Parameters that cannot be used: an error that names value and remedy."""

import copy

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

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
def test_parameters_that_cannot_be_used(
    named, fitted_named, unchanged, name, value, message
):
    X, y = named
    clf = copy.deepcopy(fitted_named).set_params(**{name: value})
    with unchanged(clf, X), pytest.raises((ValueError, TypeError), match=message):
        clf.fit(X.round() if name == "scaler" else X, y)


@given(
    rate=st.one_of(
        st.floats().filter(lambda rate: not 0 <= rate < 1),
        st.lists(st.floats(0, 0.9), max_size=4).filter(lambda rates: len(rates) != 1),
    )
)
@settings(max_examples=25)
def test_no_other_dropout_rate_gets_through(fitted_named, named, rate):
    clf = copy.copy(fitted_named).set_params(dropout_rate=rate)
    with pytest.raises(ValueError, match="dropout_rate"):
        clf.fit(*named)


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
