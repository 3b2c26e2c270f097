"""How long does an epoch take? This package beside Keras and its peers.

Run: ``python benchmarks/epochs.py``. The same network, rows and batch size for
everyone: 534,895 x 92 float32 in memory, shuffled in every epoch. Times are
those of an epoch after the first, which compiles. Keras runs its own ``fit``.
PyTorch, skorch and JAX take part where they are installed.
"""

import argparse
import itertools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from common import LAB_ROWS, by_turns, lab_table, machine, print_times, seconds
from sklearn.neural_network import MLPClassifier

from skmirai import build_dnn

N_TIMED = 2


@dataclass(frozen=True)
class Case:
    """A network and how it is trained."""

    layers: tuple[int, ...]
    optimizer: str
    learning_rate: float
    batch_size: int
    dropout: float = 0.0

    def __str__(self) -> str:
        shape = f"{len(self.layers)} x {self.layers[0]} relu"
        dropout = f", dropout {self.dropout}" if self.dropout else ""
        return f"{shape}{dropout}, {self.optimizer}, batch {self.batch_size:,}"


CASES = [
    Case((20, 20), "sgd", 0.1, 10_000),
    Case((20, 20), "sgd", 0.1, 1_000),
    Case((20, 20), "sgd", 0.1, 100),
    Case((20,) * 6, "adam", 0.003, 5_000),
    Case((64, 64), "adam", 0.003, 256, dropout=0.2),
]

Epoch = Callable[[], float]


class Clock(keras.callbacks.Callback):
    """Notes when epochs end."""

    def on_train_begin(self, logs=None):
        self.ends = []

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.perf_counter())


def epoch_of_fit(model: keras.Model, X, y, batch_size: int) -> Epoch:
    def epoch() -> float:
        clock = Clock()
        model.fit(
            X,
            y,
            batch_size=batch_size,
            epochs=1 + N_TIMED,
            verbose=0,
            callbacks=[clock],
        )
        return (clock.ends[-1] - clock.ends[0]) / N_TIMED

    return epoch


def ours(case: Case, X, y) -> Epoch:
    model = build_dnn(
        X.shape[1],
        len(case.layers),
        case.layers,
        activation="relu",
        optimizer=case.optimizer,
        learning_rate=case.learning_rate,
        dropout_rate=case.dropout,
        random_state=0,
    )
    return epoch_of_fit(model, X, y, case.batch_size)


def keras_fit(case: Case, X, y) -> Epoch:
    model = keras.Sequential([keras.Input((X.shape[1],))])
    for width in case.layers:
        model.add(keras.layers.Dense(width, activation="relu"))
        if case.dropout:
            model.add(keras.layers.Dropout(case.dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    optimizer = keras.optimizers.get(case.optimizer)
    optimizer.learning_rate = case.learning_rate
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return epoch_of_fit(model, X, y, case.batch_size)


def scikit_learn(case: Case, X, y) -> Epoch | None:
    if case.dropout:
        return None
    mlp = MLPClassifier(
        case.layers,
        solver=case.optimizer,
        learning_rate_init=case.learning_rate,
        momentum=0.0,
        alpha=0.0,
        batch_size=case.batch_size,
        max_iter=1,
        random_state=0,
    )
    few = MLPClassifier(**{**mlp.get_params(), "max_iter": 1 + N_TIMED})

    def epoch() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it did not converge
            once = seconds(lambda: mlp.fit(X, y))
            return (seconds(lambda: few.fit(X, y)) - once) / N_TIMED

    return epoch


def torch_modules(case: Case, n_features: int):
    import torch

    parts, width_before = [], n_features
    for width in case.layers:
        parts += [torch.nn.Linear(width_before, width), torch.nn.ReLU()]
        parts += [torch.nn.Dropout(case.dropout)] if case.dropout else []
        width_before = width
    return torch.nn.Sequential(*parts, torch.nn.Linear(width_before, 1))


def torch_loop(case: Case, X, y) -> Epoch:
    import torch

    torch.manual_seed(0)
    model = torch_modules(case, X.shape[1])
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = kinds[case.optimizer](model.parameters(), lr=case.learning_rate)
    loss_of = torch.nn.BCEWithLogitsLoss()
    rows, labels = torch.from_numpy(X), torch.from_numpy(y)[:, None]

    def one() -> None:
        model.train()
        total = right = 0.0
        for index in torch.randperm(len(rows)).split(case.batch_size):
            wanted = labels[index]
            logits = model(rows[index])
            loss = loss_of(logits, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(index)
            right += ((logits.detach() > 0) == (wanted > 0)).sum()
        float(total), float(right)

    one()
    return lambda: seconds(one)


def skorch(case: Case, X, y) -> Epoch:
    import torch
    from skorch import NeuralNetBinaryClassifier

    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    net = NeuralNetBinaryClassifier(
        torch_modules(case, X.shape[1]),
        optimizer=kinds[case.optimizer],
        lr=case.learning_rate,
        batch_size=case.batch_size,
        max_epochs=1,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    net.fit(X, y)

    def epoch() -> float:
        net.partial_fit(X, y)
        return net.history[-1, "dur"]

    return epoch


def jax_scan(case: Case, X, y) -> Epoch | None:
    if case.dropout:
        return None
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    widths = (X.shape[1], *case.layers, 1)
    weights = [
        (
            jnp.asarray(rng.standard_normal((a, b)) * (2 / (a + b)) ** 0.5, "float32"),
            jnp.zeros(b),
        )
        for a, b in itertools.pairwise(widths)
    ]

    def loss_of(weights, rows, wanted):
        for kernel, bias in weights[:-1]:
            rows = jax.nn.relu(rows @ kernel + bias)
        logits = (rows @ weights[-1][0] + weights[-1][1])[:, 0]
        losses = jnp.logaddexp(0, logits) - wanted * logits
        return losses.mean(), ((logits > 0) == (wanted > 0)).sum()

    def step(carry, index):
        weights, first, second, count = carry
        (loss, right), slopes = jax.value_and_grad(loss_of, has_aux=True)(
            weights, rows_[index], labels_[index]
        )
        count += 1
        if case.optimizer == "adam":
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
            second = jax.tree.map(
                lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes
            )
            size = case.learning_rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
            slopes = jax.tree.map(
                lambda m, v: size * m / (jnp.sqrt(v) + 1e-7), first, second
            )
        else:
            slopes = jax.tree.map(lambda g: case.learning_rate * g, slopes)
        weights = jax.tree.map(jnp.subtract, weights, slopes)
        return (weights, first, second, count), (loss, right)

    rows_, labels_ = jnp.asarray(X), jnp.asarray(y)
    n_batches = len(X) // case.batch_size  # it leaves the partial batch out

    @jax.jit
    def run(carry, key):
        order = jax.random.permutation(key, len(X))[: n_batches * case.batch_size]
        carry, sums = jax.lax.scan(step, carry, order.reshape(n_batches, -1))
        return carry, jax.tree.map(jnp.sum, sums)

    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = {"carry": (weights, zeros, zeros, jnp.zeros(())), "key": jax.random.key(0)}

    def one() -> None:
        state["key"], key = jax.random.split(state["key"])
        state["carry"], _ = jax.block_until_ready(run(state["carry"], key))

    one()
    return lambda: seconds(one)


PEERS = {
    "skmirai": ours,
    "Keras fit": keras_fit,
    "scikit-learn MLPClassifier": scikit_learn,
    "PyTorch eager loop": torch_loop,
    "skorch": skorch,
    "JAX scan": jax_scan,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=LAB_ROWS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="part of a peer's name")
    parser.add_argument("--cases", nargs="*", type=int, default=range(len(CASES)))
    options = parser.parse_args()
    print(machine())
    X, y = lab_table(options.rows)
    for case in (CASES[number] for number in options.cases):
        tasks: dict[str, Epoch] = {}
        for name, make in PEERS.items():
            if options.only and not any(part in name for part in options.only):
                continue
            try:
                task = make(case, X, y)
            except ImportError as error:
                print(f"{name} left out: {error}")
                continue
            if task is not None:
                tasks[name] = task
        title = f"Seconds per epoch, {options.rows:,} x {X.shape[1]}: {case}"
        print_times(title, by_turns(tasks, options.rounds))


if __name__ == "__main__":
    main()
