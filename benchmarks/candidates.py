"""What would make one network better? Each candidate beside the network as it is.

Run: ``python benchmarks/candidates.py``. Two hidden layers of 64 units behind
piecewise-linear encoding, with dropout of .2, Adam at .003 and batches of 256; every
candidate changes one thing. Layers that the package does not have train by Keras's own
loop, which takes longer. Rows are held out of the training rows, as ``accuracy.py
--inner`` does: no test row is read. Printed are the mean over folds and random states
of balanced accuracy, ROC AUC and log loss, and the processor's seconds of a fit
without the encoding.
"""

import argparse
import time
from itertools import product
from typing import Any

import keras
import numpy as np
from accuracy import TASKS, Task
from common import machine
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score

from skmirai import MiraiDNNClassifier, build_dnn

#: Rows that a fit sees in all: what ``epochs="auto"`` allows.
N_SEEN = 1_300_000


@keras.saving.register_keras_serializable(package="candidates")
class Scale(keras.layers.Layer):
    """Multiply each column by a number that is learned at six times the rate."""

    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(shape=(shape[-1],), initializer="zeros")

    def call(self, X: Any) -> Any:
        return X * (1 + 6 * self.factor)


@keras.saving.register_keras_serializable(package="candidates")
class Periodic(keras.layers.Layer):
    """Sines and cosines of each column, with frequencies that are learned."""

    def __init__(self, n_frequencies: int = 8, sigma: float = 0.1) -> None:
        super().__init__()
        self.n_frequencies, self.sigma = n_frequencies, sigma

    def build(self, shape: Any) -> None:
        self.frequencies = self.add_weight(
            shape=(shape[-1], self.n_frequencies),
            initializer=keras.initializers.RandomNormal(stddev=self.sigma),
        )

    def call(self, X: Any) -> Any:
        angles = 2 * np.pi * X[..., None] * self.frequencies
        waves = keras.ops.concatenate(
            [keras.ops.sin(angles), keras.ops.cos(angles)], axis=-1
        )
        return keras.ops.concatenate([X, keras.layers.Flatten()(waves)], axis=-1)


@keras.saving.register_keras_serializable(package="candidates")
class Adapted(keras.layers.Layer):
    """Dense layer of TabM: members share its kernel, and scale all that is around."""

    def __init__(self, units: int, n_members: int, before: str = "ones") -> None:
        super().__init__()
        self.units, self.n_members, self.start = units, n_members, before

    def build(self, shape: Any) -> None:
        def of_members(name: str, size: int, start: Any) -> Any:
            return self.add_weight(
                name=name, shape=(self.n_members, size), initializer=start
            )

        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units))
        start = keras.initializers.RandomNormal(stddev=1.0)
        self.before = of_members(
            "before", shape[-1], start if self.start == "normal" else self.start
        )
        self.after = of_members("after", self.units, "ones")
        self.bias = of_members("bias", self.units, "zeros")

    def call(self, X: Any) -> Any:
        X = X[:, None, :] if len(X.shape) == 2 else X
        return keras.ops.matmul(X * self.before, self.kernel) * self.after + self.bias


@keras.saving.register_keras_serializable(package="candidates")
def mean_of_losses(y: Any, proba: Any) -> Any:
    """Mean of the members' losses."""
    y = keras.ops.reshape(y, (-1, 1, 1))
    each = keras.ops.binary_crossentropy(keras.ops.ones_like(proba) * y, proba)
    return keras.ops.mean(each, axis=(1, 2))


#: Changes of the network as it is; arguments of ``fit_candidate`` and ``network``.
CANDIDATES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "half of the epochs": {"n_seen": N_SEEN // 2},
    "twice the epochs": {"n_seen": 2 * N_SEEN},
    "label smoothing .02": {"smoothing": 0.02},
    "label smoothing .1": {"smoothing": 0.1},
    "AdamW, decay .004": {"weight_decay": 0.004},
    "AdamW, decay .03": {"weight_decay": 0.03},
    "rate falls as a cosine": {"cosine": True},
    "rate .001": {"rate": 0.001},
    "no dropout": {"dropout": 0.0},
    "dropout .4": {"dropout": 0.4},
    "2 x 128": {"nodes": (128, 128)},
    "3 x 64": {"nodes": (64, 64, 64)},
    "silu": {"activation": "silu"},
    "standard": {"scaler": "standard"},
    "layers of Keras, as it is": {"layers": True},
    "PReLU": {"layers": True, "activation": "prelu"},
    "scale layer in front": {"layers": True, "first": Scale},
    "standard and periodic": {"scaler": "standard", "layers": True, "first": Periodic},
    "the cosine, 2 x 128": {"cosine": True, "nodes": (128, 128)},
    "the cosine, scale layer": {"cosine": True, "layers": True, "first": Scale},
    "8 members in turns": {"n_members": 8},
    "8 members in turns, the cosine": {"n_members": 8, "cosine": True},
    "8 members on each row": {"n_members": 8, "share_batches": True},
    "8 members on each row, half of the epochs": {
        "n_members": 8,
        "share_batches": True,
        "n_seen": N_SEEN // 2,
    },
    "4 members on each row": {"n_members": 4, "share_batches": True},
    "8 members on each row, the cosine": {
        "n_members": 8,
        "share_batches": True,
        "cosine": True,
    },
    "TabM, 8 members on each row": {"n_members": 8, "layers": True},
    "robust_clip, scale layer, silu": {
        "scaler": "robust_clip",
        "layers": True,
        "first": Scale,
        "activation": "silu",
    },
}


def network(
    n_features: int,
    optimizer: keras.optimizers.Optimizer,
    seed: int,
    *,
    nodes: tuple[int, ...] = (64, 64),
    activation: str = "relu",
    dropout: float = 0.2,
    n_members: int = 1,
    share_batches: bool = False,
    layers: bool = False,
    first: type[keras.layers.Layer] | None = None,
) -> keras.Model:
    """Build and compile a network, of Keras's layers where it asks for them."""
    if not layers:
        return build_dnn(
            n_features,
            len(nodes),
            nodes,
            activation=activation,
            optimizer=optimizer,
            dropout_rate=dropout,
            n_members=n_members,
            share_batches=share_batches,
            random_state=seed,
        )
    keras.utils.set_random_seed(seed)
    parts = [keras.Input((n_features,)), *([] if first is None else [first()])]
    for width in nodes:
        bent = (
            keras.layers.PReLU()
            if activation == "prelu"
            else keras.layers.Activation(activation)
        )
        dense = keras.layers.Dense(width)
        if n_members > 1:
            start = "normal" if len(parts) == 1 else "ones"
            dense = Adapted(width, n_members, start)
        parts += [dense, bent, keras.layers.Dropout(dropout)]
    output: Any = keras.layers.Dense(1, "sigmoid")
    if n_members > 1:
        output = keras.layers.EinsumDense(
            "bku,kuo->bko", (n_members, 1), "sigmoid", bias_axes="ko"
        )
    model = keras.Sequential([*parts, output])
    loss = "binary_crossentropy" if n_members == 1 else mean_of_losses
    model.compile(optimizer, loss, steps_per_execution=50)
    return model


def fit_candidate(
    X: np.ndarray,
    y: np.ndarray,
    seed: int,
    *,
    n_seen: int = N_SEEN,
    smoothing: float = 0.0,
    weight_decay: float | None = None,
    cosine: bool = False,
    rate: float = 0.003,
    **settings: Any,
) -> keras.Model:
    """Train a network on scaled rows."""
    epochs = int(np.clip(round(n_seen / len(X)), 4, 60))
    steps = epochs * -(-len(X) // 256)
    speed = keras.optimizers.schedules.CosineDecay(rate, steps) if cosine else rate
    optimizer = keras.optimizers.Adam(speed)
    if weight_decay is not None:
        optimizer = keras.optimizers.AdamW(speed, weight_decay=weight_decay)
    model = network(X.shape[1], optimizer, seed, **settings)
    soft = (y * (1 - smoothing) + smoothing / 2).astype("float32")
    model.fit(X, soft, batch_size=256, epochs=epochs, verbose=0)
    return model


def scaled_rows(
    task: Task, scaler: str, train: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of the estimator's network, whose front learns from training rows."""
    clf = MiraiDNNClassifier(
        scaler=scaler, embedding_dim=None, epochs=1, random_state=0
    )
    front = clf.fit(task.X.iloc[train], task.y[train]).pipeline_[:-1]
    X_train, X_test = (front.transform(task.X.iloc[rows]) for rows in (train, test))
    return X_train.astype("float32"), X_test.astype("float32")


def judge(task: Task, names: list[str], seeds: int) -> dict[str, list[list[float]]]:
    """Figures of each candidate on each inner fold, with each random state."""
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    outer, _ = task.splits[0]
    for train, test in task.inner(outer):
        y_train, y = task.y[train], task.y[test]
        scaled: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, seed in product(names, range(seeds)):
            settings = dict(CANDIDATES[name])
            scaler = settings.pop("scaler", "piecewise_linear")
            if scaler not in scaled:
                scaled[scaler] = scaled_rows(task, scaler, train, test)
            X_train, X_test = scaled[scaler]
            start = time.process_time()
            model = fit_candidate(X_train, y_train, seed, **settings)
            took = time.process_time() - start
            of_members = np.asarray(model(X_test), float).reshape(len(X_test), -1)
            proba = of_members.mean(axis=1)
            figures = [
                balanced_accuracy_score(y, proba > 0.5),
                roc_auc_score(y, proba),
                log_loss(y, proba.clip(1e-7, 1 - 1e-7)),
            ]
            found[name].append([*figures, took])
            keras.backend.clear_session()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=["unsw-groups", "nsl-kdd"]
    )
    parser.add_argument(
        "--candidates", nargs="+", choices=CANDIDATES, default=[*CANDIDATES]
    )
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    print(machine())
    for task in given.tasks:
        found = judge(TASKS[task](), given.candidates, given.seeds)
        print(
            f"\n| {task} | balanced | AUC | log loss | fit s |\n|---|---|---|---|---|"
        )
        for name, figures in found.items():
            balanced, auc, loss, took = np.mean(figures, axis=0)
            print(f"| {name} | {balanced:.3f} | {auc:.4f} | {loss:.3f} | {took:.0f} |")


if __name__ == "__main__":
    main()
