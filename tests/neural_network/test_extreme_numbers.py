"""Any numbers: a fit or an error that names argument and remedy, never a leak."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.preprocessing import make_scaler, scaler_names
from skmirai.uncertainty import RegressionUncertainty

KINDS = [MiraiDNNClassifier, MiraiDNNRegressor]
SCALERS = [*scaler_names(), None]

EXTREME = st.sampled_from(
    [5e-324, 1e-310, 1e-200, 1e-30, 1e19, 1e38, 1e39, 1e154, 1e200, 8e307, 1.7e308]
)
VALUES = st.one_of(
    EXTREME,
    EXTREME.map(lambda value: -value),
    st.floats(),
    st.sampled_from([0.0, 1.0, np.inf, -np.inf, np.nan]),
)
WEIGHTS = st.one_of(EXTREME, st.floats(min_value=0), st.just(0.0), st.just(np.nan))

#: Beginnings of errors: what they are about, by which names.
ABOUT = re.compile(
    r"Input (X|X_val|y|y_val|sample_weight) contains (NaN|infinity)"
    r"|y(_val)? holds a value of size .*scale the target"
    r"|scaler=.*(choose another scaler|use scaler=|has no partial_fit)"
    r"|partial_fit needs a scaler that learns in parts"
    r"|the network's output for row .*scaler="
    r"|a pass (over X gave|predicted) a value of size .*scale"
    r"|y gave a value of size .*scale the target"
    r"|(sample_weight_val: )?(the largest sample_weight is .* divide all weights"
    r"|.*[Ss]ample.weight.*(zero|positive|NaN|infinity))"
    r"|class_weight=.*(must hold finite|divide the class weights|raise the weights)"
    r"|y holds one class only",
    re.DOTALL,
)


def leaks_nothing(call):
    """Tell that a call is quiet, and that its error names an argument and a remedy."""
    error = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Training stopped", ConvergenceWarning)
        try:
            call()
        except ValueError as caught:
            error = str(caught)
    return not error or ABOUT.match(error), error


@pytest.fixture(scope="module")
def few():
    """Rows, labels and targets, few of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(24, 3))
    return X, (X[:, 0] > 0).astype(int), X[:, 0]


@pytest.fixture(scope="module")
def fitted(small, few):
    X, labels, target = few
    return {
        (kind, scaler, dtype): kind(
            **small | {"epochs": 1}, scaler=scaler, dtype=dtype
        ).fit(X, labels if kind is MiraiDNNClassifier else target)
        for kind in KINDS
        for scaler in SCALERS
        for dtype in ("float32", "float64")
    }


def changed(values, places, new):
    """A copy with other values in some places."""
    values = np.array(values, float)
    for place, value in zip(places, new, strict=False):
        values.flat[place % values.size] = value
    return values


PLACES = st.lists(st.integers(0, 71), min_size=1, max_size=72)
ANY = {
    "kind": st.sampled_from(KINDS),
    "scaler": st.sampled_from(SCALERS),
    "dtype": st.sampled_from(["float32", "float64"]),
    "places": PLACES,
}
OFTEN = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@given(**ANY, new=st.lists(VALUES, min_size=1, max_size=72))
@OFTEN
def test_rows(small, few, fitted, kind, scaler, dtype, places, new):
    X, labels, target = few
    y = labels if kind is MiraiDNNClassifier else target
    odd = changed(X, places, new)
    known = fitted[kind, scaler, dtype]
    once = small | {"epochs": 1, "scaler": scaler, "dtype": dtype}
    for call in (
        lambda: known.predict(odd),
        lambda: known.predict_uncertainty(odd, n_passes=2, random_state=0),
        lambda: known.mc_score(odd, y, n_passes=2, random_state=0),
        lambda: known.evaluate(odd, y),
        lambda: kind(**once).fit(X, y, X_val=odd, y_val=y),
        lambda: kind(**once).fit(X, y).partial_fit(odd, y),
        lambda: kind(**once).fit(odd, y).predict_uncertainty(odd, n_passes=2),
    ):
        fine, error = leaks_nothing(call)
        assert fine, error


@pytest.mark.slow
@given(**ANY, new=st.lists(VALUES, min_size=1, max_size=24))
@OFTEN
def test_targets(small, few, fitted, kind, scaler, dtype, places, new):
    X, _, target = few
    odd = changed(target, places, new)
    kind = MiraiDNNRegressor
    known = fitted[kind, scaler, dtype]
    once = small | {"epochs": 1, "scaler": scaler, "dtype": dtype}
    for call in (
        lambda: known.evaluate(X, odd),
        lambda: known.mc_score(X, odd, n_passes=2, random_state=0),
        lambda: kind(**once).fit(X, target, X_val=X, y_val=odd),
        lambda: kind(**once).fit(X, target).partial_fit(X, odd),
        lambda: kind(**once).fit(X, odd).mc_score(X, odd, n_passes=2),
    ):
        fine, error = leaks_nothing(call)
        assert fine, error


@pytest.mark.slow
@given(
    **ANY,
    new=st.lists(WEIGHTS, min_size=1, max_size=24),
    class_weight=st.one_of(
        st.sampled_from([None, "balanced"]),
        st.fixed_dictionaries({0: WEIGHTS, 1: WEIGHTS}),
    ),
)
@OFTEN
def test_weights(small, few, fitted, kind, scaler, dtype, places, new, class_weight):
    X, labels, target = few
    y = labels if kind is MiraiDNNClassifier else target
    weight = changed(np.ones(len(X)), places, new)
    once = small | {"epochs": 1, "scaler": scaler, "dtype": dtype}
    if kind is MiraiDNNClassifier:
        once |= {"class_weight": class_weight}
    known = fitted[kind, scaler, dtype]
    for call in (
        lambda: known.evaluate(X, y, sample_weight=weight),
        lambda: kind(**once).fit(X, y, sample_weight=weight).predict(X),
        lambda: kind(**once).fit(X, y, X_val=X, y_val=y, sample_weight_val=weight),
    ):
        fine, error = leaks_nothing(call)
        assert fine, error


# -- what they come to --------------------------------------------------------------


@pytest.mark.parametrize("scaler", ["standard", StandardScaler()])
def test_column_whose_spread_is_no_number(small, few, scaler):
    """Its variance is infinite: it would become zeros without a word."""
    X, y, _ = few
    huge = changed(X, [4], [1e200])
    message = (
        r"scaler=.* found a spread too large for float64 in its column 1 "
        r".*such as 'quantile', 'robust_clip' or 'piecewise_linear', or name the "
        r"column in drop_columns"
    )
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small, scaler=scaler).fit(huge, y)
    MiraiDNNClassifier(**small, scaler=scaler, drop_columns=[1]).fit(huge, y)


def test_ratios_of_weights_are_all_that_counts(small, few):
    X, y, _ = few
    weight = 1.0 + y
    expected = MiraiDNNClassifier(**small).fit(X, y, sample_weight=weight)
    for unit in (2.0**-900, 2.0**90):
        clf = MiraiDNNClassifier(**small).fit(X, y, sample_weight=unit * weight)
        np.testing.assert_array_equal(clf.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("size", [1e31, 1e308, 1e-291, 5e-324])
def test_weights_that_cannot_be_summed(small, few, size):
    X, y, _ = few
    message = re.escape(f"the largest sample_weight is {size:g}, but sums of weights")
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small).fit(X, y, sample_weight=np.full(len(X), size))


def test_quantiles_of_values_whose_difference_is_no_number():
    X = np.array([-1.7e308, -1e308, 0, 1, 1e308, 1.7e308])[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = make_scaler("quantile").fit_transform(X).ravel()
    assert np.isfinite(out).all()
    assert (np.diff(out) >= 0).all()
    assert out[1] < out[2] < out[4]


def test_spread_of_enormous_passes():
    with pytest.raises(ValueError, match=r"a value of size 1e\+200, whose square"):
        RegressionUncertainty.from_samples([[1.0, 1e200], [1.0, -1e200]])
    moderate = RegressionUncertainty.from_samples([[1.0, 1e149], [1.0, -1e149]])
    np.testing.assert_allclose(moderate.std, [0, 1e149])


def test_passes_that_leave_the_precision_name_the_row(small, few):
    X, _, target = few
    reg = MiraiDNNRegressor(**small, scaler=None, dtype="float32").fit(X, target)
    far = X.copy()
    far[7] = 3e38
    message = r"output for row 7 .* is not finite in float32.*'robust_clip'"
    for method in (reg.predict, reg.predict_uncertainty):
        with pytest.raises(ValueError, match=message):
            method(far)
