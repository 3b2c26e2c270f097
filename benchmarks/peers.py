"""One network in several wrappers: its seconds, and what each does when it is tried.

Run: ``python benchmarks/peers.py``. Two hidden layers of 20 relu units, Adam, batch
256: a fit of 20 epochs after one that compiled, and the probabilities of one row.
RealMLP is a network of its own, and ``benchmarks/accuracy.py`` has its seconds. Then a
table of what works, each entry the outcome of a few lines that ran. ``--checks`` counts
the checks of scikit-learn's ``check_estimator`` that fail, and names them; Keras's own
``fit`` takes minutes for that. Wrappers that are not installed are left out with a
message. PyTorch with CUDA and TensorFlow may not run in one process: name some of the
wrappers then, ``--peers skorch RealMLP``.
"""

import argparse
import pickle
import re
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from common import by_turns, lab_table, machine, print_times, seconds
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

EPOCHS, BATCH, RATE = 20, 256, 0.003

# -- the wrappers ------------------------------------------------------------------


def skmirai(epochs: int):
    from skmirai import MiraiDNNClassifier

    return MiraiDNNClassifier(
        2, 20, epochs=epochs, batch_size=BATCH, learning_rate=RATE, random_state=0
    )


def layers(n_inputs: int, n_outputs: int, loss: str):
    import keras

    end = "sigmoid" if n_outputs == 1 else "softmax"
    model = keras.Sequential(
        [
            keras.Input((n_inputs,)),
            keras.layers.Dense(20, "relu"),
            keras.layers.Dense(20, "relu"),
            keras.layers.Dense(n_outputs, end),
        ]
    )
    model.compile(keras.optimizers.Adam(RATE), loss)
    return model


def for_scikeras(meta: dict[str, Any]):
    binary = meta["target_type_"] == "binary"
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    return layers(meta["n_features_in_"], 1 if binary else meta["n_classes_"], loss)


def for_keras(X, y):
    return layers(X.shape[1], y.shape[1], "categorical_crossentropy")


def scikeras(epochs: int):
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        for_scikeras, epochs=epochs, batch_size=BATCH, verbose=0, random_state=0
    )


def keras_wrapper(epochs: int):
    import keras

    settings = {"epochs": epochs, "batch_size": BATCH, "verbose": 0}
    return keras.wrappers.SKLearnClassifier(for_keras, fit_kwargs=settings)


def skorch(epochs: int):
    import torch
    from skorch import NeuralNetClassifier

    return NeuralNetClassifier(
        torch.nn.Sequential(
            torch.nn.LazyLinear(20),
            torch.nn.ReLU(),
            torch.nn.Linear(20, 20),
            torch.nn.ReLU(),
            torch.nn.Linear(20, 2),
        ),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        max_epochs=epochs,
        batch_size=BATCH,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def mlp(epochs: int):
    return MLPClassifier(
        (20, 20),
        learning_rate_init=RATE,
        alpha=0.0,
        batch_size=BATCH,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=0,
    )


def realmlp(epochs: int):
    from pytabkit import RealMLP_TD_Classifier

    return RealMLP_TD_Classifier(n_epochs=epochs, device="cpu", random_state=0)


PEERS: dict[str, Callable[[int], Any]] = {
    "skmirai": skmirai,
    "SciKeras": scikeras,
    "Keras wrapper": keras_wrapper,
    "skorch": skorch,
    "MLPClassifier": mlp,
    "RealMLP": realmlp,
}

#: Another network.
NOT_TIMED = "RealMLP"


def installed(names: list[str]) -> dict[str, Callable[[int], Any]]:
    """Return the wrappers that can be made, and say which cannot."""
    found = {}
    for name in names:
        try:
            PEERS[name](1)
        except ImportError as error:
            print(f"{name}: not run, {error}")
        else:
            found[name] = PEERS[name]
    return found


def probabilities(model, X) -> np.ndarray:
    """What a model says; Keras's wrapper says it by ``decision_function`` only."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X))
    return np.asarray(model.decision_function(X))


# -- seconds -----------------------------------------------------------------------


def times(peers: dict[str, Callable[[int], Any]], rounds: int) -> None:
    peers = {name: make for name, make in peers.items() if name != NOT_TIMED}
    X, y = lab_table(10_000)
    y = y.astype(int)

    def whole(name: str):
        steps = [] if name == "skmirai" else [StandardScaler()]
        return make_pipeline(*steps, peers[name](EPOCHS))

    fitted = {name: whole(name).fit(X, y) for name in peers}
    fits = {n: lambda n=n: seconds(lambda: whole(n).fit(X, y)) for n in peers}
    print_times("A fit, 10,000 x 92, 20 epochs", by_turns(fits, rounds))
    row = X[:1]
    for model in fitted.values():
        probabilities(model, row)
    rows = {
        n: lambda m=m: min(seconds(lambda: probabilities(m, row)) for _ in range(10))
        for n, m in fitted.items()
    }
    print_times("Probabilities of one row", by_turns(rows, rounds), "ms")


# -- what works --------------------------------------------------------------------


def small() -> tuple[np.ndarray, np.ndarray]:
    X, y = lab_table(400, 10)
    return X, y.astype(int)


def class_weight(make) -> bool:
    """``class_weight="balanced"`` is a parameter, and a fit takes it."""
    make().set_params(class_weight="balanced").fit(*small())
    return True


def sample_weight(make) -> bool:
    X, y = small()
    make().fit(X, y, sample_weight=np.linspace(0.5, 1.5, len(y)))
    return True


def text_columns(make) -> bool:
    X, y = small()
    table = pd.DataFrame(X).add_prefix("f")
    table["protocol"] = np.where(X[:, 0] > 0, "tcp", "udp")
    return len(make().fit(table, y).predict(table)) == len(y)


def names_are_checked(make) -> bool:
    """Columns in another order than at ``fit`` are an error, as in scikit-learn."""
    X, y = small()
    table = pd.DataFrame(X).add_prefix("f")
    model = make().fit(table, y)
    try:
        model.predict(table[table.columns[::-1]])
    except ValueError:
        return True
    return False


def clone_is_equal(make) -> bool:
    def parameters(model) -> str:
        return re.sub("0x[0-9a-f]+", "", repr(model.get_params()))  # but addresses

    one = make()
    return parameters(clone(one)) == parameters(one)


def scores_by_roc_auc(make) -> bool:
    return bool(np.isfinite(cross_val_score(make(), *small(), scoring="roc_auc")).all())


def same_seed_same_bits(make) -> bool:
    X, y = small()
    one, other = (probabilities(make().fit(X, y), X) for _ in range(2))
    return bool((one == other).all())


def pickles(make) -> bool:
    X, y = small()
    model = make().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    return bool((probabilities(again, X) == probabilities(model, X)).all())


def goes_on(make) -> bool:
    """With ``warm_start=True`` each of five fits begins where the last one ended."""
    X, y = small()
    X = StandardScaler().fit_transform(X)
    warm, losses = make().set_params(warm_start=True), []
    for _ in range(5):
        p = probabilities(warm.fit(X, y), X)
        losses.append(log_loss(y, p))
    return bool((np.diff(losses) < 0).all())


def threads(make) -> bool:
    """Eight threads that share a model get what one gets."""
    X, y = small()
    model = make().fit(X, y)
    alone = probabilities(model, X)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: probabilities(model, X), range(32)))
    return all((found == alone).all() for found in together)


def proba(make) -> bool:
    return make().fit(*small()).predict_proba(small()[0]).shape == (400, 2)


def monte_carlo(make) -> bool:
    """Passes of Monte Carlo dropout as a method."""
    return hasattr(make(), "predict_uncertainty")


TRIED: dict[str, Callable[[Callable[[], Any]], bool]] = {
    "predict_proba": proba,
    'class_weight="balanced"': class_weight,
    "sample_weight": sample_weight,
    "text columns": text_columns,
    "order of columns is checked": names_are_checked,
    "a clone has all parameters": clone_is_equal,
    "cross_val_score by ROC AUC": scores_by_roc_auc,
    "same seed, same bits": same_seed_same_bits,
    "pickle, same bits": pickles,
    "warm_start": goes_on,
    "32 predictions in 8 threads, same bits": threads,
    "Monte Carlo passes": monte_carlo,
}


def outcome(attempt, make) -> tuple[str, str]:
    """Return "yes" or "no", and why not."""
    try:
        return ("yes", "") if attempt(make) else ("no", "another result")
    except Exception as error:  # whatever it is, it did not work
        text = (str(error).splitlines() or [""])[0]
        return "no", f"{type(error).__name__}: {text[:100]}"


def features(peers: dict[str, Callable[[int], Any]]) -> None:
    print(f"\n| | {' | '.join(peers)} |\n|{'---|' * (len(peers) + 1)}")
    reasons = []
    for what, attempt in TRIED.items():
        found = {n: outcome(attempt, lambda m=m: m(3)) for n, m in peers.items()}
        print(f"| {what} | {' | '.join(said for said, _ in found.values())} |")
        reasons += [f"{n}, {what}: {why}" for n, (_, why) in found.items() if why]
    print("", *reasons, sep="\n")


# -- scikit-learn's checks ---------------------------------------------------------


def checks(peers: dict[str, Callable[[int], Any]]) -> None:
    """Count outcomes; skipped are checks that an estimator's tags rule out."""
    for name, make in peers.items():
        print(f"\n{name}:", end=" ", flush=True)
        try:
            found = check_estimator(make(EPOCHS), on_fail=None, on_skip=None)
        except Exception as error:  # no estimator at all, for the checks
            print(f"ended by {type(error).__name__}: {error}")
            continue
        status = [result["status"] for result in found]
        counts = {kind: status.count(kind) for kind in dict.fromkeys(status)}
        print(counts)
        failed = [r["check_name"] for r in found if r["status"] == "failed"]
        print(*(f"- {check}" for check in failed), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=[*PEERS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checks", action="store_true", help="count failed checks")
    options = parser.parse_args()
    print(machine(), f"; scikeras {version('scikeras')}")
    warnings.simplefilter("ignore")
    peers = installed(options.peers)
    if options.checks:
        checks(peers)
    else:
        if {*peers} != {NOT_TIMED}:
            times(peers, options.rounds)
        features(peers)


if __name__ == "__main__":
    main()
