"""Keras's activations in NumPy, which prediction uses, against Keras's own."""

import keras
import numpy as np
import pytest

from skmirai.neural_network._engine.activations import ACTIVATIONS, in_numpy
from skmirai.neural_network._engine.arguments import activation_names


def test_every_name_of_keras_is_there():
    assert sorted(ACTIVATIONS) == activation_names()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_those_of_keras(name, dtype):
    rng = np.random.default_rng(0)
    edges = [-300, -50, -10, -3, -1, -0.5, -1e-6, 0, 1e-6, 0.5, 1, 3, 6, 50, 88, 80]
    values = np.concatenate([rng.normal(0, 3, 1000), edges]).reshape(-1, 8)
    values = values.astype(dtype)
    expected = keras.ops.convert_to_numpy(
        getattr(keras.activations, name)(keras.ops.convert_to_tensor(values))
    )
    with np.errstate(over="ignore", under="ignore"):
        ours = in_numpy(name)(values.copy())
    assert ours.dtype == values.dtype
    assert in_numpy(getattr(keras.activations, name)) is in_numpy(name)
    tolerance = 2e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)


def test_other_functions_are_called_as_they_are():
    def shifted(x):
        return keras.ops.relu(x) + 1

    values = np.array([[-1.0, 2.0]])
    np.testing.assert_array_equal(in_numpy(shifted)(values), [[1.0, 3.0]])
