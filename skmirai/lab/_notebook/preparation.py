"""Code of parts 1 to 9: the table, the machine, the splits, the network."""

from collections.abc import Mapping

from skmirai.lab._notebook.code import Code, code

_TABLE = code(
    """
import numpy as np

from skmirai.datasets import load_kitsune_mirai, make_mirai_traffic

if FOLDER is None:
    table = make_mirai_traffic(N_ROWS, random_state=SEED)
else:
    table = load_kitsune_mirai(FOLDER, subset=N_ROWS or "full")
data, y = table.data, table.target
""",
    shared=True,
)

_TABLE_LOOKED_AT = code("""
print(f"{data.shape[0]:,} x {data.shape[1]}, {data.nbytes / 2**20:,.0f} MiB")
print("no numbers:", np.isnan(data).sum(), "of the table,", np.isnan(y).sum(), "labels")
print("benign and attack rows:", np.bincount(y))
""")

_MACHINE = code("""
from skmirai.neural_network import gpu_names
from skmirai.utils import hardware

machine = hardware()
print(f"{machine['processor']}, {machine['cores']} cores to use")
print(f"{machine['memory'] / 2**30:.1f} GiB of memory")
for card in machine["gpus"]:
    print(card)
print("networks are trained on:", gpu_names() or "the processor")
""")

_MEMORY = code("""
import pandas as pd

from skmirai.lab import training_memory

small = {"n_layers": 2, "n_nodes": 20, "optimizer": "sgd", "batch_size": 10_000}
deep = {"n_layers": 6, "n_nodes": 20, "optimizer": "adam", "batch_size": 5_000}
plain = {"batch_norm": False, "dropout_rate": 0}
n_train = int(0.7 * len(data))
held = {
    "2 x 20, SGD": training_memory(92, n_train, small | plain),
    "6 x 20, Adam": training_memory(92, n_train, deep | plain),
}
(pd.DataFrame(held) / 2**20).round(3)  # MiB
""")

_COLUMNS = code(
    """
n_dropped = data.shape[1] - 92  # the counter, where there is one, and 23 features
raw = data[:, n_dropped:]
raw.shape
""",
    shared=True,
)

_NAIVE = code("""
rng = np.random.default_rng(SEED)
share = np.mean(y == 1)
uniform = [np.mean(rng.integers(0, 2, len(y)) == y) for _ in range(100)]
weighted = [np.mean((rng.random(len(y)) < share) == y) for _ in range(100)]
print(f"always the larger class: {max(share, 1 - share):.4f}")
for name, drawn in (("both alike", uniform), ("in proportion", weighted)):
    low, high = np.quantile(drawn, [0.025, 0.975])
    print(f"guesses, {name}: {np.mean(drawn):.4f}, mostly {low:.4f} to {high:.4f}")
print(f"in proportion, computed: {share**2 + (1 - share) ** 2:.4f}")
""")

_SCALED = code(
    """
from sklearn.preprocessing import StandardScaler

X = StandardScaler().fit_transform(raw).astype(np.float32)
""",
    shared=True,
)

_SCALED_LOOKED_AT = code("""
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.plot(X.mean(axis=0, dtype=float), ".")
left.set(xlabel="column", ylabel="mean")
right.plot(X.std(axis=0, dtype=float), ".")
right.set(xlabel="column", ylabel="standard deviation", ylim=(0, 1.1))
plt.show()
""")

_ORDERED = code("""
from sklearn.model_selection import train_test_split

y_first, y_last = train_test_split(y, test_size=0.3, shuffle=False)
print("first 70 %, benign and attack:", np.bincount(y_first, minlength=2))
print("the others, benign and attack:", np.bincount(y_last, minlength=2))
""")

_SPLIT = code(
    """
from sklearn.model_selection import train_test_split

# 309 is the first seed with the published numbers of both classes.
train, rest = train_test_split(np.arange(len(y)), test_size=0.3, random_state=309)
validation, test = train_test_split(rest, test_size=0.5, random_state=1)
for name, rows in (("train", train), ("validation", validation), ("test", test)):
    print(f"{name}: {len(rows):,}, benign and attack {np.bincount(y[rows])}")
""",
    shared=True,
)

_SETTINGS = code(
    '''
from skmirai import MiraiDNNClassifier

SETTINGS = {
    "n_layers": 2,
    "n_nodes": 20,
    "activation": "sigmoid",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "batch_norm": False,
    "dropout_rate": 0.0,
    "class_weight": "balanced",
    "epochs": 20,
    "batch_size": 10_000,
    "scaler": None,  # the columns are standardised already
    "random_state": SEED,
}


def sized(**changes):
    """Settings for this table: an epoch has as many batches as in the published run."""
    settings = {**SETTINGS, **changes}
    batch_size = settings["batch_size"] * len(train) / 534_895
    settings["batch_size"] = max(1, round(batch_size))
    settings["epochs"] = max(1, round(settings["epochs"] * EPOCHS_SCALE))
    return settings


def network(**changes):
    """Make a network with settings that differ from the usual ones."""
    return MiraiDNNClassifier(**sized(**changes))
''',
    shared=True,
)

_SUMMARY = code("""
from skmirai import build_dnn

for n_layers, n_nodes in ((2, 20), (4, 50)):
    model = build_dnn(
        X.shape[1],
        n_layers,
        n_nodes,
        activation="sigmoid",
        optimizer="sgd",
        dropout_rate=0.0,
    )
    model.summary()
""")

#: Cells of each part, in its order.
CODE: Mapping[int, tuple[Code, ...]] = {
    1: (_TABLE, _TABLE_LOOKED_AT),
    2: (_MACHINE,),
    3: (_MEMORY,),
    4: (_COLUMNS,),
    5: (_NAIVE,),
    6: (_SCALED, _SCALED_LOOKED_AT),
    7: (_ORDERED,),
    8: (_SPLIT,),
    9: (_SETTINGS, _SUMMARY),
}
