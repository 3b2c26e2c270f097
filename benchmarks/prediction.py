"""Time of a prediction: one row, and a million, through the whole estimator.

Run: ``python benchmarks/prediction.py``. Validation, dropping of 24 of 116 columns,
scaling and the network are in the time of everybody. "Keras predict" is the same
Pipeline around ``keras.Model.predict`` at batch 10,000.
"""

import argparse
import warnings

import keras
import numpy as np
import pandas as pd
from common import by_turns, lab_table, machine, print_times, seconds
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier
from skmirai.preprocessing import ColumnDropper


class KerasPredict(ClassifierMixin, BaseEstimator):
    """A Keras network as a Pipeline's last step."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.model_ = keras.Sequential(
            [
                keras.Input((X.shape[1],)),
                keras.layers.Dense(64, "relu"),
                keras.layers.Dense(64, "relu"),
                keras.layers.Dense(1, "sigmoid"),
            ]
        )
        self.model_.compile("adam", "binary_crossentropy")
        self.model_.fit(X, y, batch_size=256, epochs=1, verbose=0)
        return self

    def predict_proba(self, X):
        p = self.model_.predict(X, batch_size=10_000, verbose=0)
        return np.hstack([1 - p, p])


def fitted():
    X, y = lab_table(5_000, 116)
    warnings.simplefilter("ignore")  # MLPClassifier says that it did not converge
    mlp = MLPClassifier((64, 64), batch_size=256, max_iter=1)
    return {
        "skmirai": MiraiDNNClassifier(drop_columns=24, epochs=1).fit(X, y),
        "scikit-learn MLPClassifier": make_pipeline(
            ColumnDropper(24), StandardScaler(), mlp
        ).fit(X, y),
        "Keras predict": make_pipeline(
            ColumnDropper(24), StandardScaler(), KerasPredict()
        ).fit(X, y),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    models = fitted()

    def tasks(table):
        return {
            name: lambda model=model: seconds(lambda: model.predict_proba(table))
            for name, model in models.items()
        }

    X, _ = lab_table(options.rows, 116, seed=1)
    for title, row in (
        ("One row, an array", X[:1].astype(float)),
        ("One row, a row of float32", X[:1]),
    ):
        few = tasks(row)
        slow = few.pop("Keras predict")
        times = by_turns(few, 2_000)
        times["Keras predict"] = [slow() for _ in range(20)] * 100
        print_times(f"{title}: predict_proba", times, "ms")

    names = [f"column {i}" for i in range(116)]
    frame = pd.DataFrame(X[:1], columns=names)
    X_small, y_small = lab_table(5_000, 116)
    for model in models.values():
        model.fit(pd.DataFrame(X_small, columns=names), y_small)
    few = tasks(frame)
    few.pop("Keras predict")
    print_times("One row, a DataFrame", by_turns(few, 500), "ms")

    for model in models.values():
        model.fit(X_small, y_small)
    title = f"{options.rows:,} rows of 116 columns, float32"
    print_times(title, by_turns(tasks(X), options.rounds))
    wide = X.astype(float)
    title = f"{options.rows:,} rows of 116 columns, float64"
    print_times(title, by_turns(tasks(wide), options.rounds))


if __name__ == "__main__":
    main()
