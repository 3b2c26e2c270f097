"""Time of trainings of the lab, beside Keras's own ``fit``.

Run: ``python benchmarks/lab.py``. The batch-size study (20 epochs at batch 100, 1,000
and 10,000) and the longest training (6 x 20, Adam, 300 epochs at batch 5,000), on a
table of the lab's shape, each once with skmirai and once with plain Keras: the same
layers, optimizer, class weights and validation rows. Takes a quarter of an hour;
``--epochs-scale`` cuts it.
"""

import argparse
import gc

import keras
import numpy as np
from common import lab_table, machine, seconds

from skmirai import MiraiDNNClassifier
from skmirai.lab import SETTINGS
from skmirai.lab._protocol import BEST
from skmirai.lab._work.tasks import scaled_epochs
from skmirai.lab.parts._batches import BATCH_SIZES

N_VALIDATION = 114_621


def ours(settings, table):
    X, y, X_val, y_val = table
    clf = MiraiDNNClassifier(**settings, random_state=0)
    return lambda: clf.fit(X, y, X_val=X_val, y_val=y_val)


def plain_keras(settings, table):
    X, y, X_val, y_val = table
    layers = [keras.Input((X.shape[1],))]
    for _ in range(settings["n_layers"]):
        layers.append(keras.layers.Dense(settings["n_nodes"], settings["activation"]))
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    optimizer = keras.optimizers.get(settings["optimizer"])
    optimizer.learning_rate = settings["learning_rate"]
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    weights = len(y) / (2 * np.bincount(y.astype(int)))
    return lambda: model.fit(
        X,
        y,
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        class_weight=dict(enumerate(weights)),
        validation_data=(X_val, y_val),
        verbose=0,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs-scale", type=float, default=1.0)
    scale = parser.parse_args().epochs_scale
    print(machine())
    X, y = lab_table()
    X_val, y_val = lab_table(N_VALIDATION, seed=1)
    studies = {f"2 x 20, SGD, batch {b:,}": {"batch_size": b} for b in BATCH_SIZES}
    studies["6 x 20, Adam, batch 5,000"] = dict(BEST)
    print("\n| training | epochs | skmirai, s | Keras `fit`, s | ratio |")
    print("|---|---|---|---|---|")
    for name, changed in studies.items():
        settings = {**SETTINGS, **changed, "drop_columns": None, "scaler": None}
        settings["epochs"] = scaled_epochs(settings["epochs"], scale)
        table = X, y, X_val, y_val
        taken = [seconds(make(settings, table)) for make in (ours, plain_keras)]
        ratio = taken[1] / taken[0]
        figures = f"{taken[0]:.1f} | {taken[1]:.1f} | {ratio:.1f}"
        print(f"| {name} | {settings['epochs']} | {figures} |", flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
