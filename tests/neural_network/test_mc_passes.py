"""Monte Carlo passes: identities, seeds, batches, and the score of each pass."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import xlogy
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor

MODES = ["shared", "per_row"]


def entropy(proba):
    return -xlogy(proba, proba).sum(axis=-1)


# -- identities --------------------------------------------------------------------


@pytest.mark.parametrize("fixture", ["fitted_classifier", "fitted_multiclass"])
@pytest.mark.parametrize("masks", MODES)
def test_total_is_aleatoric_plus_epistemic(
    request, fixture, masks, binary, three_classes
):
    clf = request.getfixturevalue(fixture)
    X = (binary if fixture == "fitted_classifier" else three_classes)[0]
    result = clf.predict_uncertainty(
        X, n_passes=40, masks=masks, random_state=0, return_samples=True
    )
    total = result.expected_entropy + result.mutual_information
    np.testing.assert_allclose(result.predictive_entropy, total, rtol=1e-14)
    assert (result.mutual_information >= 0).all()
    assert result.mutual_information.max() > 1e-4
    np.testing.assert_allclose(result.proba.sum(axis=1), 1, rtol=1e-12)
    # and each part is what the passes say
    samples = result.samples
    assert samples.shape == (40, len(X), len(clf.classes_))
    np.testing.assert_allclose(result.proba, samples.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(result.std, samples.std(axis=0), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        result.expected_entropy, entropy(samples).mean(axis=0), rtol=1e-12
    )
    np.testing.assert_allclose(
        result.predictive_entropy, entropy(samples.mean(axis=0)), rtol=1e-12
    )
    np.testing.assert_array_equal(result.classes, clf.classes_)


@pytest.mark.parametrize("masks", MODES)
def test_variance_of_a_binary_label_splits(fitted_classifier, binary, masks):
    """p(1 - p) = E[p(1 - p)] + Var[p]."""
    result = fitted_classifier.predict_uncertainty(
        binary[0], n_passes=50, masks=masks, random_state=0, return_samples=True
    )
    p, passes = result.proba[:, 1], result.samples[..., 1]
    inner = (passes * (1 - passes)).mean(axis=0)
    np.testing.assert_allclose(p * (1 - p), inner + result.std[:, 1] ** 2, rtol=1e-12)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout_rate": 0},
        {"dropout_rate": [0.0, 0.0], "n_layers": 2},
        {"n_layers": 0, "dropout_rate": 0.5},
    ],
)
@pytest.mark.parametrize("masks", MODES)
def test_no_dropout_no_spread(small, binary, warns, parameters, masks):
    X, y = binary
    clf = MiraiDNNClassifier(**small | parameters).fit(X, y)
    with warns(UserWarning, "no dropout: all passes are the same") as caught:
        result = clf.predict_uncertainty(X, n_passes=7, masks=masks)
    assert caught[0].filename == __file__, "the warning points at the caller"
    assert (result.std == 0).all()
    assert (result.mutual_information == 0).all()
    assert (result.variation_ratio == 0).all()
    np.testing.assert_allclose(result.proba, clf.predict_proba(X), rtol=1e-12)
    with warns(UserWarning, "no dropout"):
        scores = clf.mc_score(X, y, n_passes=3, masks=masks)
    np.testing.assert_array_equal(scores, clf.score(X, y))


def test_no_dropout_no_spread_of_a_regressor(small, regression, warns):
    X, y = regression
    reg = MiraiDNNRegressor(**small | {"dropout_rate": 0}).fit(X, y)
    with warns(UserWarning, "no dropout"):
        result = reg.predict_uncertainty(X, n_passes=4)
    assert (result.std == 0).all()
    np.testing.assert_allclose(result.mean, reg.predict(X), rtol=1e-12)


# -- what does not change ----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("live", [False, True])
def test_nothing_that_was_learned_changes(small, binary, same_state, live):
    X, y = binary
    clf = MiraiDNNClassifier(**small, batch_norm=True).fit(X, y)
    if live:
        assert clf.model_.count_params() > 0
    before, twin = pickle.dumps(clf), copy.deepcopy(clf)
    proba = clf.predict_proba(X)
    for masks in MODES:
        clf.predict_uncertainty(X, n_passes=20, masks=masks, random_state=0)
        clf.mc_score(X, y, n_passes=20, masks=masks)
    assert len(pickle.dumps(clf)) == len(before)
    np.testing.assert_array_equal(clf.predict_proba(X), proba)
    same_state(clf, twin)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)]
)
@pytest.mark.parametrize("masks", MODES)
def test_batch_size_changes_nothing(small, binary, dtype, tolerance, masks):
    X, y = binary
    clf = MiraiDNNClassifier(**small | {"n_layers": 2}, dtype=dtype).fit(X, y)
    # masks per row are drawn for 1,024 rows at once
    n_rows, sizes = {
        "shared": (150, ["auto", 1, 7, 149, 10**6]),
        "per_row": (2500, ["auto", 1, 1024, 2048, 2499, 10**6]),
    }[masks]
    many = np.random.default_rng(0).normal(size=(n_rows, 6))
    results = [
        clf.predict_uncertainty(
            many, n_passes=6, masks=masks, batch_size=size, random_state=0
        )
        for size in sizes
    ]
    for result in results[1:]:
        for field in ("proba", "std", "expected_entropy"):
            np.testing.assert_allclose(
                getattr(result, field), getattr(results[0], field), atol=tolerance
            )


@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shared_masks_treat_each_row_alone(fitted_multiclass, three_classes, data):
    X, _ = three_classes
    rows = data.draw(
        st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=40), label="rows"
    )
    seed = data.draw(st.integers(0, 2**31), label="seed")
    options = {"n_passes": 9, "random_state": seed, "return_samples": True}
    whole = fitted_multiclass.predict_uncertainty(X, **options)
    part = fitted_multiclass.predict_uncertainty(X[rows], **options)
    for field in ("proba", "std", "expected_entropy", "mutual_information"):
        np.testing.assert_allclose(
            getattr(part, field), getattr(whole, field)[rows], rtol=1e-9, atol=1e-12
        )
    np.testing.assert_allclose(part.samples, whole.samples[:, rows], rtol=1e-9)


@pytest.mark.parametrize("masks", MODES)
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_seeds_of_the_masks(
    fitted_classifier, fitted_regressor, binary, regression, masks, kind
):
    if kind == "classifier":
        estimator, X, field = fitted_classifier, binary[0], "proba"
    else:
        estimator, X, field = fitted_regressor, regression[0], "mean"

    def run(seed):
        result = estimator.predict_uncertainty(
            X, n_passes=3, masks=masks, random_state=seed
        )
        return getattr(result, field)

    np.testing.assert_array_equal(run(5), run(5))
    assert (run(5) != run(6)).any()
    assert (run(None) != run(None)).any()
    rng = np.random.RandomState(0)
    first, second = run(rng), run(rng)
    assert (first != second).any()
    np.testing.assert_array_equal(run(np.random.RandomState(0)), first)


def test_seed_of_the_fit_is_not_that_of_the_masks(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    first, second = (clf.predict_uncertainty(X, n_passes=3).proba for _ in range(2))
    assert (first != second).any()


def test_passes_of_different_seeds_are_merged(fitted_classifier, binary):
    X, _ = binary
    parts = [
        fitted_classifier.predict_uncertainty(
            X, n_passes=n, random_state=n, return_samples=True
        )
        for n in (10, 30)
    ]
    merged = parts[0].merge(parts[1])
    samples = np.concatenate([part.samples for part in parts])
    assert merged.n_passes == 40
    np.testing.assert_allclose(merged.proba, samples.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(merged.std, samples.std(axis=0), rtol=1e-9)


def test_samples_are_kept_on_demand_only(fitted_classifier, fitted_regressor, binary):
    result = fitted_classifier.predict_uncertainty(binary[0], n_passes=2)
    assert result.samples is None
    assert len(result) == len(binary[0])


# -- the score of each pass --------------------------------------------------------


@pytest.mark.parametrize("masks", MODES)
@pytest.mark.parametrize("fixture", ["fitted_classifier", "fitted_multiclass"])
def test_mc_score_is_the_accuracy_of_each_pass(
    request, fixture, masks, binary, three_classes
):
    clf = request.getfixturevalue(fixture)
    X, y = binary if fixture == "fitted_classifier" else three_classes
    samples = clf.predict_uncertainty(
        X, n_passes=12, masks=masks, random_state=4, return_samples=True
    ).samples
    expected = [accuracy_score(y, clf.classes_[p.argmax(axis=1)]) for p in samples]
    scores = clf.mc_score(X, y, n_passes=12, masks=masks, random_state=4)
    assert scores.shape == (12,)
    np.testing.assert_array_equal(scores, expected)
    assert np.std(scores) > 0


def test_mc_score_of_constant_targets_follows_r2_score(small, regression, warns):
    X, y = regression
    zero, one = np.zeros_like(y), np.ones_like(y)
    reg = MiraiDNNRegressor(**small | {"n_layers": 0})
    reg.fit(X, np.column_stack([y, zero, one]))
    reg.model_.set_weights([0 * weights for weights in reg.model_.get_weights()])
    for Y, expected in (
        (np.column_stack([zero, zero, zero]), 1),
        (np.column_stack([one, one, one]), 0),
        (np.column_stack([y, zero, one]), pytest.approx(1 / 3)),
    ):
        assert reg.score(X, Y) == expected
        with warns(UserWarning, "no dropout"):
            scores = reg.mc_score(X, Y, n_passes=3)
        np.testing.assert_allclose(scores, reg.score(X, Y), rtol=0, atol=1e-12)


def test_mc_score_of_one_row_is_undefined_as_r2_score(fitted_regressor, regression):
    X, y = regression
    with pytest.warns(UndefinedMetricWarning, match="less than two samples") as caught:
        scores = fitted_regressor.mc_score(X[:1], y[:1], n_passes=3)
    np.testing.assert_array_equal(scores, [np.nan] * 3)
    assert [warning.filename for warning in caught] == [__file__]


def test_mc_score_takes_the_per_row_masks_of_the_lab_by_default(
    fitted_classifier, binary
):
    X, y = binary
    np.testing.assert_array_equal(
        fitted_classifier.mc_score(X, y, random_state=0),
        fitted_classifier.mc_score(X, y, n_passes=100, masks="per_row", random_state=0),
    )


def test_uncertainty_of_labels_that_are_strings(small, binary):
    X, y = binary
    labels = np.array(["benign", "mirai"])[y]
    clf = MiraiDNNClassifier(**small).fit(X, labels)
    result = clf.predict_uncertainty(X, n_passes=200, random_state=0)
    assert set(result.label) <= {"benign", "mirai"}
    sure = np.abs(clf.predict_proba(X)[:, 1] - 0.5) > 0.1
    assert sure.sum() > 20
    np.testing.assert_array_equal(result.label[sure], clf.predict(X)[sure])
    scores = clf.mc_score(X, labels, n_passes=5, random_state=0)
    assert scores.mean() == pytest.approx(clf.score(X, labels), abs=0.1)
