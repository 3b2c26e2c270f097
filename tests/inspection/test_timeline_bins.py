"""Bins of time hold what a loop over them finds; captures are parted where asked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.inspection._timeline._axis import TimeAxis, captures_of, duration_text
from skmirai.inspection._timeline._bins import (
    MOST_CAPTURES,
    binned_scores,
    capture_starts,
    episodes,
    gap_limit,
)

plt = pytest.importorskip("matplotlib.pyplot")

times_and_scores = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 30), st.floats(0, 30), st.integers(1_000, 1_010)),
        st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=80,
)


@given(times_and_scores, st.integers(1, 12), st.sampled_from([None, 5.0, 100.0]))
def test_bins_are_those_of_a_loop(rows, n_bins, gap):
    seconds, score, marked = (
        np.array(column, float) for column in zip(*sorted(rows), strict=True)
    )
    marked = marked.astype(bool)
    bins, places = binned_scores(
        *(seconds, score),
        abstained=marked,
        n_bins=n_bins,
        gap=gap,
        quantiles=(0.1, 0.8),
    )
    assert bins["n_rows"].sum() == len(seconds)
    start, end = bins["start"].to_numpy(), bins["end"].to_numpy()
    assert (start[1:] >= end[:-1]).all()
    for k, row in enumerate(bins.itertuples()):
        inside = (seconds >= row.start) & (seconds < row.end)
        if k + 1 == len(bins) or start[k + 1] > row.end:  # the last of a capture
            inside |= seconds == row.end
        own = score[inside]
        np.testing.assert_array_equal(
            np.flatnonzero(inside), np.flatnonzero(places == k)
        )
        assert row.n_rows == len(own)
        if not len(own):
            assert np.isnan([row.low, row.median, row.high, row.maximum]).all()
            assert row.abstained == 0
            continue
        assert row.maximum == own.max()
        for value, share in (row.low, 0.1), (row.median, 0.5), (row.high, 0.8):
            assert value == pytest.approx(np.quantile(own, share))
        assert row.abstained == pytest.approx(marked[inside].mean())
    if gap is not None:
        parted = np.diff(seconds) > gap
        assert (start[1:] > end[:-1]).sum() == parted.sum()


@given(times_and_scores, st.integers(1, 12))
def test_episodes_hold_all_attacks_and_begin_and_end_with_one(rows, n_bins):
    seconds, score, attack = (
        np.array(column, float) for column in zip(*sorted(rows), strict=True)
    )
    attack = attack.astype(bool)
    bins, places = binned_scores(seconds, score, n_bins=n_bins, gap=100.0)
    found = episodes(seconds, attack, places, bins)
    within = np.zeros(len(seconds), dtype=bool)
    for row in found.itertuples():
        assert {row.start, row.end} <= {*seconds[attack]}
        within |= (seconds >= row.start) & (seconds <= row.end)
    assert within[attack].all()
    assert len(found) <= len(bins)
    assert (found["start"].to_numpy()[1:] > found["end"].to_numpy()[:-1]).all()
    parted = np.flatnonzero(np.diff(seconds) > 100)
    for place in parted:
        middle = (seconds[place] + seconds[place + 1]) / 2
        assert not ((found["start"] < middle) & (found["end"] > middle)).any()


def test_two_attacks_with_quiet_bins_between_are_two():
    seconds = np.arange(100.0)
    attack = (seconds < 10) | ((seconds > 50) & (seconds < 60))
    bins, places = binned_scores(seconds, np.zeros(100), n_bins=10)
    found = episodes(seconds, attack, places, bins)
    assert found.to_numpy().tolist() == [[0, 9], [51, 59]]
    assert not len(episodes(seconds, seconds < 0, places, bins))
    busy = (seconds < 10) | (seconds > 50)  # nothing in between but a pause
    bins, places = binned_scores(seconds[busy], np.zeros(59), n_bins=10, gap=None)
    assert 0 in bins["n_rows"].tolist()
    found = episodes(seconds[busy], attack[busy], places, bins)
    assert found.to_numpy().tolist() == [[0, 59]]


def test_bins_are_as_many_as_asked_for():
    seconds = np.linspace(0, 100, 10_001)
    for n_bins in (1, 7, 240):
        bins, _ = binned_scores(seconds, np.zeros(10_001), n_bins=n_bins)
        assert len(bins) == n_bins
        np.testing.assert_allclose(bins["end"] - bins["start"], 100 / n_bins)
    assert len(binned_scores(seconds, np.zeros(10_001))[0]) == 240
    assert len(binned_scores(seconds[:50], np.zeros(50))[0]) == 10
    assert len(binned_scores(seconds[:2], np.zeros(2))[0]) == 1


@pytest.mark.parametrize("n_bins", [0, -1, 1.5, "many"])
def test_no_number_of_bins(n_bins):
    with pytest.raises(ValueError, match=f"n_bins={n_bins!r} must be an integer"):
        binned_scores(np.arange(5.0), np.zeros(5), n_bins=n_bins)


def test_one_moment():
    bins, _ = binned_scores(np.full(20, 3.0), np.arange(20.0))
    assert bins[["start", "end", "n_rows", "maximum"]].values.tolist() == [
        [3, 4, 20, 19]
    ]


RNG = np.random.default_rng(0)
BUSY = np.cumsum(RNG.exponential(0.01, 5_000))  # 50 s


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (BUSY, [0]),
        (np.r_[BUSY, 2e6 + BUSY], [0, 5_000]),
        (np.r_[BUSY, 200 + BUSY, 2e6 + BUSY], [0, 5_000, 10_000]),
        (np.r_[BUSY, 55 + BUSY], [0, 5_000]),
        (np.arange(10.0), [0]),
        (np.repeat(np.arange(30.0), 100), [0]),
        (np.cumsum(RNG.exponential(1, 40)), [0]),
        (np.array([0.0, 1e6]), [0]),
        (np.zeros(5), [0]),
        (np.array([7.0]), [0]),
    ],
)
def test_pauses_that_stand_out_part_captures(seconds, expected):
    assert capture_starts(seconds, "auto").tolist() == expected
    assert capture_starts(seconds, None).tolist() == [0]


def test_many_equal_gaps_are_found():
    seconds = np.concatenate([600 * k + BUSY for k in range(30)])
    assert len(capture_starts(seconds, "auto")) == 30
    assert gap_limit(np.diff(seconds)) < 1


def test_gaps_in_seconds():
    seconds = np.array([0.0, 1, 3, 6, 10])
    assert capture_starts(seconds, 2).tolist() == [0, 3, 4]
    with pytest.raises(ValueError, match="gap=0 must be a positive number"):
        capture_starts(seconds, 0)
    with pytest.raises(ValueError, match="gap='long' must be a number of seconds"):
        capture_starts(seconds, "long")
    with pytest.raises(ValueError, match=r"parts 100 captures; .* at most 50"):
        capture_starts(2 * np.arange(100.0), 1)
    assert MOST_CAPTURES == 50


@pytest.mark.parametrize(
    "quantiles",
    [(0.9, 0.1), (-0.1, 0.5), (0.5, np.nan), (0.9,), (0.1, 0.5, 0.9), 0.5, None, "ab"],
)
def test_no_quantiles(quantiles):
    with pytest.raises(ValueError, match="must be two shares in"):
        binned_scores(np.arange(5.0), np.zeros(5), quantiles=quantiles)


def test_shortened_axis_goes_there_and_back():
    start, end = np.array([0.0, 1e6, 2e6]), np.array([50.0, 1e6 + 100, 2e6 + 150])
    axis = TimeAxis(pd.Series(start), captures_of(start, end))
    assert axis.shortened
    plt.switch_backend("agg")
    _, ax = plt.subplots()
    axis.set_up(ax)
    to = ax.xaxis.get_transform()
    x = axis.x(np.linspace(-10, 2e6 + 500, 1_001))
    places = to.transform(x)
    assert (np.diff(places) > 0).all()
    np.testing.assert_allclose(to.inverted().transform(places), x, atol=1e-9)
    ends = to.transform(axis.x(np.column_stack([start, end]).ravel()))
    lengths = np.diff(ends)
    np.testing.assert_allclose(lengths[::2] / lengths[0], [1, 2, 3])
    np.testing.assert_allclose(lengths[1::2] / lengths.sum(), 0.05)
    plt.close("all")


@pytest.mark.parametrize(
    ("span", "label"),
    [(50, "seconds"), (3_600, "minutes"), (86_400, "hours"), (9e6, "days")],
)
def test_units_of_the_axis(span, label):
    captures = np.array([[5.0, 5 + span]])
    axis = TimeAxis(pd.Series([5.0]), captures)
    assert axis.label == f"{label} from the first row on"
    x = axis.x(captures[0])
    seconds = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}[label]
    assert x.tolist() == [0, span / seconds]
    assert not axis.shortened
    assert duration_text(span).split()[1] in ("s", "min", "h", "days")
