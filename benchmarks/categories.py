"""Do embeddings of many categories earn their place? Held-out log loss, and time.

Run: ``python benchmarks/categories.py``. Tables of a column of categories and ten of
numbers; the logit of the label is a number, a product of two, a random effect of the
category, and a random effect times another number. A fifth of the rows is held out,
with the probabilities that the labels were drawn from as the best that is possible.

- "embeddings": ``MiraiDNNClassifier()``; "8 members" with ``n_members=8``.
- "one-hot, 128": ``embedding_dim=None``, at most 128 codes.
- "without the column": what the numbers alone tell.
- "plain Keras": the same network with a layer ``Embedding`` of 8 numbers, trained as
  any other layer.
- "trees, 255": ``HistGradientBoostingClassifier``, which takes at most 255 categories;
  the others are one.
- "trees, targets": the same behind ``TargetEncoder``.

Then the time of a fit of 80,000 rows of 20 numbers and a column of 5,000 categories.
"""

import argparse
from collections.abc import Callable

import keras
import numpy as np
import pandas as pd
from common import by_turns, machine, print_times, seconds
from scipy.special import expit
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._parameters import n_epochs
from skmirai.preprocessing import TableEncoder

#: Number of categories, rows, standard deviation of the effect, and how often the
#: categories come: all alike, or the k-th with a weight of 1 / k.
TABLES = {
    "2,000 categories, 30 rows each": (2_000, 60_000, 1.0, False),
    "the same, a third of the effect": (2_000, 60_000, 0.3, False),
    "2,000 categories, 12 rows each": (2_000, 24_000, 1.0, False),
    "2,000 categories, as words come": (2_000, 60_000, 1.0, True),
    "300 categories, 100 rows each": (300, 30_000, 1.0, False),
}


def make_table(n_categories: int, n_rows: int, effect: float, words: bool, seed: int):
    """Rows, labels, and the probabilities that these were drawn from."""
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(1, n_categories + 1) if words else np.ones(n_categories)
    category = rng.choice(n_categories, n_rows, p=weight / weight.sum())
    numbers = rng.normal(size=(n_rows, 10))
    shift = rng.normal(0, effect, n_categories)
    slope = rng.normal(0, effect / 2, n_categories)
    logit = numbers[:, 0] - numbers[:, 1] * numbers[:, 2] / 2
    logit += shift[category] + slope[category] * numbers[:, 3]
    table = pd.DataFrame(numbers).add_prefix("x")
    table["category"] = np.char.add("c", category.astype(str))
    return table, (rng.random(n_rows) < expit(logit)).astype(int), expit(logit)


class PlainKeras:
    """A network with an embedding that is trained as any other layer."""

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "PlainKeras":
        self._encoder = TableEncoder(many_categories="ordinal").fit(X)
        rows = self._encoder.transform(X)
        (n_codes,) = self._encoder.numbers_of_categories_
        numbers, codes = keras.Input((rows.shape[1] - 1,)), keras.Input(())
        vectors = keras.layers.Embedding(n_codes, 8)(codes)
        hidden = keras.layers.Concatenate()([numbers, vectors])
        for _ in range(2):
            hidden = keras.layers.Dense(64, "relu")(hidden)
            hidden = keras.layers.Dropout(0.2)(hidden)
        output = keras.layers.Dense(1, "sigmoid")(hidden)
        self._model = keras.Model([numbers, codes], output)
        self._model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy")
        epochs = n_epochs(MiraiDNNClassifier(), len(y))
        self._model.fit(
            [rows[:, :-1], rows[:, -1]], y, epochs=epochs, batch_size=256, verbose=0
        )
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        rows = self._encoder.transform(X)
        seen = [rows[:, :-1], rows[:, -1]]
        found = self._model.predict(seen, verbose=0, batch_size=4096)
        return np.hstack([1 - found, found])


def trees(encoder) -> HistGradientBoostingClassifier:
    front = make_column_transformer((encoder, ["category"]), remainder="passthrough")
    chosen = [0] if isinstance(encoder, OrdinalEncoder) else None
    boosting = HistGradientBoostingClassifier(
        categorical_features=chosen, early_stopping=True, random_state=0
    )
    return make_pipeline(front, boosting)


MODELS: dict[str, Callable[[], object]] = {
    "embeddings": lambda: MiraiDNNClassifier(random_state=0),
    "embeddings, 8 members": lambda: MiraiDNNClassifier(n_members=8, random_state=0),
    "one-hot, 128": lambda: MiraiDNNClassifier(embedding_dim=None, random_state=0),
    "without the column": lambda: MiraiDNNClassifier(
        drop_columns=["category"], random_state=0
    ),
    "plain Keras": PlainKeras,
    "trees, 255": lambda: trees(
        OrdinalEncoder(
            max_categories=255,
            handle_unknown="use_encoded_value",
            unknown_value=np.nan,
        )
    ),
    "trees, targets": lambda: trees(
        TargetEncoder(cv=StratifiedKFold(5, shuffle=True, random_state=0))
    ),
}


def compare(title: str, given: tuple, n_seeds: int) -> None:
    losses: dict[str, list[float]] = {name: [] for name in ("the truth", *MODELS)}
    for seed in range(n_seeds):
        X, y, truth = make_table(*given, seed)
        late = np.arange(len(y)) % 5 == 0
        losses["the truth"].append(log_loss(y[late], truth[late]))
        for name, make in MODELS.items():
            keras.utils.set_random_seed(seed)
            model = make().fit(X[~late], y[~late])
            losses[name].append(log_loss(y[late], model.predict_proba(X[late])))
    print(f"\n{title}\n| | log loss | range |\n|---|---|---|")
    for name, found in losses.items():
        spread = f"{min(found):.4f} to {max(found):.4f}"
        print(f"| {name} | {np.mean(found):.4f} | {spread} |", flush=True)


def time_fits(rounds: int) -> None:
    rng = np.random.default_rng(0)
    n_rows = 80_000
    X = pd.DataFrame(rng.normal(size=(n_rows, 20))).add_prefix("x").astype("float32")
    codes = rng.permutation(np.arange(n_rows) % 5_000)
    # 200 of them come more often, so that one-hot codes have their 128
    codes = np.where(rng.random(n_rows) < 0.2, codes % 200, codes)
    X["category"] = np.char.add("c", codes.astype(str))
    y = rng.integers(2, size=n_rows)

    def fit(size):
        clf = MiraiDNNClassifier(embedding_dim=size, epochs=10, random_state=0)
        return lambda: seconds(lambda: clf.fit(X, y))

    sizes = {"one-hot, 128": None, "embeddings, 8": "auto", "embeddings, 32": 32}
    tasks = {name: fit(size) for name, size in sizes.items()}
    for task in tasks.values():
        task()  # compiles
    print_times("A fit of 10 epochs", by_turns(tasks, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(machine())
    for title, given in TABLES.items():
        compare(title, given, args.seeds)
    time_fits(args.rounds)


if __name__ == "__main__":
    main()
