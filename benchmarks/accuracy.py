"""How good are the models? Ours beside what a person would otherwise pick.

Run: ``python benchmarks/accuracy.py``. Every model is fitted on the training rows of
each task with five random states and judged on its test rows; mean and standard
deviation over the random states are printed as Markdown. Tasks and models may be
chosen: ``--tasks nsl-kdd unsw-groups --models default trees --seeds 2``. Every figure
goes to a file as well (``--results``), so that the run can be cut and goes on where it
was; ``--print`` shows what is there.

``--inner`` judges on rows that are held out of the training rows, and never reads a
test row: choices of settings are made on its tables. On NSL-KDD it holds out whole
kinds of attacks, since that is what the test file does.

The recorded traffic is read from the folder that ``SKMIRAI_DATA`` names. Peers that are
not installed (pytabkit) are left out with a message.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import DATA, machine
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    log_loss,
    matthews_corrcoef,
    roc_auc_score,
    roc_curve,
)
from sklearn.model_selection import GroupShuffleSplit, KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15, make_mirai_traffic
from skmirai.feature_extraction import AfterImageExtractor, read_packets

#: Seed of every split; models have seeds of their own.
SPLIT_SEED = 0

# -- tasks -------------------------------------------------------------------------

Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Task:
    """A table, its labels, and splits into training and test rows.

    Attributes
    ----------
    X : DataFrame
        Features; names are categories.
    y : ndarray of shape (n_rows,)
        1 for an attack.
    splits : list of (ndarray, ndarray)
        Numbers of the training rows and of the test rows.
    inner : callable
        Splits training rows again, for choices.
    """

    X: pd.DataFrame
    y: np.ndarray
    splits: list[Split]
    inner: Callable[[np.ndarray], Iterator[Split]]


def nsl_kdd() -> Task:
    """The whole training file, and the test file, which holds other attacks."""
    bunch = load_nslkdd(DATA / "nslkdd")
    parts = bunch.train, bunch.test
    both = pd.concat([part.data for part in parts], ignore_index=True)
    attack = np.concatenate([part.attack for part in parts])
    rows = np.arange(len(both))

    def inner(train: np.ndarray) -> Iterator[Split]:
        """Hold out four groups of attacks by turns, and a fifth of the other rows."""
        rng = np.random.default_rng(SPLIT_SEED)
        kinds = rng.permutation(sorted({*attack[train]} - {"normal"}))
        for fold in range(4):
            unseen = np.isin(attack[train], kinds[fold::4])
            aside = ~unseen & (rng.random(len(train)) < 0.2)
            # as in the test file, rows of unseen attacks are a sixth of the rows
            n_unseen = min(int(unseen.sum()), int(aside.sum()) // 5)
            chosen = rng.choice(np.flatnonzero(unseen), n_unseen, replace=False)
            test = np.concatenate([train[aside], train[chosen]])
            yield train[~unseen & ~aside], np.sort(test)

    return Task(
        both,
        (attack != "normal").astype(int),
        [tuple(np.split(rows, [len(bunch.train.data)]))],
        inner,
    )


def unsw(kind: str) -> Task:
    """UNSW-NB15 without ``id``: duplicates kept together, or contiguous folds."""
    file = DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    X, target = load_unsw_nb15(file, return_X_y=True)
    y = target.to_numpy()
    by_row = X.groupby([*X], sort=False, dropna=False, observed=True)
    groups = by_row.ngroup().to_numpy()

    def by_groups(rows: np.ndarray, n_splits: int, seed: int) -> Iterator[Split]:
        shuffled = GroupShuffleSplit(n_splits, test_size=0.3, random_state=seed)
        for train, test in shuffled.split(rows, groups=groups[rows]):
            yield rows[train], rows[test]

    def in_blocks(rows: np.ndarray) -> Iterator[Split]:
        for train, test in KFold(3).split(rows):
            yield rows[train], rows[test]

    everything = np.arange(len(X))
    if kind == "groups":
        splits = [*by_groups(everything, 1, SPLIT_SEED)]
        return Task(X, y, splits, lambda rows: by_groups(rows, 2, SPLIT_SEED + 1))
    return Task(X, y, [*in_blocks(everything)], in_blocks)


def features_of(packets: Any) -> pd.DataFrame:
    extractor = AfterImageExtractor(clock="relative").set_output(transform="pandas")
    return extractor.transform(packets)


def _in_time(place: np.ndarray, first: float, second: float) -> Split:
    return np.flatnonzero(place < first), np.flatnonzero(place >= second)


def _task_in_time(X: pd.DataFrame, y: np.ndarray, lengths: list[int]) -> Task:
    """The first 70 % of each part, and its last fifth; a tenth between is left out."""
    place = np.concatenate([np.arange(n) / n for n in lengths])

    def inner(rows: np.ndarray) -> Iterator[Split]:
        within = place[rows]
        yield tuple(rows[part] for part in _in_time(within, 0.45, 0.55))

    return Task(X, y, [_in_time(place, 0.7, 0.8)], inner)


def recorded_packets() -> tuple[Any, Any]:
    folder = DATA / "kitsune"
    return (
        read_packets(folder / "mirai_benign_head.pcap.tsv.gz"),
        read_packets(folder / "mirai_attack_10000.pcap"),
    )


def kitsune() -> Task:
    """Packets of two recordings; every packet of the second one counts as attack."""
    parts = recorded_packets()
    lengths = [len(packets) for packets in parts]
    X = pd.concat([features_of(packets) for packets in parts], ignore_index=True)
    return _task_in_time(X, np.repeat([0, 1], lengths), lengths)


def nbaiot() -> Task:
    """First rows of four recordings, one of them benign."""
    names = ("benign_traffic", "scan", "doorbell_udp", "thermostat_udp")
    tables = [pd.read_csv(DATA / "nbaiot" / f"{name}.csv.gz") for name in names]
    lengths = [len(table) for table in tables]
    X = pd.concat(tables, ignore_index=True).astype(float)
    return _task_in_time(X, np.repeat([0, 1, 1, 1], lengths), lengths)


def simulated_traffic(
    n_packets: int = 60_000, **settings: Any
) -> tuple[Any, np.ndarray]:
    made = make_mirai_traffic(
        n_packets, attack_fraction=0.5, return_packets=True, **settings
    )
    return made.packets, made.y_true


def simulated() -> Task:
    """Simulated packets before and after the onset, and the truth about each."""
    packets, y = simulated_traffic(random_state=0)
    half = len(y) // 2
    return _task_in_time(features_of(packets), y, [half, len(y) - half])


def _carried(known: tuple[pd.DataFrame, Any], other: tuple[pd.DataFrame, Any]) -> Task:
    """Learn from one network, judge packets of another one."""
    X = pd.concat([known[0], other[0]], ignore_index=True)
    n_known, n_other = len(known[0]), len(other[0])
    y = np.concatenate([known[1], other[1]])

    def inner(rows: np.ndarray) -> Iterator[Split]:
        # of the network that is known, the middle of each class's rows
        where = np.empty(len(rows))
        for label in (0, 1):
            of_label = np.flatnonzero(y[rows] == label)
            where[of_label] = np.arange(len(of_label)) / len(of_label)
        yield (
            rows[(where < 0.4) | (where >= 0.7)],
            rows[(where >= 0.45) & (where < 0.65)],
        )

    rows = np.arange(n_known + n_other)
    return Task(X, y, [tuple(np.split(rows, [n_known]))], inner)


def other_network() -> tuple[pd.DataFrame, np.ndarray]:
    """Simulate another network: other hosts, other rates, video, more floods."""
    packets, y = simulated_traffic(media=True, flood_fraction=0.3, random_state=77)
    records = packets.records.copy()
    start = records["time"][0]
    records["time"] = start + 0.6 * (records["time"] - start)
    longer = records["length"] > 80
    records["length"][longer] = np.minimum(records["length"][longer] * 1.15, 1514)
    return features_of(type(packets)(records)), y


def to_another_simulation() -> Task:
    """From one simulated network to another."""
    packets, y = simulated_traffic(random_state=0)
    return _carried((features_of(packets), y), other_network())


def recorded_to_simulated() -> Task:
    """From the recorded network to a simulated one."""
    task = kitsune()
    return _carried((task.X, task.y), other_network())


def simulated_to_recorded() -> Task:
    """From a simulated network to the recorded one, whose bystanders are left out."""
    packets, y = simulated_traffic(media=True, random_state=0)
    benign, attack = recorded_packets()
    frame = attack.to_frame()
    bot = frame.loc[frame["protocol"] == "arp", "source_mac"].mode()[0]
    of_bot = frame[["source_mac", "destination_mac"]].eq(bot).any(axis=1).to_numpy()
    X = pd.concat([features_of(benign), features_of(attack)[of_bot]], ignore_index=True)
    truth = np.repeat([0, 1], [len(benign), of_bot.sum()])
    return _carried((features_of(packets), y), (X, truth))


TASKS: dict[str, Callable[[], Task]] = {
    "nsl-kdd": nsl_kdd,
    "unsw-groups": lambda: unsw("groups"),
    "unsw-blocks": lambda: unsw("blocks"),
    "kitsune": kitsune,
    "nbaiot": nbaiot,
    "simulated": simulated,
    "other-simulation": to_another_simulation,
    "recorded-to-simulated": recorded_to_simulated,
    "simulated-to-recorded": simulated_to_recorded,
}


# -- models ------------------------------------------------------------------------


def with_codes(model: Any, *scaler: Any) -> Any:
    """Put one-hot codes of text columns in front of a model, and maybe a scaler."""
    codes = OneHotEncoder(handle_unknown="ignore", sparse_output=False, min_frequency=5)

    def is_text(table: pd.DataFrame) -> list[str]:
        return [
            name for name in table if not pd.api.types.is_numeric_dtype(table[name])
        ]

    front = make_column_transformer((codes, is_text), remainder="passthrough")
    return make_pipeline(front, *scaler, model)


def ours(**settings: Any) -> Callable[[int], Any]:
    """Make our classifier, which takes tables as they are."""
    return lambda seed: MiraiDNNClassifier(random_state=seed, **settings)


def ensemble(**settings: Any) -> Callable[[int], Any]:
    """Make three of our classifiers, whose probabilities are averaged."""
    make = ours(**settings)
    return lambda seed: VotingClassifier(
        [(str(n), make(1000 * seed + n)) for n in range(3)], voting="soft"
    )


def one_feature(seed: int) -> Any:
    """Make a tree with one question."""
    return with_codes(DecisionTreeClassifier(max_depth=1, random_state=seed))


def pytabkit(name: str, **settings: Any) -> Callable[[int], Any]:
    """Make a network of pytabkit, with its tuned defaults but for some settings."""

    def make(seed: int) -> Any:
        import pytabkit

        model = getattr(pytabkit, name)
        return with_codes(
            model(random_state=seed, device="cpu", n_threads=2, **settings)
        )

    return make


MODELS: dict[str, Callable[[int], Any]] = {
    "auto": ours(scaler="auto"),
    "auto, three of them": ensemble(scaler="auto"),
    **{f"auto, {n} epochs": ours(scaler="auto", epochs=n) for n in (8, 15, 30)},
    "auto, members on each row": ours(scaler="auto", share_batches=True),
    "default": ours(),
    "quantile": ours(scaler="quantile"),
    "robust_clip": ours(scaler="robust_clip"),
    "signed_log": ours(scaler="signed_log"),
    "standard, 8 members": ours(n_members=8),
    "robust_clip, 8 members": ours(scaler="robust_clip", n_members=8),
    "piecewise_linear": ours(scaler="piecewise_linear"),
    "piecewise_linear, 8 members": ours(scaler="piecewise_linear", n_members=8),
    "the same, cosine": ours(
        scaler="piecewise_linear", n_members=8, learning_rate_schedule="cosine"
    ),
    "MLPClassifier": lambda seed: with_codes(
        MLPClassifier(random_state=seed), StandardScaler()
    ),
    "boosted trees": lambda seed: with_codes(
        HistGradientBoostingClassifier(random_state=seed)
    ),
    "random forest": lambda seed: with_codes(
        RandomForestClassifier(random_state=seed, n_jobs=2)
    ),
    "logistic regression": lambda seed: with_codes(
        LogisticRegression(max_iter=300, random_state=seed), StandardScaler()
    ),
    "one feature": one_feature,
    "majority": lambda seed: DummyClassifier(random_state=seed),
    "RealMLP": pytabkit("RealMLP_TD_Classifier"),
    "RealMLP, 32 epochs": pytabkit("RealMLP_TD_Classifier", n_epochs=32),
    "TabM": pytabkit("TabM_D_Classifier"),
}

# -- figures -----------------------------------------------------------------------


def calibration_error(y: np.ndarray, proba: np.ndarray, n_bins: int = 15) -> float:
    """Expected calibration error of the label's probability, in bins of equal width."""
    sure = np.maximum(proba, 1 - proba)
    right = (proba > 0.5) == y
    bins = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, right - sure, n_bins)
    return float(np.abs(gaps).sum() / len(y))


def false_alarms(y: np.ndarray, proba: np.ndarray, detected: float = 0.95) -> float:
    """Share of the benign rows that are called attacks where 95 % of attacks are."""
    false, true, _ = roc_curve(y, proba)
    return float(false[np.argmax(true >= detected)])


FIGURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": lambda y, p: accuracy_score(y, p > 0.5),
    "balanced": lambda y, p: balanced_accuracy_score(y, p > 0.5),
    "MCC": lambda y, p: matthews_corrcoef(y, p > 0.5),
    "AUC": roc_auc_score,
    "log loss": log_loss,
    "Brier": brier_score_loss,
    "ECE": calibration_error,
    "FPR at 95 %": false_alarms,
}
SECONDS = ("fit s", "predict s")


def judge(model: Any, task: Task, split: Split) -> dict[str, float]:
    """Fit on the training rows, judge the test rows; seconds are the processor's."""
    train, test = split
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(task.X.iloc[train], task.y[train])
    fitted = time.process_time()
    proba = model.predict_proba(task.X.iloc[test])[:, 1]
    took = fitted - start, time.process_time() - fitted
    y = task.y[test]
    figures = {name: float(figure(y, proba)) for name, figure in FIGURES.items()}
    return figures | dict(zip(SECONDS, took, strict=True))


# -- the run -----------------------------------------------------------------------


class Results:
    """Figures of every task, model and random state, in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[tuple[str, str, int], dict[str, float]] = {}
        if path.exists():
            for text in path.read_text().splitlines():
                line = json.loads(text)
                self.lines[line["task"], line["model"], line["seed"]] = line["figures"]

    def add(self, task: str, model: str, seed: int, figures: dict[str, float]) -> None:
        """Write figures down at once."""
        self.lines[task, model, seed] = figures
        line = {"task": task, "model": model, "seed": seed, "figures": figures}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def table(self, task: str) -> str:
        """Means over random states with their standard deviations, as Markdown."""
        models = list(dict.fromkeys(m for t, m, _ in self.lines if t == task))
        columns = [*FIGURES, *SECONDS]
        head = ["| " + " | ".join([task, *columns]) + " |", "|---" * (len(columns) + 1)]
        rows = []
        for model in models:
            found = [
                f for (t, m, _), f in self.lines.items() if (t, m) == (task, model)
            ]
            cells = []
            for name in columns:
                values = np.array([figures[name] for figures in found])
                digits = 1 if name in SECONDS else 3
                cell = f"{values.mean():.{digits}f}"
                if len(values) > 1 and name not in SECONDS:
                    cell += f" ±{values.std(ddof=1):.3f}".replace("0.", ".")
                cells.append(cell)
            rows.append("| " + " | ".join([model, *cells]) + " |")
        return "\n".join([head[0], head[1] + "|", *rows])


def run(
    task_name: str,
    task: Task,
    models: list[str],
    seeds: int,
    results: Results,
    inner: bool,
) -> None:
    """Fit and judge what is not in the results yet."""
    splits = task.splits
    if inner:
        splits = [s for train, _ in task.splits for s in task.inner(train)]
    for name in models:
        for seed in range(seeds):
            if (task_name, name, seed) in results.lines:
                continue
            try:
                model = MODELS[name](seed)
            except ImportError as error:
                print(f"{name} is left out: {error}")
                break
            found = [judge(clone(model), task, split) for split in splits]
            means = pd.DataFrame(found).mean().to_dict()
            results.add(task_name, name, seed, means)


def main() -> None:
    """Run what the arguments choose."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=[*TASKS])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=[*MODELS])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--inner", action="store_true", help="training rows only")
    parser.add_argument("--results", type=Path, help="file of JSON lines")
    parser.add_argument("--print", action="store_true", help="only print results")
    given = parser.parse_args()
    path = given.results or Path(f"accuracy{'-inner' * given.inner}.jsonl")
    results = Results(path)
    print(machine())
    for name in given.tasks:
        if not given.print:
            run(name, TASKS[name](), given.models, given.seeds, results, given.inner)
        print(f"\n{results.table(name)}", flush=True)


if __name__ == "__main__":
    main()
