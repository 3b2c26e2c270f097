"""What part 11 measures about untrained layers."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from skmirai import build_dnn
from skmirai.lab.parts._layers import _difference_to_one_layer, gradient_sizes


@pytest.mark.parametrize("n_layers", [1, 3])
def test_gradients_are_those_of_finite_differences(n_layers):
    rng = np.random.default_rng(n_layers)
    X, y = rng.normal(size=(40, 5)), np.repeat([0, 1], [10, 30])
    sizes = [5, *[4] * n_layers, 1]
    weights = [
        (rng.normal(size=(a, b)), rng.normal(size=b)) for a, b in pairwise(sizes)
    ]

    def loss():
        h = X
        for kernel, bias in weights:
            h = 1 / (1 + np.exp(-(h @ kernel + bias)))
        found = -np.where(y == 1, np.log(h[:, 0]), np.log1p(-h[:, 0]))
        return np.mean(found * np.array([2.0, 2 / 3])[y])

    measured = []
    for kernel, _ in weights:
        gradient = np.empty_like(kernel)
        for place in np.ndindex(kernel.shape):
            kernel[place] += 1e-5
            above = loss()
            kernel[place] -= 2e-5
            gradient[place] = (above - loss()) / 2e-5
            kernel[place] += 1e-5
        measured.append(np.sqrt(np.mean(gradient**2)))
    np.testing.assert_allclose(gradient_sizes(weights, X, y), measured, rtol=1e-5)


def test_layers_collapse_only_without_an_activation():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 92)).astype(np.float32)
    for activation, collapses in (("linear", True), ("relu", False)):
        model = build_dnn(92, 3, 10, activation=activation, dropout_rate=0.0)
        found = model.get_weights()
        weights = list(zip(found[::2], found[1::2], strict=True))
        assert _difference_to_one_layer(weights, X) < 1e-4
        logits = X
        for kernel, bias in weights:
            logits = logits @ kernel + bias
        one_layer = 1 / (1 + np.exp(-logits))
        agree = np.allclose(keras.ops.convert_to_numpy(model(X)), one_layer, atol=1e-5)
        assert agree is collapses
