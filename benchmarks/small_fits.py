"""What do repeated small fits cost? Cross-validation, and fits of one architecture.

Run: ``python benchmarks/small_fits.py``. "SciKeras" is its KerasClassifier around
the same network, trained by Keras's own ``fit``, in a Pipeline with the same scaler.
"""

import statistics

import keras
import numpy as np
from common import by_turns, lab_table, machine, print_times, seconds
from scikeras.wrappers import KerasClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier

FOLDS = StratifiedKFold(10, shuffle=True, random_state=0)


def ours(epochs: int, **settings) -> MiraiDNNClassifier:
    return MiraiDNNClassifier(
        2, 20, epochs=epochs, dropout_rate=0.0, random_state=0, **settings
    )


def small_net(n_features: int):
    def build():
        model = keras.Sequential(
            [
                keras.Input((n_features,)),
                keras.layers.Dense(20, "relu"),
                keras.layers.Dense(20, "relu"),
                keras.layers.Dense(1, "sigmoid"),
            ]
        )
        adam = keras.optimizers.Adam(0.003)
        model.compile(adam, "binary_crossentropy", metrics=["accuracy"])
        return model

    return build


def sci_keras(epochs: int, n_features: int):
    step = KerasClassifier(
        small_net(n_features), epochs=epochs, batch_size=256, verbose=0
    )
    return make_pipeline(StandardScaler(), step)


def mlp(epochs: int):
    step = MLPClassifier(
        (20, 20),
        learning_rate_init=0.003,
        alpha=0.0,
        batch_size=256,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=0,
    )
    return make_pipeline(StandardScaler(), step)


def cross_validation(n_rows: int = 10_000, epochs: int = 20, rounds: int = 3) -> None:
    X, y = lab_table(n_rows)
    y = y.astype(int)

    def scores_of(make):
        def run() -> float:
            def folds():
                for train, test in FOLDS.split(X, y):
                    model = make().fit(X[train], y[train])
                    np.mean(model.predict(X[test]).ravel() == y[test])

            return seconds(folds)

        return run

    import warnings

    warnings.simplefilter("ignore")  # MLPClassifier says that it did not converge
    tasks = {
        "skmirai": scores_of(lambda: ours(epochs)),
        "SciKeras": scores_of(lambda: sci_keras(epochs, X.shape[1])),
        "scikit-learn MLPClassifier": scores_of(lambda: mlp(epochs)),
    }
    first = tasks["skmirai"]()
    print(f"\nFirst cross-validation of the process, with compiling: {first:.2f} s")
    title = (
        f"10-fold cross-validation, {n_rows:,} x {X.shape[1]}, 2 x 20, {epochs} epochs"
    )
    print_times(title, by_turns(tasks, rounds))


def repeated_fits(rounds: int = 21) -> None:
    X, y = lab_table(500)
    tasks = {
        "skmirai, 500 rows, 5 epochs": lambda: seconds(lambda: ours(5).fit(X, y)),
        "the same, default network": lambda: seconds(
            lambda: MiraiDNNClassifier(epochs=5, random_state=1).fit(X, y)
        ),
        "scikit-learn MLPClassifier": lambda: seconds(lambda: mlp(5).fit(X, y)),
    }
    for task in tasks.values():
        task()
    print_times("A repeated small fit", by_turns(tasks, rounds), "ms")


def second_fit(rounds: int = 5) -> None:
    """Whole later fits beside their epochs, with other data, rates and seeds.

    Ten epochs cost what a fit of twenty takes longer than one of ten.
    """
    X, y = lab_table(100_000)

    def fit(number: int, epochs: int) -> float:
        part = slice(97 * number, None)  # other rows, and other numbers of them
        model = ours(epochs, learning_rate=0.001 * (number + 1))
        model.set_params(random_state=number)
        return seconds(lambda: model.fit(X[part], y[part]))

    first = fit(0, 10)
    pairs = [(fit(k, 10), fit(k, 20)) for k in range(1, rounds + 1)]
    ratios = sorted(ten / (twenty - ten) for ten, twenty in pairs)
    print(
        f"\nFirst fit of 100,000 rows, 10 epochs: {first:.2f} s. Later fits with other "
        f"rows, learning rates and seeds: {statistics.median(ratios):.2f} times their "
        f"epochs (range {ratios[0]:.2f} to {ratios[-1]:.2f})."
    )


if __name__ == "__main__":
    print(machine())
    second_fit()
    repeated_fits()
    cross_validation()
