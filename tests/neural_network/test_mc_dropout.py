"""Monte Carlo dropout against all masks at once, and against Keras.

A network with K droppable units has 2^K thinned networks. For small K all of
them are enumerated in NumPy, each with its probability, which gives the exact
mean, variance, entropies and votes that the passes estimate.

Bounds are 5 standard errors of the estimate, computed from the exact
distribution. A normal variable lies outside once in 1.7 million draws; with the
few thousand comparisons below, one set of seeds in some hundreds would fail. The
seeds are fixed, so that the outcome is, too.
"""

from itertools import product

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax, xlogy
from sklearn.metrics import r2_score

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn

MODES = ["shared", "per_row"]
N_PASSES = 3000
N_ERRORS = 5

NETS = {
    # name: (table, parameters)
    "one layer": ("binary", {"n_layers": 1, "n_nodes": 4, "dropout_rate": 0.3}),
    "two rates": (
        "binary",
        {
            "n_layers": 2,
            "n_nodes": 3,
            "dropout_rate": [0.2, 0.5],
            "activation": "tanh",
            "batch_norm": True,
        },
    ),
    "second only": (
        "three_classes",
        {
            "n_layers": 2,
            "n_nodes": [5, 4],
            "dropout_rate": [0, 0.5],
            "activation": "tanh",
        },
    ),
    "three classes": (
        "three_classes",
        {
            "n_layers": 2,
            "n_nodes": 3,
            "dropout_rate": [0.5, 0.1],
            "activation": "tanh",
        },
    ),
    "three layers": (
        "three_classes",
        {
            "n_layers": 3,
            "n_nodes": 2,
            "dropout_rate": [0.1, 0.4, 0.7],
            "activation": "tanh",
            "batch_norm": True,
        },
    ),
    "regression": (
        "regression",
        {"n_layers": 2, "n_nodes": 3, "dropout_rate": 0.25, "activation": "tanh"},
    ),
    "two targets": (
        "regression",
        {
            "n_layers": 1,
            "n_nodes": 5,
            "dropout_rate": 0.4,
            "activation": "tanh",
            "targets": 2,
        },
    ),
}
CLASSIFIERS = [name for name in NETS if NETS[name][0] != "regression"]
REGRESSORS = [name for name in NETS if NETS[name][0] == "regression"]


def thinned_networks(estimator, X):
    """Probability of every mask, and the output of its thinned network.

    Returns arrays of shape (n_masks,) and (n_masks, n_rows, n_outputs); the
    outputs are class probabilities or predicted values.
    """
    layers = estimator.model_.layers[1:]
    drops = [layer for layer in layers if isinstance(layer, keras.layers.Dropout)]
    scaled = estimator.pipeline_[:-1].transform(X)
    activations = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}
    choices = [product([0, 1], repeat=layer.output.shape[-1]) for layer in drops]
    weights, outputs = [], []
    for masks in product(*(list(choice) for choice in choices)):
        weight, signal, left = 1.0, scaled, iter(masks)
        for layer in layers:
            if isinstance(layer, keras.layers.Dropout):
                mask = np.array(next(left))
                weight *= np.prod(np.where(mask, 1 - layer.rate, layer.rate))
                signal = signal * mask / (1 - layer.rate)
            elif isinstance(layer, keras.layers.BatchNormalization):
                gamma, beta, mean, variance = layer.get_weights()
                signal = gamma * (signal - mean) / np.sqrt(variance + 1e-3) + beta
            else:
                kernel, bias = layer.get_weights()
                signal = signal @ kernel + bias
                if layer.name != "output":
                    signal = activations[estimator.activation](signal)
        if isinstance(estimator, MiraiDNNRegressor):
            outputs.append(signal)
        elif signal.shape[1] == 1:
            outputs.append(expit(np.hstack([-signal, signal])))
        else:
            outputs.append(softmax(signal, axis=1))
        weights.append(weight)
    return np.array(weights), np.array(outputs)


def expect(weights, values):
    """Mean over the masks, along the first axis."""
    return np.tensordot(weights, values, axes=1)


def entropy(proba):
    return -xlogy(proba, proba).sum(axis=-1)


def assert_estimated(estimate, exact, variance, n_passes, slack=0.0):
    """Demand that an estimate is no further off than chance explains."""
    bound = N_ERRORS * np.sqrt(np.maximum(variance, 0) / n_passes) + slack + 1e-12
    np.testing.assert_array_less(np.abs(estimate - exact), bound)


def assert_variance_estimated(estimate, variance, fourth):
    """Demand it of a variance; the error of the mean, squared, is second order."""
    unbiased = estimate * N_PASSES / (N_PASSES - 1)
    slack = N_ERRORS**2 * variance / N_PASSES
    assert_estimated(unbiased, variance, fourth - variance**2, N_PASSES, slack)


@pytest.fixture(scope="module")
def nets(request, learning):
    """Fitted small networks and eight of their rows, by name."""
    made = {}
    for name, (table, parameters) in NETS.items():
        X, y = request.getfixturevalue(table)
        parameters = {**learning, "dtype": "float64", **parameters}
        n_targets = parameters.pop("targets", 1)
        if n_targets == 2:
            y = np.column_stack([y, y**2])
        kind = MiraiDNNRegressor if table == "regression" else MiraiDNNClassifier
        estimator = kind(**parameters).fit(X, y)
        made[name] = (estimator, X[:8], y[:8], *thinned_networks(estimator, X[:8]))
    return made


@pytest.mark.parametrize("name", NETS)
def test_enumeration_is_complete(nets, name):
    _, _, _, weights, _ = nets[name]
    n_units = {"one layer": 4, "second only": 4, "two targets": 5}.get(name, 6)
    assert len(weights) == 2**n_units
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("masks", MODES)
def test_mean_variance_and_entropies_are_exact_within_chance(nets, name, masks):
    estimator, X, _, weights, proba = nets[name]
    result = estimator.predict_uncertainty(
        X, n_passes=N_PASSES, masks=masks, random_state=0
    )
    mean = expect(weights, proba)
    variance = expect(weights, (proba - mean) ** 2)
    fourth = expect(weights, (proba - mean) ** 4)
    assert variance.max() > 1e-3, "there is something to estimate"
    assert_estimated(result.proba, mean, variance, N_PASSES)
    assert_variance_estimated(result.std**2, variance, fourth)
    np.testing.assert_allclose(result.mc_error, result.std / np.sqrt(N_PASSES - 1))

    entropies = entropy(proba)
    aleatoric = expect(weights, entropies)
    spread = expect(weights, (entropies - aleatoric) ** 2)
    assert_estimated(result.expected_entropy, aleatoric, spread, N_PASSES)

    # The entropy of a mean is not linear in the mean: its first derivative gives
    # the standard error, the second the bias of -1/2 sum(variance / mean) / T.
    total = entropy(mean)
    linear = -(np.log(mean) * (proba - mean)).sum(axis=-1)
    bias = (variance / mean).sum(axis=-1) / (2 * N_PASSES)
    slack = N_ERRORS**2 * bias
    assert_estimated(
        result.predictive_entropy,
        total,
        expect(weights, linear**2),
        N_PASSES,
        slack,
    )
    epistemic = linear - (entropies - aleatoric)
    assert_estimated(
        result.mutual_information,
        total - aleatoric,
        expect(weights, epistemic**2),
        N_PASSES,
        slack,
    )


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("masks", MODES)
def test_votes_are_exact_within_chance(nets, name, masks):
    estimator, X, _, weights, proba = nets[name]
    result = estimator.predict_uncertainty(
        X, n_passes=N_PASSES, masks=masks, random_state=1
    )
    wins = proba.argmax(axis=-1)[..., np.newaxis] == np.arange(proba.shape[-1])
    share = expect(weights, wins.astype(float))
    assert_estimated(result.votes / N_PASSES, share, share * (1 - share), N_PASSES)


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("masks", MODES)
def test_mean_and_variance_of_a_regressor(nets, name, masks):
    estimator, X, _, weights, values = nets[name]
    result = estimator.predict_uncertainty(
        X, n_passes=N_PASSES, masks=masks, random_state=0
    )
    assert result.mean.shape == (8,) if name == "regression" else (8, 2)
    mean = expect(weights, values)
    variance = expect(weights, (values - mean) ** 2)
    fourth = expect(weights, (values - mean) ** 4)
    assert variance.min() > 1e-4
    estimate, std = result.mean.reshape(mean.shape), result.std.reshape(mean.shape)
    assert_estimated(estimate, mean, variance, N_PASSES)
    assert_variance_estimated(std**2, variance, fourth)


def kept_samples(estimator, X, masks, n_passes=400):
    result = estimator.predict_uncertainty(
        X, n_passes=n_passes, masks=masks, random_state=3, return_samples=True
    )
    return result.samples.reshape(n_passes, len(X), -1)


@pytest.mark.parametrize("name", NETS)
def test_every_pass_is_one_thinned_network(nets, name):
    """With shared masks a whole pass is the output of a single mask."""
    estimator, X, _, weights, outputs = nets[name]
    samples = kept_samples(estimator, X, "shared")
    distance = np.abs(samples[:, np.newaxis] - outputs).max(axis=(2, 3))
    assert distance.min(axis=1).max() < 1e-10
    # masks of equal output count together: relu units may be dead for all rows
    for mask in range(len(weights)):
        same = np.abs(outputs - outputs[mask]).max(axis=(1, 2)) < 1e-10
        share = weights[same].sum()
        drawn = (distance[:, mask] < 1e-10).mean()
        assert_estimated(drawn, share, share * (1 - share), 400)


@pytest.mark.parametrize("name", NETS)
def test_every_row_of_a_pass_is_one_thinned_network(nets, name):
    """With masks per row, rows are such outputs, but of masks of their own."""
    estimator, X, _, _, outputs = nets[name]
    samples = kept_samples(estimator, X, "per_row")
    distance = np.abs(samples[:, np.newaxis] - outputs).max(axis=3)
    assert distance.min(axis=1).max() < 1e-10
    together = (distance.max(axis=2) < 1e-10).any(axis=1)
    assert together.mean() < 0.5, "few passes are the same network for all rows"


@pytest.mark.parametrize("name", ["two rates", "three classes", "regression"])
def test_rows_are_independent_only_with_masks_per_row(nets, name):
    """Two equal rows agree in every pass, or are uncorrelated."""
    estimator, X, *_ = nets[name]
    pair = np.repeat(X[:1], 2, axis=0)
    a, b = kept_samples(estimator, pair, "shared", 2000)[..., -1].T
    np.testing.assert_allclose(a, b, rtol=1e-12)
    a, b = kept_samples(estimator, pair, "per_row", 2000)[..., -1].T
    # a correlation of independent values has the standard error 1 / sqrt(T)
    assert abs(np.corrcoef(a, b)[0, 1]) < N_ERRORS / np.sqrt(2000)
    # and passes are independent of each other
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < N_ERRORS / np.sqrt(2000)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two rates", "three classes", "regression"])
def test_masks_per_row_are_those_of_keras(nets, name):
    """The always-on dropout of Keras, called on every row 3,000 times."""
    estimator, X, _, weights, exact = nets[name]
    n_outputs = estimator.model_.output_shape[-1]
    head = {"two rates": "sigmoid", "three classes": "softmax", "regression": "linear"}
    model = build_dnn(
        X.shape[1],
        estimator.n_layers,
        estimator.n_nodes,
        activation=estimator.activation,
        batch_norm=estimator.batch_norm,
        dropout_rate=estimator.dropout_rate,
        n_outputs=n_outputs,
        output_activation=head[name],
        mc_dropout=True,
        dtype="float64",
        random_state=0,
    )
    model.set_weights(estimator.model_.get_weights())
    scaled = estimator.pipeline_[:-1].transform(X)
    theirs = model.predict(np.repeat(scaled, N_PASSES, axis=0), verbose=0)
    theirs = theirs.reshape(len(X), N_PASSES, n_outputs)[..., -1].T
    ours = kept_samples(estimator, X, "per_row", N_PASSES)[..., -1]
    exact = exact[..., -1]
    mean = expect(weights, exact)
    variance = expect(weights, (exact - mean) ** 2)
    fourth = expect(weights, (exact - mean) ** 4)
    assert_estimated(
        ours.mean(axis=0), theirs.mean(axis=0), 2 * variance, N_PASSES, 1e-6
    )
    assert_estimated(ours.var(axis=0), theirs.var(axis=0), 2 * fourth, N_PASSES, 1e-6)


@pytest.mark.parametrize("masks", MODES)
@pytest.mark.parametrize("name", REGRESSORS)
def test_samples_of_a_regressor(nets, masks, name):
    estimator, X, *_ = nets[name]
    result = estimator.predict_uncertainty(
        X, n_passes=25, masks=masks, random_state=0, return_samples=True
    )
    shape = (25, 8) if name == "regression" else (25, 8, 2)
    assert result.samples.shape == shape
    np.testing.assert_allclose(result.mean, result.samples.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        result.std, result.samples.std(axis=0), rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize("masks", MODES)
@pytest.mark.parametrize("name", REGRESSORS)
def test_mc_score_is_r2_of_each_pass(nets, masks, name):
    estimator, X, y, *_ = nets[name]
    samples = estimator.predict_uncertainty(
        X, n_passes=12, masks=masks, random_state=4, return_samples=True
    ).samples
    expected = [r2_score(y, values) for values in samples]
    scores = estimator.mc_score(X, y, n_passes=12, masks=masks, random_state=4)
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def test_masks_per_row_average_out_over_the_rows(nets, binary):
    """The scores of thinned networks spread more than those of mixed masks."""
    estimator, *_ = nets["one layer"]
    X, y = binary
    shared, per_row = (
        estimator.mc_score(X, y, n_passes=300, masks=masks, random_state=0)
        for masks in MODES
    )
    assert shared.std() > 2 * per_row.std()
    # the mean is that of all masks for both
    weights, proba = thinned_networks(estimator, X)
    right = (proba.argmax(axis=-1) == y).mean(axis=1)
    exact = weights @ right
    variance = weights @ (right - exact) ** 2
    assert_estimated(shared.mean(), exact, variance, 300)
    assert_estimated(per_row.mean(), exact, per_row.var() * 2, 300)
