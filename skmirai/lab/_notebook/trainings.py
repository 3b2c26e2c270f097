"""Code of parts 10 to 22: what is done beside the trainings of the lab's table."""

from collections.abc import Mapping

from skmirai.lab._notebook.code import Code, code

_TRAIN = code(
    '''
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import balanced_accuracy_score

from skmirai.inspection import TrainingHistoryDisplay

results = {}


def train_and_judge(title, **changes):
    """Train a network, judge it on validation and test rows, draw its curves."""
    clf = network(**changes)
    clf.fit(X[train], y[train], X_val=X[validation], y_val=y[validation])
    on_test, on_validation = (
        clf.evaluate(X[rows], y[rows]) for rows in (test, validation)
    )
    results[title] = {
        "test accuracy": on_test["accuracy"],
        "test loss": on_test["loss"],
        "balanced accuracy": balanced_accuracy_score(y[test], clf.predict(X[test])),
        "validation accuracy": on_validation["accuracy"],
        "validation loss": on_validation["loss"],
        "parameters": clf.n_parameters_,
    }
    print(pd.Series(results[title]).to_string(float_format="{:.5g}".format))
    TrainingHistoryDisplay.from_estimator(clf)
    plt.suptitle(title)
    plt.show()
    return clf
''',
    shared=True,
)

_LINEAR = code("""
# Two layers without an activation in between are one.
rng = np.random.default_rng(SEED)
first, second = rng.normal(size=(92, 20)), rng.normal(size=(20, 1))
rows = X[:1000].astype(float)
print("the same outputs:", np.allclose(rows @ first @ second, rows @ (first @ second)))
""")

_INITIAL = code("""
from skmirai import build_dnn

model = build_dnn(92, 2, 20, activation="sigmoid", dropout_rate=0.0)
kernel, bias, *_ = model.get_weights()
limit = np.sqrt(6 / (92 + 20))
print(f"weights from {kernel.min():.3f} to {kernel.max():.3f}, limit {limit:.3f}")
print(f"their deviation {kernel.std():.3f}, of a uniform one {limit / 3**0.5:.3f}")
print("biases:", np.unique(bias))
""")

_WEIGHTS = code("""
counts = np.bincount(y[train])
print("weights of benign and attack:", len(train) / (2 * counts))
""")

_RECALL = code("""
from sklearn.metrics import classification_report

found = run_2.predict(X[test])
names = ["benign", "attack"]
print(classification_report(y[test], found, target_names=names, zero_division=0))
""")

_BATCHES = code(
    '''
import math
import threading
import time

import psutil

from skmirai.utils import hardware


def look_at_cards(seen, ended):
    """Look at the graphics cards twice a second while a training runs."""
    while not ended.wait(0.5):
        seen += hardware()["gpus"]


def span(seen, name, unit):
    """Say from where to where a figure of the cards went."""
    values = [card[name] / unit for card in seen if card[name] is not None]
    return f"{min(values):,.0f} to {max(values):,.0f}" if values else "none seen"


timed = {}
for lab_size in (100, 1_000, 10_000):
    network(batch_size=lab_size, epochs=1).fit(X[train], y[train])  # compiles
    clf = network(batch_size=lab_size)
    seen, ended = [], threading.Event()
    looking = threading.Thread(target=look_at_cards, args=(seen, ended))
    looking.start()
    begin, processor = time.perf_counter(), time.process_time()
    clf.fit(X[train], y[train])
    seconds = time.perf_counter() - begin
    ended.set()
    looking.join()
    timed[lab_size] = {
        "batch size here": clf.batch_size,
        "seconds per epoch": seconds / clf.n_iter_,
        "updates per epoch": math.ceil(len(train) / clf.batch_size),
        "processors busy": (time.process_time() - processor) / seconds,
        "memory of the process, MiB": psutil.Process().memory_info().rss / 2**20,
        "card busy, %": span(seen, "busy", 1),
        "its memory, MiB": span(seen, "used memory", 2**20),
        "test accuracy": clf.score(X[test], y[test]),
    }
pd.DataFrame.from_dict(timed, orient="index").rename_axis("batch of the lab").round(4)
'''
)

_BEST = code(
    """
BEST = {
    "n_layers": 6,
    "optimizer": "adam",
    "learning_rate": 0.005,
    "batch_size": 5_000,
    "epochs": 300,
}
""",
    shared=True,
)

_DEPTHS = code("""
import time
import warnings

seconds = {}
for n_layers in (2, 6, 10):
    settings = {**BEST, "n_layers": n_layers, "epochs": 10}
    with warnings.catch_warnings(action="ignore"):  # only the time is asked for
        network(**settings).fit(X[train], y[train])  # compiles
        clf = network(**settings)
        begin = time.perf_counter()
        clf.fit(X[train], y[train])
    seconds[n_layers] = (time.perf_counter() - begin) / clf.n_iter_
for n_layers, value in seconds.items():
    print(f"{n_layers} layers: {value:.4f} s per epoch, ", end="")
    print(f"10 layers take {seconds[10] / value:.2f} times as long")
""")

_CHOICE = code("""
# Choose by the validation rows; the test rows then judge what was chosen.
ranking = pd.DataFrame(results).T
ranking.sort_values("validation accuracy", ascending=False).round(4)
""")

_PASSES = code("""
passes = run_11.mc_score(X[test], y[test], n_passes=100, random_state=SEED)
thinned = run_11.mc_score(
    X[test], y[test], n_passes=100, masks="shared", random_state=SEED
)
print(f"100 passes: mean {passes.mean():.4f}, standard deviation {passes.std():.5f}")
print(f"100 thinned networks: {thinned.mean():.4f}, {thinned.std():.5f}")
figure, ax = plt.subplots(figsize=(9, 3), layout="constrained")
ax.hist(passes, bins=20, alpha=0.7, label="units drawn for each row")
ax.hist(thinned, bins=20, alpha=0.7, label="one thinned network for all rows")
ax.set(xlabel="test accuracy of a pass", ylabel="passes")
ax.legend()
plt.show()
""")

_FOLDS = code("""
from sklearn.model_selection import StratifiedKFold, cross_val_score

folds = StratifiedKFold(10, shuffle=True, random_state=1234)
# Each fold builds the network anew, and computes the class weights of its rows.
accuracies = cross_val_score(network(**BEST), X[train], y[train], cv=folds)
print(accuracies.round(4))
print(f"mean {accuracies.mean():.4f}, standard deviation {accuracies.std():.4f}")
""")

_REGRESSION = code("""
from sklearn.linear_model import Ridge

from skmirai import MiraiDNNRegressor

size = data[:, n_dropped - 1]  # the mean size of a host's packets, in bytes
target = (size - size[train].mean()) / size[train].std()
settings = sized(optimizer="adam", learning_rate=0.005)
del settings["class_weight"]
regressor = MiraiDNNRegressor(**settings)
regressor.fit(X[train], target[train], X_val=X[validation], y_val=target[validation])
linear = Ridge().fit(X[train], target[train])
for name, model in (("network", regressor), ("linear", linear)):
    print(f"{name}: R² {model.score(X[test], target[test]):.4f} on the test rows")
TrainingHistoryDisplay.from_estimator(regressor)
plt.show()
""")

#: Cells of each part before and after the trainings of its runs.
BEFORE: Mapping[int, tuple[Code, ...]] = {
    10: (_TRAIN,),
    11: (_LINEAR, _INITIAL),
    12: (_WEIGHTS,),
    13: (_BATCHES,),
    19: (_BEST,),
}
AFTER: Mapping[int, tuple[Code, ...]] = {
    12: (_RECALL,),
    19: (_DEPTHS, _CHOICE),
    20: (_PASSES,),
    21: (_FOLDS,),
    22: (_REGRESSION,),
}
