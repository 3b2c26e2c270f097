"""Which score tells attacks that no training row showed? Families held out by turns.

Run: ``python benchmarks/novelty.py`` (ten minutes on two busy cores; fits are kept in
the folder of ``--cache``). Of each table one family of attacks after the other is left
out of training, on NSL-KDD, UNSW-NB15 (duplicates of its rows too) and N-BaIoT, where
Mirai is held out (a demonstration: 299 rows). A classifier learns attack or benign from
the rest: by its plain defaults, and with ``scaler="auto"``. Printed are for each score

- new: ROC AUC of rows of the family against all known rows;
- missed: the same of those that the classifier calls benign, against benign rows;
- FPR95: share of the known rows above the threshold that 95 % of the new rows reach;
- 1 %: share of the new rows above the threshold that 1 % of the benign rows exceed;
- 1 %, missed: the same of those that are called benign.

``--rows validation`` takes rows of the training file of NSL-KDD and another part of
UNSW-NB15 in place of the test rows: scores were chosen by that. p-values are taken
among training rows that the distances do not compare with.
"""

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from common import DATA, machine
from joblib import Memory
from scipy.stats import chi2
from sklearn.covariance import EmpiricalCovariance
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import RobustScaler, StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.model_selection import duplicate_groups

SEED = 0
#: Most rows that are trained on, training rows that distances are measured to, rows
#: among which p-values are taken, and most new rows that are judged.
N_TRAINING, N_KEPT, N_CALIBRATION, N_JUDGED = 40_000, 5_000, 2_000, 2_000
MODELS: dict[str, dict[str, Any]] = {"default": {}, "auto": {"scaler": "auto"}}

# -- tables ------------------------------------------------------------------------


@dataclass(frozen=True)
class Split:
    """Numbers of rows: to learn from, and known and new ones to judge."""

    train: np.ndarray
    known: dict[str, np.ndarray]
    new: dict[str, np.ndarray]


@dataclass(frozen=True)
class Table:
    """Features, whether a row is an attack, and a split for each family."""

    X: pd.DataFrame
    y: np.ndarray
    splits: dict[str, Split]


FAMILIES = {
    "dos": "apache2 back land mailbomb neptune pod processtable smurf teardrop udpstorm",
    "probe": "ipsweep mscan nmap portsweep saint satan",
    "r2l": "ftp_write guess_passwd httptunnel imap multihop named phf sendmail "
    "snmpgetattack snmpguess spy warezclient warezmaster worm xlock xsnoop",
    "u2r": "buffer_overflow loadmodule perl ps rootkit sqlattack xterm",
}


def nsl_kdd() -> Table:
    """Attacks of the test file whose names are new, of known families, are left out."""
    bunch = load_nslkdd(DATA / "nslkdd")
    parts = bunch.train, bunch.test
    X = pd.concat([part.data for part in parts], ignore_index=True)
    attack = np.concatenate([part.attack for part in parts])
    of_test = np.arange(len(X)) >= len(bunch.train.data)
    aside = np.random.default_rng(SEED).random(len(X)) < 0.2
    splits = {}
    for family, names in FAMILIES.items():
        new = np.isin(attack, names.split())
        known = ~new & np.isin(attack, bunch.train.attack)
        splits[family] = Split(
            np.flatnonzero(~of_test & ~new & ~aside),
            {
                "test": np.flatnonzero(known & of_test),
                "validation": np.flatnonzero(known & ~of_test & aside),
            },
            {
                "test": np.flatnonzero(new & of_test),
                "validation": np.flatnonzero(new & ~of_test),
            },
        )
    return Table(X, (attack != "normal").astype(int), splits)


def unsw_nb15() -> Table:
    """Groups of duplicates go to training, validation or test; so do the new rows."""
    bunch = load_unsw_nb15(DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz")
    groups = duplicate_groups(bunch.data)
    names, sizes = np.unique(bunch.attack, return_counts=True)

    def halves(rows: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
        cut = GroupShuffleSplit(1, test_size=share, random_state=SEED)
        first, second = next(cut.split(rows, groups=groups[rows]))
        return rows[first], rows[second]

    train, rest = halves(np.arange(len(groups)), 0.4)
    parts = dict(zip(("validation", "test"), halves(rest, 0.5), strict=True))
    splits = {}
    for family in names[(sizes >= 500) & (names != "Normal")]:
        new = bunch.attack == family
        unlike = ~np.isin(groups, groups[new])
        of_family = halves(np.flatnonzero(new), 0.5)
        splits[str(family)] = Split(
            train[unlike[train]],
            {name: rows[unlike[rows]] for name, rows in parts.items()},
            dict(zip(parts, of_family, strict=True)),
        )
    return Table(bunch.data, bunch.target.to_numpy(), splits)


def n_baiot() -> Table:
    """The first 70 % of benign and gafgyt rows are learned, the rest is known."""
    names = ("benign_traffic", "scan", "doorbell_udp", "thermostat_udp")
    tables = [pd.read_csv(DATA / "nbaiot" / f"{name}.csv.gz") for name in names]
    of_table = np.repeat(np.arange(4), [len(table) for table in tables])
    place = np.concatenate([np.arange(len(table)) / len(table) for table in tables])
    known = np.flatnonzero((of_table < 3) & (place >= 0.7))
    new = np.flatnonzero(of_table == 3)
    parts = ("validation", "test")
    split = Split(
        np.flatnonzero((of_table < 3) & (place < 0.7)),
        dict.fromkeys(parts, known),
        dict.fromkeys(parts, new),
    )
    X = pd.concat(tables, ignore_index=True).astype(float)
    return Table(X, (of_table > 0).astype(int), {"mirai": split})


TABLES: dict[str, Callable[[], Table]] = {
    "NSL-KDD": nsl_kdd,
    "UNSW-NB15": unsw_nb15,
    "N-BaIoT": n_baiot,
}

# -- scores ------------------------------------------------------------------------

Rows = dict[str, np.ndarray]


def mahalanobis(kept: np.ndarray, y: np.ndarray, rows: Rows) -> Rows:
    """Squared distance from the nearest class mean, one covariance for all."""
    means = np.stack([kept[y == label].mean(axis=0) for label in np.unique(y)])
    shared = EmpiricalCovariance(assume_centered=True)
    shared.fit(kept - means[y])
    return {
        name: np.min([shared.mahalanobis(part - m) for m in means], axis=0)
        for name, part in rows.items()
    }


def neighbours(kept: np.ndarray, rows: Rows, k: int = 5) -> Rows:
    """Distance from the k-th nearest kept row."""
    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(kept)
    return {name: index.kneighbors(part)[0][:, -1] for name, part in rows.items()}


def scaled(clf: Any, X: Any) -> np.ndarray:
    """What the network sees."""
    return clf.pipeline_[:-1].transform(X).astype(np.float32)


def signals(clf: Any, X: Any) -> np.ndarray:
    """Last hidden layer, of members side by side."""
    return clf.pipeline_["dnn"].network_.last_hidden(clf._scaled(X))


def scores_of(table: Table, family: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fit without a family; each score of rows to calibrate with and of judged ones."""
    split, rng = table.splits[family], np.random.default_rng(SEED)
    clf = MiraiDNNClassifier(random_state=SEED, **settings)
    drawn = rng.permutation(split.train)[:N_TRAINING]
    X_train, y_train = table.X.iloc[drawn], table.y[drawn]
    clf.fit(X_train, y_train)
    n_kept = min(N_KEPT, 2 * len(drawn) // 3)
    kept, calibration = drawn[:n_kept], drawn[n_kept:][:N_CALIBRATION]
    judged = {"calibration": calibration}
    for part in split.known:
        for kind in ("known", "new"):
            rows = getattr(split, kind)[part]
            n = min(len(rows), N_JUDGED * (2 if kind == "known" else 1))
            judged[f"{part} {kind}"] = rng.choice(rows, n, replace=False)
    tables = {name: table.X.iloc[rows] for name, rows in judged.items()}
    X_kept, y_kept = table.X.iloc[kept], table.y[kept]

    scores: dict[str, Rows] = {}
    if settings:  # the inputs of the default network, whatever the model's are
        plain = MiraiDNNClassifier(epochs=1, random_state=SEED)
        front = plain.fit(X_train, y_train)
    else:
        front = clf
    inputs = {name: scaled(front, part) for name, part in tables.items()}
    kept_inputs = scaled(front, X_kept)
    scores["Mahalanobis, inputs"] = mahalanobis(kept_inputs, y_kept, inputs)
    scores["neighbours, inputs"] = neighbours(kept_inputs, inputs)
    if settings:
        own = {name: scaled(clf, part) for name, part in tables.items()}
        scores["neighbours, own inputs"] = neighbours(scaled(clf, X_kept), own)

    def with_hidden(title: str, pool: Callable[[np.ndarray], np.ndarray]) -> None:
        kept_hidden = pool(signals(clf, X_kept))
        hidden = {name: pool(signals(clf, part)) for name, part in tables.items()}
        found = mahalanobis(kept_hidden, y_kept, hidden)
        scores[f"Mahalanobis, {title}"] = found
        for kind, scaler in {
            "robust": RobustScaler(),
            "standard": StandardScaler(),
            "as is": None,
        }.items():
            scale: Callable[[np.ndarray], np.ndarray] = lambda x: x  # noqa: E731
            if scaler is not None:
                scale = scaler.fit(kept_hidden).transform
            scores[f"neighbours, {title}, {kind}"] = neighbours(
                scale(kept_hidden), {name: scale(part) for name, part in hidden.items()}
            )

    if clf.pipeline_["dnn"].network_.spec.n_members > 1:
        with_hidden("mean hidden", lambda signal: signal.mean(axis=1))
    with_hidden("hidden", lambda signal: signal.reshape(len(signal), -1))

    verdicts = {name: clf.predict(part) for name, part in tables.items()}
    plain_entropy, of_passes = {}, {}
    for name, part in tables.items():
        proba = clf.predict_log_proba(part)
        plain_entropy[name] = -(np.exp(proba) * proba).sum(axis=1)
        of_passes[name] = clf.predict_uncertainty(
            part, n_passes=48, random_state=SEED
        )
    scores["energy = entropy"] = plain_entropy
    for measure in ("predictive_entropy", "mutual_information"):
        scores[f"{measure}, dropout"] = {
            name: getattr(found, measure) for name, found in of_passes.items()
        }
    if not settings:
        several = MiraiDNNEnsembleClassifier(
            MiraiDNNClassifier(**settings), n_jobs=2, random_state=SEED
        ).fit(X_train, y_train)
        found = {name: several.predict_uncertainty(part) for name, part in tables.items()}
        for measure in ("predictive_entropy", "mutual_information"):
            scores[f"{measure}, ensemble of 5"] = {
                name: getattr(of_part, measure) for name, of_part in found.items()
            }
    truth = {name: table.y[rows] for name, rows in judged.items()}
    return {"scores": scores, "verdicts": verdicts, "truth": truth}


# -- combinations ------------------------------------------------------------------


def p_values(scores: Rows) -> Rows:
    """Share of the calibration rows that are as novel, the row itself counted."""
    sorted_ = np.sort(scores["calibration"])
    return {
        name: (1 + len(sorted_) - np.searchsorted(sorted_, part)) / (1 + len(sorted_))
        for name, part in scores.items()
    }


def combined(scores: dict[str, Rows], names: tuple[str, ...], how: str) -> Rows:
    """Join scores by their p-values: the smallest, or Fisher's sum of logarithms."""
    p = [p_values(scores[name]) for name in names]
    parts = {part: np.stack([each[part] for each in p]) for part in p[0]}
    if how == "smallest p":
        return {part: -each.min(axis=0) for part, each in parts.items()}
    n = 2 * len(names)
    return {
        part: -chi2.logsf(-2 * np.log(each).sum(axis=0), n)
        for part, each in parts.items()
    }


# -- figures -----------------------------------------------------------------------

FIGURES = ("new", "missed", "FPR95", "1 %", "1 %, missed")


def auc(new: np.ndarray, known: np.ndarray) -> float:
    if not len(new) or not len(known):
        return np.nan
    y = np.repeat([1, 0], [len(new), len(known)])
    return float(roc_auc_score(y, np.concatenate([new, known])))


def figures(found: dict[str, Any], scores: Rows, part: str) -> list[float]:
    """Figures of one score."""
    new, known = scores[f"{part} new"], scores[f"{part} known"]
    missed = new[found["verdicts"][f"{part} new"] == 0]
    benign = known[found["truth"][f"{part} known"] == 0]
    y = np.repeat([1, 0], [len(new), len(known)])
    false, true, _ = roc_curve(y, np.concatenate([new, known]))
    limit = np.quantile(benign, 0.99, method="higher")
    return [
        auc(new, known),
        auc(missed, benign),
        float(false[np.argmax(true >= 0.95)]),
        float((new > limit).mean()),
        float((missed > limit).mean()) if len(missed) else np.nan,
    ]


def with_combinations(scores: dict[str, Rows], pairs: list[str]) -> dict[str, Rows]:
    found = dict(scores)
    known = [name for name in pairs if name in scores]
    for size in (2, 3):
        for names in itertools.combinations(known, size):
            for how in ("smallest p", "Fisher"):
                found[f"{how}: {'; '.join(names)}"] = combined(scores, names, how)
    return found


def judged(part: str, memory: Memory, given: Any) -> Iterator[tuple[str, str, Any]]:
    """Each table's family, and the figures of all scores by model and name."""
    cached = memory.cache(_scores)
    for name in given.tables:
        for family in memory.cache(_families)(name):
            for model in given.models:
                found = cached(name, family, model)
                every = with_combinations(found["scores"], given.pairs)
                missed = (found["verdicts"][f"{part} new"] == 0).mean()
                yield (
                    name,
                    family,
                    {
                        "missed": missed,
                        "figures": {
                            (model, score): figures(found, rows, part)
                            for score, rows in every.items()
                        },
                    },
                )


def _families(name: str) -> list[str]:
    return [*TABLES[name]().splits]


_LOADED: dict[str, Table] = {}


def _scores(name: str, family: str, model: str) -> dict[str, Any]:
    if name not in _LOADED:
        _LOADED.clear()
        _LOADED[name] = TABLES[name]()
    return scores_of(_LOADED[name], family, MODELS[model])


PAIRS = [
    "neighbours, inputs",
    "Mahalanobis, inputs",
    "neighbours, hidden, standard",
    "neighbours, mean hidden, standard",
    "Mahalanobis, hidden",
    "energy = entropy",
    "mutual_information, dropout",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=[*MODELS])
    parser.add_argument("--rows", choices=["test", "validation"], default="test")
    parser.add_argument("--pairs", nargs="*", default=PAIRS)
    parser.add_argument("--cache", default=tempfile.gettempdir() + "/skmirai-novelty")
    given = parser.parse_args()
    print(machine())
    memory = Memory(given.cache, verbose=0)
    rows = []
    for name, family, found in judged(given.rows, memory, given):
        for (model, score), values in found["figures"].items():
            rows.append((name, family, model, score, found["missed"], *values))
    frame = pd.DataFrame(
        rows, columns=["table", "family", "model", "score", "share missed", *FIGURES]
    )
    frame.to_pickle(f"{given.cache}/figures-{given.rows}.pkl")


if __name__ == "__main__":
    main()
