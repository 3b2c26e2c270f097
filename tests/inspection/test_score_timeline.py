"""ScoreTimelineDisplay draws scores over time, however many rows there are."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import dates
from sklearn.frozen import FrozenEstimator
from sklearn.svm import LinearSVC

from skmirai.inspection import ScoreTimelineDisplay
from skmirai.uncertainty import AbstainingClassifier
from tests.uncertainty.scores import Scores, scores

plt = pytest.importorskip("matplotlib.pyplot")

RNG = np.random.default_rng(0)
SECONDS = np.sort(RNG.uniform(0, 100, 2_000))
ATTACK = (SECONDS > 40) & (SECONDS < 60)
SCORE = np.clip(0.3 * RNG.random(2_000) + 0.6 * ATTACK, 0, 1)


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def legend(display):
    (found,) = display.figure_.legends
    return [text.get_text() for text in found.get_texts()]


def n_points(ax):
    """Points of all that is drawn in a panel."""
    patches = sum(len(patch.get_path().vertices) for patch in ax.patches)
    lines = sum(len(line.get_xdata()) for line in ax.lines)
    paths = [path for drawn in ax.collections for path in drawn.get_paths()]
    return patches + lines + sum(len(path.vertices) for path in paths)


def test_steps_are_the_bins():
    display = ScoreTimelineDisplay.from_predictions(
        SCORE, SECONDS, ATTACK, threshold=0.5, n_bins=20
    )
    bins = display.bins
    assert len(bins) == 20
    origin = SECONDS[0]
    edges = np.r_[bins["start"], bins["end"].iloc[-1]] - origin
    for patch, name in (
        (display.median_, "median"),
        (display.maximum_, "maximum"),
        (display.band_, "high"),
    ):
        values, drawn, _ = patch.get_data()
        np.testing.assert_allclose(drawn, edges)
        np.testing.assert_allclose(values, bins[name])
    np.testing.assert_allclose(display.band_.get_data().baseline, bins["low"])
    ax = display.ax_
    assert ax.get_xlabel() == "seconds from the first row on"
    assert ax.get_ylabel() == "attack score"
    assert ax.get_xlim() == pytest.approx((0, SECONDS[-1] - origin))
    low, high = ax.get_ylim()
    assert low < 0 < 1 < high
    assert legend(display) == [
        "maximum",
        "median",
        "5% to 95% of the rows",
        "threshold 0.5",
        "attacks, by the labels",
    ]
    assert display.figure_ is ax.get_figure()
    own = SECONDS[ATTACK]
    assert display.attacks.to_numpy().tolist() == [[own[0], own[-1]]]


def test_order_of_the_rows_does_not_matter():
    order = RNG.permutation(len(SCORE))
    how = {"abstained": SCORE > 0.8, "max_false_alarm_rate": 0.01}
    a = ScoreTimelineDisplay.from_predictions(SCORE, SECONDS, ATTACK, **how)
    how["abstained"] = how["abstained"][order]
    b = ScoreTimelineDisplay.from_predictions(
        SCORE[order], SECONDS[order], ATTACK[order], **how
    )
    pd.testing.assert_frame_equal(a.bins, b.bins)
    pd.testing.assert_frame_equal(a.attacks, b.attacks)
    assert a.threshold == b.threshold
    assert np.mean(SCORE[~ATTACK] >= a.threshold) <= 0.01


@pytest.mark.parametrize("names", [("benign", "worm"), ("attack", "normal")])
def test_estimator_with_either_order_of_classes(names):
    benign = next(name for name in names if name in ("benign", "normal"))
    other = next(name for name in names if name != benign)
    y = np.where(ATTACK, other, benign)
    X = scores(SCORE)[:, :: 1 if names[0] == benign else -1]
    clf = Scores(classes=names).fit(X, y)
    display = ScoreTimelineDisplay.from_estimator(clf, X, SECONDS, y)
    same = ScoreTimelineDisplay.from_predictions(SCORE, SECONDS, y)
    pd.testing.assert_frame_equal(display.bins, same.bins)
    pd.testing.assert_frame_equal(display.attacks, same.attacks)
    assert display.ax_.get_ylabel() == "attack probability"
    assert "threshold" not in " ".join(legend(display))


def test_values_of_a_decision_need_no_bounds():
    X = np.column_stack([SCORE, RNG.normal(size=len(SCORE))])
    clf = LinearSVC().fit(X, ATTACK)
    display = ScoreTimelineDisplay.from_estimator(clf, X, SECONDS, threshold=0)
    assert display.ax_.get_ylabel() == "decision value"
    assert display.attacks is None
    low, high = display.ax_.get_ylim()
    assert low < display.bins["low"].min()
    assert high > display.bins["maximum"].max()


def test_doubt_of_an_abstaining_classifier_is_marked():
    y = np.where(ATTACK, "worm", "normal")
    inner = FrozenEstimator(Scores(classes=("normal", "worm")).fit([[0.0]], [0]))
    clf = AbstainingClassifier(inner, coverage=0.7).fit(scores(SCORE), y)
    display = ScoreTimelineDisplay.from_estimator(
        clf, scores(SCORE), SECONDS, y, n_bins=10
    )
    withheld = clf.predict_abstain(scores(SCORE))
    shares = display.bins["abstained"]
    assert (shares * display.bins["n_rows"]).sum() == pytest.approx(withheld.sum())
    assert legend(display)[-1] == "rows without an answer"
    (marks,) = display.ax_.collections
    assert len(marks.get_paths()) == (shares > 0).sum()
    np.testing.assert_allclose(
        marks.get_facecolors()[:, 3], 0.15 + 0.85 * shares[shares > 0]
    )
    other = ScoreTimelineDisplay.from_estimator(
        clf, scores(SCORE), SECONDS, abstained=SCORE > 2
    )
    assert not other.ax_.collections
    assert legend(other)[-1] == "5% to 95% of the rows"


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_dates_are_dates(zone):
    times = pd.to_datetime(SECONDS, unit="s", origin="2018-10-25 10:00")
    times = times.tz_localize(zone)
    display = ScoreTimelineDisplay.from_predictions(SCORE, times, ATTACK)
    assert str(display.bins["start"].dt.tz) == str(zone)
    first = display.bins["start"].iloc[0]
    assert abs((first - times[0]).total_seconds()) < 1e-6
    _, edges, _ = display.median_.get_data()
    drawn = dates.num2date(edges[0], tz=zone or "UTC")
    assert f"{drawn:%H:%M}" == "10:00"
    display.figure_.canvas.draw()
    label = "time" if zone is None else "time (Europe/Berlin)"
    assert display.ax_.get_xlabel() == label
    assert "2018-Oct-25" in display.ax_.xaxis.get_offset_text().get_text()


@pytest.mark.parametrize("as_dates", [False, True])
def test_gaps_between_captures_are_gaps(as_dates):
    seconds = np.r_[SECONDS, 3e6 + SECONDS, 3e6 + 500 + SECONDS]
    times = (
        pd.to_datetime(seconds, unit="s", origin="2015-01-22") if as_dates else seconds
    )
    display = ScoreTimelineDisplay.from_predictions(
        np.tile(SCORE, 3), times, np.tile(ATTACK, 3), n_bins=60
    )
    values, edges, _ = display.maximum_.get_data()
    assert np.isnan(values).sum() == 2
    assert len(display.attacks) == 3
    assert legend(display)[-1] == "no rows"
    ax = display.ax_
    assert {text.get_text() for text in ax.texts} == {"35 days", "7 min"}
    places = ax.transData.transform(np.column_stack([edges, np.zeros(len(edges))]))
    recorded = np.diff(places[:, 0])[~np.isnan(values)]
    np.testing.assert_allclose(recorded, recorded[0], rtol=1e-3)
    assert recorded.sum() > 0.85 * ax.bbox.width
    display.figure_.canvas.draw()
    labels = [text for text in ax.get_xticklabels() if text.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    assert len(boxes) >= 3
    assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


def test_short_gaps_are_as_long_as_they_are():
    seconds = np.r_[SECONDS, 150 + SECONDS]
    display = ScoreTimelineDisplay.from_predictions(np.tile(SCORE, 2), seconds)
    assert display.ax_.get_xscale() == "linear"
    assert [text.get_text() for text in display.ax_.texts] == ["50.1 s"]
    whole = ScoreTimelineDisplay.from_predictions(np.tile(SCORE, 2), seconds, gap=None)
    assert not whole.ax_.texts


@pytest.mark.parametrize("n_rows", [5_000, 764_137])
def test_points_do_not_grow_with_rows(n_rows):
    """Every second row an attack, every third in doubt: nothing is drawn row by row."""
    seconds = np.cumsum(RNG.exponential(0.01, n_rows))
    score = RNG.random(n_rows)
    display = ScoreTimelineDisplay.from_predictions(
        score,
        seconds,
        np.arange(n_rows) % 2,
        abstained=np.arange(n_rows) % 3 == 0,
        threshold=0.5,
    )
    assert len(display.bins) == 240
    assert display.bins["maximum"].max() == score.max()
    assert n_points(display.ax_) < 6_000


def test_one_row_and_one_moment():
    display = ScoreTimelineDisplay.from_predictions([0.3], [7.0], [1])
    assert display.bins[["n_rows", "low", "maximum"]].values.tolist() == [[1, 0.3, 0.3]]
    display.figure_.canvas.draw()
    display = ScoreTimelineDisplay.from_predictions([0.3, 0.3], [7.0, 7.0])
    assert display.bins["n_rows"].tolist() == [2]
    display.figure_.canvas.draw()


def test_captures_of_one_moment_each():
    display = ScoreTimelineDisplay.from_predictions([0.1, 0.9], [0.0, 1e5], gap=10)
    display.figure_.canvas.draw()
    assert display.bins["n_rows"].tolist() == [1, 1]
    assert display.bins["end"].tolist() == [1, 1e5 + 1]


def test_given_axes_and_drawn_again():
    _, ax = plt.subplots()
    display = ScoreTimelineDisplay.from_predictions(SCORE, SECONDS, ax=ax)
    assert display.ax_ is ax
    assert ax.get_legend() is not None
    assert display.plot().ax_ is not ax


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_score": [0.1, np.nan]}, r"y_score\[1\]=nan must be finite"),
        ({"y_score": [[0.1, 0.9]] * 2}, r"y_score has shape \(2, 2\)"),
        ({"y_score": []}, r"y_score has shape \(0,\)"),
        ({"times": [0, np.nan]}, "times has nan in row 1"),
        ({"times": ["a", "b"]}, "times must be numbers of seconds or dates"),
        ({"times": [0.0]}, "inconsistent numbers of samples"),
        ({"y_true": [0]}, r"y_true has the shape \(1,\), but there are 2 rows"),
        ({"y_true": [0, np.nan]}, r"y_true\[1\]=nan is no label"),
        ({"y_true": ["spam", "spam"]}, "say by benign="),
        ({"abstained": [True]}, "abstained has the shape"),
        ({"max_false_alarm_rate": 0.1}, "needs benign rows"),
        ({"threshold": 1, "max_false_alarm_rate": 0.1}, "give one of them"),
        ({"quantiles": (0.9, 0.1)}, "must be two shares"),
    ],
)
def test_bad_input(changes, message):
    good = {"y_score": [0.1, 0.9], "times": [0.0, 1.0]}
    with pytest.raises(ValueError, match=message):
        ScoreTimelineDisplay.from_predictions(**good | changes)


def test_bins_that_cannot_be_drawn():
    bins = ScoreTimelineDisplay.from_predictions(SCORE, SECONDS).bins
    with pytest.raises(ValueError, match="expected a row for each bin of time"):
        ScoreTimelineDisplay(bins.drop(columns="low")).plot()
    with pytest.raises(ValueError, match="bins has 0 rows"):
        ScoreTimelineDisplay(bins.iloc[:0]).plot()
    with pytest.raises(ValueError, match="bins must follow each other in time"):
        ScoreTimelineDisplay(bins[::-1]).plot()
