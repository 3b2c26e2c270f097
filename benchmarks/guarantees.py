"""Are budgets kept as often as promised? Simulated traffic, resplits, another file.

Run: ``python benchmarks/guarantees.py``. Of the simulated traffic the log odds of a row
are known, and so is the true rate of any threshold: for each of ``--draws`` calibration
sets `AbstainingClassifier` learns one. Printed are the share of the thresholds that
keep the budget, with its standard error (the promise is 95 %), the mean rate, and
what is left: attacks found, or rows answered. MAPIE's BinaryClassificationController
stands beside it where it is installed, with 500 sets at most.

Real rows follow. Those of UNSW-NB15 that did not train are resplit into calibration and
test rows; NSL-KDD's test file holds other traffic than its training file, and what was
promised on the one is not kept on the other. ``--network`` adds a network of ours.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from common import DATA, machine
from scipy.special import expit
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.uncertainty import AbstainingClassifier

#: How far attacks lie from benign rows, in standard deviations, for each budget. The
#: classifier by itself raises alarms for 2.3 % and 0.8 % of the benign rows.
DISTANCES = {0.01: 4.0, 0.001: 4.8}

#: A row of a table: name, whether each draw kept the budget, its rates, what is left.
Row = tuple[str, np.ndarray, np.ndarray, np.ndarray]


class KnownOdds(ClassifierMixin, BaseEstimator):
    """Benign rows are normal around 0, attacks around `distance`, as many of each."""

    def __init__(self, distance: float) -> None:
        self.distance = distance

    def fit(self, X: np.ndarray, y: np.ndarray) -> "KnownOdds":
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        odds = self.distance * (X[:, 0] - self.distance / 2)
        return np.column_stack([expit(-odds), expit(odds)])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return (X[:, 0] > self.distance / 2).astype(int)

    def place(self, proba: float) -> float:
        """Where the smaller probability of the two is this, beyond the middle."""
        odds = np.log1p(-proba) - np.log(proba) if proba < 0.5 else 0.0
        return self.distance / 2 + odds / self.distance


def draw(
    rng: np.random.Generator, distance: float, n_benign: int, n_attacks: int
) -> tuple[np.ndarray, np.ndarray]:
    y = np.repeat([0, 1], [n_benign, n_attacks])
    return rng.normal(size=(len(y), 1)) + distance * y[:, None], y


def frozen(distance: float) -> FrozenEstimator:
    return FrozenEstimator(KnownOdds(distance).fit(np.zeros((1, 1)), np.zeros(1)))


def alarms(
    name: str, budget: float, n_benign: int, n_draws: int, place: Callable
) -> Row:
    """Thresholds of alarms: their true rates, and the attacks that they find."""
    distance = DISTANCES[budget]
    rng, places = np.random.default_rng(n_benign), []
    for _ in range(n_draws):
        X, y = draw(rng, distance, n_benign, n_benign)
        places.append(place(frozen(distance), X, y, budget))
    used = norm.sf(places)
    return name, used <= budget, used, norm.sf(np.array(places) - distance)


def our_place(
    model: FrozenEstimator, X: np.ndarray, y: np.ndarray, budget: float
) -> float:
    clf = AbstainingClassifier(model, max_false_alarm_rate=budget).fit(X, y)
    return model.estimator.place(clf.threshold_)


def mapie_place(fwer_method: str) -> Callable:
    from mapie.risk_control import BinaryClassificationController

    def place(
        model: FrozenEstimator, X: np.ndarray, y: np.ndarray, budget: float
    ) -> float:
        # a hundred thresholds, as in its default, where the budget may lie
        true_rates = np.geomspace(10 * budget, budget / 100, 100)
        controller = BinaryClassificationController(
            lambda X: X,
            "fpr",
            budget,
            confidence_level=0.95,
            list_predict_params=norm.isf(true_rates),
            fwer_method=fwer_method,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no valid threshold
            best = controller.calibrate(np.hstack([X, X]), y).best_predict_param
        return np.inf if best is None else best

    return place


def risks(budget: float, n_rows: int, n_draws: int, distance: float = 3.0) -> Row:
    """Thresholds of risk: true shares of wrong answers, and of rows with an answer."""
    rng, found = np.random.default_rng(n_rows), []
    for seed in range(n_draws):
        n_benign = rng.binomial(n_rows, 0.5)
        X, y = draw(rng, distance, n_benign, n_rows - n_benign)
        clf = AbstainingClassifier(
            frozen(distance), by="confidence", max_risk=budget, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no answer at all
            threshold = clf.fit(X, y).threshold_
        if threshold <= 1:
            found.append(clf.estimator_.estimator.place(1 - threshold))
        else:
            found.append(np.inf)
    away = np.array(found) - distance / 2
    right, wrong = norm.sf(away - distance / 2), norm.sf(away + distance / 2)
    answered = right + wrong
    rate = np.divide(wrong, answered, out=np.zeros(n_draws), where=answered > 0)
    return f"{100 * budget:g} % risk, {n_rows:,} rows", rate <= budget, rate, answered


def streams(grouped: bool, n_draws: int, n_streams: int = 600) -> Row:
    """Rows of a stream have one score: those of 600 streams, as rows and as groups."""
    budget, distance = 0.01, DISTANCES[0.01]
    rng, places = np.random.default_rng(0), []
    for seed in range(n_draws):
        X, y = draw(rng, distance, n_streams, 0)
        stream = np.repeat(np.arange(n_streams), rng.geometric(0.02, n_streams))
        clf = AbstainingClassifier(
            frozen(distance), max_false_alarm_rate=budget, random_state=seed
        ).fit(X[stream], y[stream], groups=stream if grouped else None)
        places.append(clf.estimator_.estimator.place(clf.threshold_))
    used, found = norm.sf(places), norm.sf(np.array(places) - distance)
    return (
        f"1 % alarms, 600 streams as {'groups' if grouped else 'rows'}",
        used <= budget,
        used,
        found,
    )


def simulated(n_draws: int) -> Iterator[Row]:
    for budget, n_benign in ((0.01, 299), (0.01, 10_000), (0.001, 2_995)):
        name = f"{100 * budget:g} % alarms, {n_benign:,} benign rows"
        yield alarms(name, budget, n_benign, n_draws, our_place)
    name = "0.1 % alarms, 10,000 benign rows"
    yield alarms(name, 0.001, 10_000, n_draws, our_place)
    try:
        for title, method in (
            ("default", "bonferroni_holm"),
            ("fixed sequence", "fixed_sequence"),
        ):
            place, n_slow = mapie_place(method), min(n_draws, 500)
            yield alarms(f"{name}: MAPIE, {title}", 0.001, 10_000, n_slow, place)
    except ImportError:
        print("MAPIE is not installed: pip install 'skmirai[conformal]'")
    for budget, n_rows in ((0.05, 1_000), (0.05, 10_000), (0.01, 10_000)):
        yield risks(budget, n_rows, n_draws)
    for grouped in (False, True):
        yield streams(grouped, n_draws)


def rates(
    clf: AbstainingClassifier, X: Any, y: Any
) -> tuple[float, float, float, float]:
    """False alarms, wrong answers, attacks found, rows with an answer."""
    answers, benign = clf.predict(X), y == clf.benign_label_
    given = answers != clf.abstain_label_
    alarm = given & (answers != clf.benign_label_)
    wrong = given & (answers != y)
    return (
        float(alarm[benign].mean()),
        float(wrong.sum() / max(given.sum(), 1)),
        float(alarm[~benign].mean()),
        float(given.mean()),
    )


class Told(ClassifierMixin, BaseEstimator):
    """Probabilities of rows that are known by their numbers, as a model gave them."""

    def __init__(self, model: ClassifierMixin, X: Any) -> None:
        self.model = model
        self.X = X

    def fit(self, rows: np.ndarray, y: np.ndarray) -> "Told":
        self.classes_ = self.model.classes_
        self.proba_ = self.model.predict_proba(self.X)
        return self

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return self.proba_[rows]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.classes_[self.proba_[rows].argmax(axis=1)]


def resplits(n_draws: int) -> Iterator[Row]:
    """Rows of UNSW-NB15 that did not train, resplit; test rates have noise."""
    file = DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    X, y = load_unsw_nb15(file, return_X_y=True)
    X_train, X, y_train, y = train_test_split(
        X, y.to_numpy(), train_size=20_000, stratify=y, random_state=0
    )
    numbers = np.arange(len(y))
    model = Told(boosted_trees().fit(X_train, y_train), X).fit(numbers, y)
    for rule, name in (("max_false_alarm_rate", "alarms"), ("max_risk", "risk")):
        found = []
        for seed in range(n_draws):
            rows, test = train_test_split(numbers, train_size=10_000, random_state=seed)
            clf = AbstainingClassifier(
                FrozenEstimator(model), random_state=seed, **{rule: 0.01}
            ).fit(rows, y[rows])
            found.append(rates(clf, test, y[test]))
        false, wrong, attacks, answered = np.array(found).T
        rate, left = (false, attacks) if name == "alarms" else (wrong, answered)
        yield f"1 % {name}, UNSW-NB15", rate <= 0.01, rate, left


def other_file(network: bool) -> None:
    """What was promised on NSL-KDD's training file, and what its test file gets."""
    folder = DATA / "nslkdd"
    X, y, X_new, y_new = load_nslkdd(folder, return_X_y=True)
    X, X_rest, y, y_rest = train_test_split(X, y, train_size=0.5, random_state=0)
    X_rows, X_held, y_rows, y_held = train_test_split(X_rest, y_rest, random_state=0)
    models = {"boosted trees": boosted_trees()}
    if network:
        from skmirai import MiraiDNNClassifier

        models["network"] = MiraiDNNClassifier(scaler="auto", random_state=0)
    print("\n| NSL-KDD | promised | rows | false alarms | wrong | found | answered |")
    print("|---|---|---|---|---|---|---|")
    for name, model in models.items():
        model = FrozenEstimator(model.fit(X, y))
        for rule in ("max_false_alarm_rate", "max_risk"):
            clf = AbstainingClassifier(model, random_state=0, **{rule: 0.001})
            clf.fit(X_rows, y_rows)
            for rows, part in (
                ("held out", (X_held, y_held)),
                ("test file", (X_new, y_new)),
            ):
                figures = " | ".join(f"{x:.2%}" for x in rates(clf, *part))
                print(f"| {name} | {rule}=0.001 | {rows} | {figures} |", flush=True)


def boosted_trees() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=0
    )


def print_rows(title: str, rows: Iterator[Row]) -> None:
    print(f"\n| {title} | kept | rate | found or answered |")
    print("|---|---|---|---|")
    for name, kept, rate, left in rows:
        share = kept.mean()
        error = np.sqrt(max(share * (1 - share), 0.05 * 0.95) / len(kept))
        print(
            f"| {name} | {share:.1%} ± {error:.1%} | {rate.mean():.3%} "
            f"| {left.mean():.1%} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="0 for none")
    parser.add_argument("--resplits", type=int, default=500)
    parser.add_argument("--network", action="store_true")
    given = parser.parse_args()
    print(machine())
    if given.draws:
        print_rows(
            f"{given.draws:,} draws of simulated traffic", simulated(given.draws)
        )
    if DATA.is_dir():
        title = f"{given.resplits} resplits of real rows"
        print_rows(title, resplits(given.resplits))
        other_file(given.network)


if __name__ == "__main__":
    main()
