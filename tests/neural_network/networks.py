"""Small networks without an estimator around them, and rows for them."""

import numpy as np
from scipy.special import expit, softmax

from skmirai.neural_network._engine.architecture import NetworkSeeds, network_spec
from skmirai.neural_network._engine.optimizers import make_optimizer
from skmirai.neural_network._keras.builder import assemble

#: Largest difference between sums that were added up in different orders.
TOLERANCE = {"float32": 2e-5, "float64": 1e-11}


def spec_of(**changes):
    """Specification of a network of two layers without dropout, but for changes."""
    given = {
        "n_features": 5,
        "n_layers": 2,
        "n_nodes": [7, 4],
        "activation": "tanh",
        "batch_norm": False,
        "dropout_rate": 0,
        "n_outputs": 1,
        "output_activation": "sigmoid",
        "dtype": "float64",
    }
    return network_spec(**given | changes)


def seeds_of(spec):
    """Seeds of a network, the same each time."""
    return NetworkSeeds.draw(np.random.RandomState(0), len(spec.sizes))


def model_of(spec, optimizer="sgd", learning_rate=0.125):
    """Keras model of a network before training."""
    return assemble(spec, seeds_of(spec), make_optimizer(optimizer, learning_rate))


def rows_of(spec, n_rows, seed=0):
    """Rows, targets and weights for a network; every code of a vector is there."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, spec.n_features))
    for place, (n_codes, _) in enumerate(spec.embeddings[::-1], start=1):
        X[:, -place] = rng.permutation(np.arange(n_rows) % n_codes)
    if spec.output_activation == "linear":
        y = rng.normal(size=(n_rows, spec.n_outputs))
    else:
        y = rng.integers(max(2, spec.n_outputs), size=n_rows)
    return X.astype(spec.dtype), y, rng.uniform(0.2, 2, n_rows)


def member_outputs(model, X, through_dropout=lambda signal, name: signal):
    """Output layer's values of each member before its activation, one after another.

    They are computed in NumPy, layer by layer, from the weights of a Keras model.
    """
    weights = {x.name: x.get_weights() for x in model.layers}
    activation = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}
    name_of = model.as_built.spec.activation
    outputs = []
    for member in range(model.as_built.spec.n_members):
        signal = X
        for name, values in weights.items():
            kind, _, number = name.rpartition("_")
            if kind == "members_in":
                signal = signal * values[0][member]
            elif kind == "dense":
                signal = activation[name_of](signal @ values[0] + values[1])
            elif kind == "batch_norm":
                gamma, beta, mean, variance = values
                signal = gamma * (signal - mean) / np.sqrt(variance + 1e-3) + beta
            elif kind == "dropout":
                signal = through_dropout(signal, number)
            elif name == "output":
                signal = signal @ values[0][member] + values[1][member]
        outputs.append(signal)
    return np.array(outputs)


def as_predicted(values, head):
    """Probabilities of all classes, or predictions."""
    if head == "linear":
        return values
    if head == "softmax":
        return softmax(values, axis=-1)
    return expit(np.concatenate([-values, values], axis=-1))
