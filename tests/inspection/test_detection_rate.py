"""DetectionRateDisplay draws the share of each kind of traffic that raises an alarm."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skmirai.inspection import DetectionRateDisplay
from skmirai.inspection._detection._rates import Verdicts, detection_rates
from skmirai.metrics import bootstrap_interval
from skmirai.uncertainty import AbstainingClassifier
from skmirai.utils._words import NO_KIND
from tests.uncertainty.scores import Scores, scores

plt = pytest.importorskip("matplotlib.pyplot")

KINDS = np.repeat(["dns", "arp", "scan", "flood"], [40, 10, 30, 20])
ATTACK = np.isin(KINDS, ["scan", "flood"])
SCORE = np.random.default_rng(0).random(100) * 0.6 + 0.4 * ATTACK


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def wilson(share, n, level):
    """The formula of the paper."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def texts(things):
    return [thing.get_text() for thing in things]


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


@given(rows, st.sampled_from([0.5, 0.95]))
def test_rates_are_those_counted_one_by_one(rows, level):
    kinds, attack, alarm, withheld = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    withheld &= ~alarm
    found = detection_rates(
        {"m": Verdicts(alarm, withheld)}, attack, kinds, confidence_level=level
    )
    assert found["n_rows"].sum() == len(rows)
    pairs = zip(kinds.tolist(), attack.tolist(), strict=True)
    assert {*map(tuple, found[["kind", "is_attack"]].to_numpy())} == {*pairs}
    for row in found.itertuples():
        own = (kinds == row.kind) & (attack == row.is_attack)
        assert row.n_rows == own.sum()
        assert row.alarm_rate == pytest.approx(alarm[own].mean())
        assert row.abstention_rate == pytest.approx(withheld[own].mean())
        ends = wilson(row.alarm_rate, row.n_rows, level)
        assert (row.low, row.high) == pytest.approx(ends, abs=1e-9)
    sides = found.groupby(found["is_attack"])["alarm_rate"]
    for is_attack, values in sides:
        order = values if is_attack else -values
        assert order.is_monotonic_increasing
    assert found["is_attack"].is_monotonic_decreasing


@pytest.mark.parametrize("names", [(0, 1), (1, 0), ("benign", "worm"), ("x", "a")])
def test_either_order_of_the_classes(names):
    """Labels of text, the benign one before or behind the others, say the same."""
    benign, other = names
    y = np.where(ATTACK, other, benign)
    y_pred = np.where(SCORE >= 0.5, other, benign)
    display = DetectionRateDisplay.from_predictions(y, y_pred, KINDS, benign=benign)
    same = DetectionRateDisplay.from_scores(
        y, SCORE, KINDS, threshold=0.5, benign=benign
    )
    pd.testing.assert_frame_equal(display.rates, same.rates)
    expected = {kind: np.mean(SCORE[kind == KINDS] >= 0.5) for kind in set(KINDS)}
    found = display.rates.set_index("kind")["alarm_rate"]
    assert found.to_dict() == pytest.approx(expected)


def test_bars_are_the_rates():
    display = DetectionRateDisplay.from_scores(ATTACK, SCORE, KINDS, threshold=0.5)
    (bars,) = display.bars_.values()
    rates = display.rates
    np.testing.assert_allclose([b.get_width() for b in bars], rates["alarm_rate"])
    ax = display.ax_
    labels = [f"{k} ({n})" for k, n in zip(rates["kind"], rates["n_rows"], strict=True)]
    assert texts(ax.get_yticklabels()) == labels
    middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]
    np.testing.assert_allclose(middles, ax.get_yticks())
    assert {"attacks: detected", "benign: false alarms"} < set(texts(ax.texts))
    assert {f"{rate:.1%}" for rate in rates["alarm_rate"]} & set(texts(ax.texts))
    assert ax.get_xlabel() == "share of rows called an attack: score of 0.5 or more"
    (legend,) = display.figure_.legends
    assert texts(legend.get_texts()) == ["95% interval"]
    assert display.figure_ is ax.get_figure()


def test_budget_is_kept_and_used_up():
    display = DetectionRateDisplay.from_scores(
        ATTACK, SCORE, KINDS, max_false_alarm_rate=0.1
    )
    benign = display.rates.query("not is_attack")
    assert (benign["alarm_rate"] * benign["n_rows"]).sum() == pytest.approx(5)
    limit = display.thresholds["model"]
    assert (SCORE[~ATTACK] >= limit).sum() == 5


def test_estimator_by_labels_threshold_and_budget():
    X = scores(SCORE)
    y = np.where(ATTACK, "worm", "normal")
    clf = Scores(classes=("normal", "worm")).fit(X, y)
    draw = DetectionRateDisplay.from_estimator
    labels = draw(clf, X, y, KINDS)
    pd.testing.assert_frame_equal(
        labels.rates.drop(columns="model"),
        DetectionRateDisplay.from_scores(y, SCORE, KINDS, threshold=0.5).rates.drop(
            columns="model"
        ),
    )
    assert labels.thresholds is None
    strict = draw(clf, X, y, KINDS, threshold=0.9)
    assert strict.thresholds == {"Scores": 0.9}
    expected = np.mean(SCORE[KINDS == "scan"] >= 0.9)
    rates = strict.rates.set_index("kind")["alarm_rate"]
    assert rates["scan"] == pytest.approx(expected)
    budget = draw(clf, X, y, KINDS, max_false_alarm_rate=0.02)
    benign = budget.rates.query("not is_attack")
    assert (benign["alarm_rate"] * benign["n_rows"]).sum() == pytest.approx(1)


def test_attacks_alone_and_attacks_that_the_classifier_does_not_know():
    X = scores(SCORE)
    clf = Scores(classes=("ham", "spam")).fit(X, ATTACK)
    display = DetectionRateDisplay.from_estimator(
        clf, X[ATTACK], np.full(ATTACK.sum(), "worm"), KINDS[ATTACK], threshold=0.5
    )
    assert display.rates["is_attack"].all()
    assert "benign: false alarms" not in texts(display.ax_.texts)


def test_abstentions_are_hatched():
    y = np.where(ATTACK, "worm", "normal")
    inner = FrozenEstimator(Scores(classes=("normal", "worm")).fit([[0.0]], [0]))
    clf = AbstainingClassifier(inner, coverage=0.6).fit(scores(SCORE), y)
    answers = clf.predict(scores(SCORE))
    display = DetectionRateDisplay.from_estimator(clf, scores(SCORE), y, KINDS)
    withheld = {k: np.mean(answers[k == KINDS] == "abstain") for k in set(KINDS)}
    found = display.rates.set_index("kind")["abstention_rate"]
    assert found.to_dict() == pytest.approx(withheld)
    assert sum(withheld.values()) > 0
    hatched = [p for p in display.ax_.patches if p.get_hatch()]
    rates = display.rates
    np.testing.assert_allclose([p.get_x() for p in hatched], rates["alarm_rate"])
    np.testing.assert_allclose(
        [p.get_width() for p in hatched], rates["abstention_rate"]
    )
    (legend,) = display.figure_.legends
    assert texts(legend.get_texts()) == ["no answer", "95% interval"]
    same = DetectionRateDisplay.from_predictions(
        y, answers, KINDS, abstain_label="abstain"
    )
    pd.testing.assert_frame_equal(
        rates.drop(columns="model"), same.rates.drop(columns="model")
    )


def test_models_side_by_side():
    other = np.clip(SCORE + 0.2, 0, 1)
    display = DetectionRateDisplay.from_scores(
        ATTACK, {"a": SCORE, "b": other}, KINDS, max_false_alarm_rate=0.1
    )
    assert [*display.bars_] == ["a", "b"]
    a, b = (display.rates.query("model == @name") for name in "ab")
    assert a["kind"].tolist() == b["kind"].tolist()
    tops = [{round(bar.get_y(), 6) for bar in bars} for bars in display.bars_.values()]
    assert not tops[0] & tops[1], "no bar covers another"
    (legend,) = display.figure_.legends
    assert [text.split(",")[0] for text in texts(legend.get_texts())] == [
        *("a", "b"),
        "95% interval",
    ]
    X = scores(SCORE)
    clf = LogisticRegression().fit(X, ATTACK)
    both = DetectionRateDisplay.from_estimator(
        {"network": clf, "tree": Scores().fit(X, ATTACK)}, X, ATTACK.astype(int), KINDS
    )
    assert [*both.bars_] == ["network", "tree"]


def test_groups_make_intervals_of_whole_groups():
    groups = np.arange(100) // 5
    how = {"groups": groups, "random_state": 3, "confidence_level": 0.9}
    display = DetectionRateDisplay.from_scores(
        ATTACK, SCORE, KINDS, threshold=0.5, **how
    )
    alarm = (SCORE >= 0.5).astype(float)
    for row in display.rates.itertuples():
        own = row.kind == KINDS
        expected = bootstrap_interval(
            lambda y, drawn: drawn.mean(),
            np.zeros(own.sum()),
            alarm[own],
            groups=groups[own],
            confidence_level=0.9,
            random_state=3,
        )
        assert (row.low, row.high) == pytest.approx((expected.low, expected.high))
    alone = DetectionRateDisplay.from_scores(
        ATTACK, SCORE, KINDS, threshold=0.5, groups=KINDS
    )
    assert alone.rates[["low", "high"]].isna().all(axis=None)
    alone.figure_.canvas.draw()


@pytest.mark.parametrize(
    "kinds",
    [
        ["dns", None, "scan", None],
        ["dns", np.nan, "scan", np.nan],
        pd.Series(["dns", None, "scan", None], dtype="category"),
        pd.Series(["dns", pd.NA, "scan", pd.NA], index=[9, 8, 7, 6]),
    ],
)
def test_rows_without_a_kind_stand_together(kinds):
    display = DetectionRateDisplay.from_predictions([0, 0, 1, 1], [0, 1, 1, 0], kinds)
    found = display.rates.set_index(["kind", "is_attack"])["alarm_rate"]
    assert found.to_dict() == {
        ("scan", True): 1,
        (NO_KIND, True): 0,
        ("dns", False): 0,
        (NO_KIND, False): 1,
    }


def test_names_from_files_are_harmless():
    kinds = ["$\\frac{$", "a\nb", "<script>alert(1)</script>", "long " * 40]
    display = DetectionRateDisplay.from_predictions([0, 0, 1, 1], [0, 1, 1, 0], kinds)
    display.figure_.canvas.draw()
    labels = texts(display.ax_.get_yticklabels())
    assert max(map(len, labels)) <= 46
    assert "a b (1)" in labels


def test_given_axes_and_drawn_again():
    _, ax = plt.subplots()
    display = DetectionRateDisplay.from_predictions([0, 1], [0, 1], ["a", "b"], ax=ax)
    assert display.ax_ is ax
    assert texts(ax.get_legend().get_texts()) == ["95% interval"]
    assert display.plot().ax_ is not ax


def test_numbers_as_kinds_and_ties():
    display = DetectionRateDisplay.from_predictions(
        [1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [80, 22, 22, 443, 443]
    )
    assert display.rates["kind"].tolist() == ["443", "22", "80"], "larger kinds first"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_score": [0.1, np.nan]}, r"y_score\[1\]=nan must be finite"),
        ({"y_score": [0.1, np.inf]}, r"y_score\[1\]=inf must be finite"),
        ({"y_score": [[0.1, 0.9]] * 2}, r"y_score has shape \(2, 2\)"),
        ({"y_score": ["a", "b"]}, "expected one number for each row"),
        ({"y_score": [0.1]}, r"y_score has the shape \(1,\), but there are 2 rows"),
        ({"y_score": {}}, "there is no model to draw"),
        ({"kinds": ["dns"]}, r"kinds has the shape \(1,\), but there are 2 rows"),
        ({"groups": ["dns"]}, "groups has the shape"),
        ({"threshold": None}, "scores alone raise no alarm"),
        ({"max_false_alarm_rate": 0.1}, "give one of them"),
        ({"confidence_level": 1}, r"confidence_level=1 must lie in \(0, 1\)"),
        ({"y_true": ["a", "b", "c"]}, "say by benign="),
    ],
)
def test_bad_input(changes, message):
    good = {
        "y_true": [0, 1],
        "y_score": [0.1, 0.9],
        "kinds": ["dns", "scan"],
        "threshold": 0.5,
    }
    with pytest.raises(ValueError, match=message):
        DetectionRateDisplay.from_scores(**good | changes)


def test_labels_that_do_not_fit():
    draw = DetectionRateDisplay.from_predictions
    with pytest.raises(ValueError, match=r"the shapes \(2,\) and \(1,\)"):
        draw([0, 1], [0], ["a", "b"])
    with pytest.raises(ValueError, match="are text in part"):
        draw([0, 1], ["benign", "worm"], ["a", "b"])
    clf = Scores().fit([[0.0]], [0])
    with pytest.raises(ValueError, match="are 2 true labels, but 3 rows were"):
        DetectionRateDisplay.from_estimator(clf, scores([0, 0, 1]), [0, 1], ["a", "b"])


def test_rates_that_cannot_be_drawn():
    rates = DetectionRateDisplay.from_predictions([0, 1], [0, 1], ["a", "b"]).rates
    with pytest.raises(ValueError, match="rates has 2 rows and the columns"):
        DetectionRateDisplay(rates.drop(columns="low")).plot()
    with pytest.raises(ValueError, match="rates has 0 rows"):
        DetectionRateDisplay(rates.iloc[:0]).plot()
    two = pd.concat([rates.assign(model="a"), rates.iloc[:1].assign(model="b")])
    with pytest.raises(ValueError, match="the same kinds for each model"):
        DetectionRateDisplay(two).plot()
    with pytest.raises(ValueError, match="kinds holds 202 kinds; a picture shows at"):
        DetectionRateDisplay.from_predictions([0, 1] * 101, [0, 1] * 101, range(202))
