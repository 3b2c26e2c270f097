"""Which score tells attacks that no training row showed? Families held out by turns.

Run: ``python benchmarks/novelty.py`` (a quarter of an hour on two busy cores; fits are
kept in the folder of ``--cache``). Of each table one family of attacks after the other
is left out of training, on NSL-KDD, UNSW-NB15 (duplicates of its rows too) and N-BaIoT,
where Mirai is held out (a demonstration: 299 rows). A classifier learns attack or
benign from the rest, by its plain defaults and with ``scaler="auto"``. Printed are for
each score

- new: ROC AUC of rows of the family against all known rows;
- missed: the same of those that the classifier calls benign, against benign rows;
- FPR95: share of the known rows above the threshold that 95 % of the new rows reach;
- 1 %: share of the new rows above the threshold that 1 % of the benign rows exceed;
- 1 %, missed: the same of those that are called benign.

``--rows validation`` judges rows of the training file of NSL-KDD and another part of
UNSW-NB15 in place of the test rows: what ``novelty_score`` is was chosen by that, among
the same families. p-values are taken among training rows that no distance is measured
to. With two classes energy, entropy and the largest probability rank alike.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import DATA, machine
from joblib import Memory
from sklearn.covariance import EmpiricalCovariance
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import RobustScaler, StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.model_selection import duplicate_groups
from skmirai.neural_network._keras.novelty import signals
from skmirai.uncertainty import conformal_p_values

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
    """Features, whether a row is an attack, and a split for each family held out."""

    X: pd.DataFrame
    y: np.ndarray
    splits: dict[str, Split]


FAMILIES = {
    "dos": "apache2 back land mailbomb neptune pod processtable smurf teardrop "
    "udpstorm",
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
    shared = EmpiricalCovariance(assume_centered=True).fit(kept - means[y])
    return {
        name: np.min([shared.mahalanobis(part - mean) for mean in means], axis=0)
        for name, part in rows.items()
    }


def neighbours(kept: np.ndarray, rows: Rows, k: int = 5) -> Rows:
    """Distance from the k-th nearest kept row."""
    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(kept)
    return {name: index.kneighbors(part)[0][:, -1] for name, part in rows.items()}


def inputs_of(clf: Any, X: Any) -> np.ndarray:
    return clf.pipeline_[:-1].transform(X).astype(np.float32)


def hidden_of(clf: Any, X: Any) -> np.ndarray:
    """Last hidden layer, of members their mean."""
    return signals(clf.pipeline_["dnn"].network_, inputs_of(clf, X))[0]


def scores_of(table: Table, family: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fit without a family; each score of rows to calibrate with and of judged ones."""
    split, rng = table.splits[family], np.random.default_rng(SEED)
    drawn = rng.permutation(split.train)[:N_TRAINING]
    X_train, y_train = table.X.iloc[drawn], table.y[drawn]
    clf = MiraiDNNClassifier(novelty_rows=N_KEPT, random_state=SEED, **settings)
    clf.fit(X_train, y_train)
    n_kept = min(N_KEPT, 2 * len(drawn) // 3)
    kept, calibration = drawn[:n_kept], drawn[n_kept:][:N_CALIBRATION]
    judged = {"calibration": calibration}
    for part in split.known:
        for kind in ("known", "new"):
            rows = getattr(split, kind)[part]
            n = min(len(rows), N_JUDGED * (2 if kind == "known" else 1))
            judged[f"{part} {kind}"] = rng.choice(rows, n, replace=False)
    parts = {name: table.X.iloc[rows] for name, rows in judged.items()}
    X_kept, y_kept = table.X.iloc[kept], table.y[kept]

    def of_parts(score: Callable[[Any], np.ndarray]) -> Rows:
        return {name: score(part) for name, part in parts.items()}

    scores: dict[str, Rows] = {}
    plain = MiraiDNNClassifier(epochs=1, random_state=SEED).fit(X_train, y_train)
    kept_inputs, inputs = inputs_of(plain, X_kept), of_parts(partial(inputs_of, plain))
    scores["Mahalanobis, inputs"] = mahalanobis(kept_inputs, y_kept, inputs)
    scores["neighbours, inputs"] = neighbours(kept_inputs, inputs)
    kept_hidden, hidden = hidden_of(clf, X_kept), of_parts(partial(hidden_of, clf))
    scores["Mahalanobis, hidden"] = mahalanobis(kept_hidden, y_kept, hidden)
    scores["neighbours, hidden"] = neighbours(kept_hidden, hidden)
    for name, scaler in {
        "neighbours, hidden, standard": StandardScaler().fit(kept_hidden),
        "neighbours, hidden, robust": RobustScaler().fit(kept_hidden),
    }.items():
        scaled = {part: scaler.transform(rows) for part, rows in hidden.items()}
        scores[name] = neighbours(scaler.transform(kept_hidden), scaled)

    log_proba = of_parts(clf.predict_log_proba)
    scores["entropy"] = {k: -(np.exp(v) * v).sum(axis=1) for k, v in log_proba.items()}
    sources = {
        "dropout": of_parts(
            partial(clf.predict_uncertainty, n_passes=48, random_state=SEED)
        )
    }
    if not settings:
        several = MiraiDNNEnsembleClassifier(n_jobs=2, random_state=SEED)
        several.fit(X_train, y_train)
        sources["ensemble of 5"] = of_parts(several.predict_uncertainty)
    for source, found in sources.items():
        for measure in ("predictive_entropy", "mutual_information"):
            name = f"{measure.split('_')[-1]}, {source}"
            scores[name] = {k: getattr(v, measure) for k, v in found.items()}
    for how, names in COMBINED:
        scores[f"{how}: {'; '.join(names)}"] = combined([scores[n] for n in names], how)
    scores["novelty_score"] = of_parts(clf.novelty_score)
    return {
        "scores": scores,
        "verdicts": of_parts(clf.predict),
        "truth": {name: table.y[rows] for name, rows in judged.items()},
    }


# -- combinations ------------------------------------------------------------------

#: How p-values are combined, and of which scores.
COMBINED = [
    ("product", ("neighbours, hidden, standard", "entropy")),
    ("smallest", ("neighbours, hidden, standard", "entropy")),
    ("product", ("neighbours, hidden, standard", "information, dropout")),
    ("product", ("neighbours, inputs", "entropy")),
    ("product", ("Mahalanobis, inputs", "entropy, dropout")),
    ("product", ("neighbours, inputs", "neighbours, hidden, standard", "entropy")),
]


def combined(scores: list[Rows], how: str) -> Rows:
    """Join scores by their p-values among calibration rows; higher is more novel."""
    joined = {}
    for part in scores[0]:
        p = [conformal_p_values(each[part], each["calibration"]) for each in scores]
        joined[part] = -(
            np.min(p, axis=0) if how == "smallest" else np.log(p).sum(axis=0)
        )
    return joined


# -- figures -----------------------------------------------------------------------

FIGURES = ("new", "missed", "FPR95", "1 %", "1 %, missed")


def ranked(new: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([1, 0], [len(new), len(known)]), np.concatenate([new, known])


def figures(found: dict[str, Any], scores: Rows, part: str) -> list[float]:
    """Figures of one score."""
    new, known = scores[f"{part} new"], scores[f"{part} known"]
    missed = new[found["verdicts"][f"{part} new"] == 0]
    benign = known[found["truth"][f"{part} known"] == 0]
    false, true, _ = roc_curve(*ranked(new, known))
    limit = np.quantile(benign, 0.99, method="higher")
    return [
        roc_auc_score(*ranked(new, known)),
        roc_auc_score(*ranked(missed, benign)) if len(missed) else np.nan,
        false[np.argmax(true >= 0.95)],
        (new > limit).mean(),
        (missed > limit).mean() if len(missed) else np.nan,
    ]


_LOADED: dict[str, Table] = {}


def loaded(name: str) -> Table:
    """Table of a name; the last one is held."""
    if name not in _LOADED:
        _LOADED.clear()
        _LOADED[name] = TABLES[name]()
    return _LOADED[name]


def cached_scores(name: str, family: str, model: str) -> dict[str, Any]:
    return scores_of(loaded(name), family, MODELS[model])


def families(name: str) -> list[str]:
    return [*loaded(name).splits]


def markdown(table: pd.DataFrame, title: str) -> None:
    print(f"\n{title}\n")
    print("| score | " + " | ".join(table.columns) + " |")
    print("|---" * (1 + table.shape[1]) + "|")
    for score, row in table.iterrows():
        print(f"| {score} | " + " | ".join(f"{value:.3f}" for value in row) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=[*MODELS])
    parser.add_argument("--rows", choices=["test", "validation"], default="test")
    default = f"{tempfile.gettempdir()}/skmirai-novelty"
    parser.add_argument("--cache", default=default)
    given = parser.parse_args()
    memory = Memory(given.cache, verbose=0)
    print(machine())
    averages = []
    for model in given.models:
        for name in given.tables:
            judged, shares = {}, []
            for family in memory.cache(families)(name):
                found = memory.cache(cached_scores)(name, family, model)
                missed = (found["verdicts"][f"{given.rows} new"] == 0).mean()
                above = found["scores"]["novelty_score"][f"{given.rows} known"] > 2
                shares.append(f"{family} {missed:.3f} ({above.mean():.4f})")
                for score, rows in found["scores"].items():
                    judged[score, family] = figures(found, rows, given.rows)
            frame = pd.DataFrame(judged, index=FIGURES).T.rename_axis(["s", "f"])
            mean = frame.groupby("s", sort=False).mean()
            markdown(mean, f"{name}, {model}, mean over the families")
            print(
                f"\nshare of the new rows called benign, and in brackets of known rows "
                f"with a novelty_score above 2: {', '.join(shares)}"
            )
            by_family = frame["missed"].unstack("f").reindex(mean.index)
            markdown(by_family, f"{name}, {model}, missed against benign")
            if name != "N-BaIoT":
                averages.append(mean.assign(model=model))
    if len(averages) > 1:
        every = pd.concat(averages)
        for model, mean in every.groupby("model", sort=False):
            both = mean.groupby("s", sort=False)[list(FIGURES)].mean()
            markdown(both, f"mean of the tables but N-BaIoT, {model}")


if __name__ == "__main__":
    main()
