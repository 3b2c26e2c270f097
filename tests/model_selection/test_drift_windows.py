"""A past and windows of time: every row in one place, and gaps between them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skmirai.model_selection._drift_windows import earliest_train_size, timeline

SETTINGS = {"n_windows": 3, "window": None, "train_size": 0.4, "purge": 0}


@st.composite
def settings(draw):
    """Times with ties, and a way to cut them."""
    seconds = draw(st.lists(st.integers(0, 30), min_size=4, max_size=40))
    window = draw(st.none() | st.floats(0.5, 20))
    return np.array(seconds, float), {
        "n_windows": draw(st.integers(1, 5)),
        "window": window,
        "train_size": draw(st.floats(0.05, 0.95)),
        "purge": draw(st.just(0) | st.integers(1, 5)),
    }


def cut_or_none(seconds, given):
    """The timeline, unless so few rows have none."""
    try:
        return timeline(seconds, **given)
    except ValueError as error:
        words = ("all times", "leaves no row", "is more than the")
        if any(word in str(error) for word in words):
            return None
        raise


def cut(seconds, given):
    line = cut_or_none(seconds, given)
    assume(line is not None)
    return line


@given(settings())
def test_every_row_is_in_the_past_or_in_one_window(case):
    seconds, given = case
    line = cut(seconds, given)
    np.testing.assert_array_equal(line.order, np.argsort(seconds, kind="stable"))
    ends = [(0, line.n_past), *line.windows]
    assert ends[-1][1] == len(seconds)
    for (start, end), (following, _) in pairwise(ends):
        assert start < end == following
        # rows of one time are on one side
        assert line.seconds[end - 1] < line.seconds[following]
    if given["window"] is None:
        assert len(line.windows) + line.n_empty == given["n_windows"]
    else:
        first = line.seconds[line.n_past]
        for start, end in line.windows:
            own = np.floor((line.seconds[[start, end - 1]] - first) / given["window"])
            assert own[0] == pytest.approx(own[1], abs=1)
            span = line.seconds[end - 1] - line.seconds[start]
            assert span <= given["window"] + 1e-9


@given(settings())
def test_no_row_is_trained_on_within_the_gap(case):
    seconds, given = case
    line = cut(seconds, given)
    for k, (start, _) in enumerate(line.windows):
        for expanding in (False, True):
            end = line.train_end(k, expanding=expanding)
            of = start if expanding else line.n_past
            near = line.seconds[of] - line.seconds[:of] <= given["purge"]
            kept = np.flatnonzero(~near if given["purge"] else near | ~near)
            np.testing.assert_array_equal(np.arange(end), kept)


@given(settings(), st.data())
def test_the_earliest_train_size_has_two_classes(case, data):
    seconds, given = case
    line = cut(seconds, given)
    n_first = data.draw(st.integers(1, len(seconds) - 1))
    labels = np.repeat([0, 1], [n_first, len(seconds) - n_first])
    least = earliest_train_size(line, labels)

    def has_two(n_rows):
        size = {"train_size": n_rows / len(seconds), "n_windows": 1}
        found = cut_or_none(seconds, given | size)
        if found is None:
            return False
        return len(set(labels[: found.train_end(0, expanding=False)])) == 2

    if least is None:
        assert not any(has_two(n_rows) for n_rows in range(1, len(seconds)))
        return
    n_least = round(least * len(seconds))
    assert has_two(n_least)
    assert not any(has_two(n_rows) for n_rows in range(1, n_least))


def test_empty_windows_are_counted():
    seconds = np.array([0, 1, 2, 3, 10, 11, 40])
    line = timeline(seconds, **SETTINGS | {"window": 5.0, "train_size": 0.5})
    assert (line.windows, line.n_empty) == ([(4, 6), (6, 7)], 5)


def test_the_memory_of_afterimage():
    line = timeline(np.arange(2000.0), **SETTINGS | {"purge": "afterimage"})
    assert line.train_end(0, expanding=False) == 800 - 664


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n_windows": 0}, ValueError, "n_windows=0 must be at least 1"),
        ({"n_windows": 2.0}, TypeError, r"n_windows=2\.0 must be an integer"),
        ({"n_windows": 7}, ValueError, "n_windows=7 is more than the 6 rows behind"),
        ({"window": 0}, ValueError, "window=0 must be a positive number of seconds"),
        ({"window": "day"}, TypeError, "window='day' must be a number"),
        ({"window": 1e-6}, ValueError, "windows: take longer ones"),
        ({"train_size": 1}, ValueError, r"train_size=1 must be a share in \(0, 1\)"),
        ({"train_size": None}, ValueError, "train_size=None must be a share"),
        ({"train_size": 0.99}, ValueError, r"leaves no row .*, at most 0\.9$"),
        ({"purge": 4}, ValueError, "purge=4 leaves no row .* less than 4 seconds"),
        ({"purge": -1}, ValueError, "purge=-1 must be finite and at least 0"),
    ],
)
def test_settings_that_cannot_be_used(settings, error, message):
    with pytest.raises(error, match=message):
        timeline(np.arange(10.0), **SETTINGS | settings)


def test_rows_without_a_past():
    with pytest.raises(ValueError, match="X has 1 rows: a past and a window need two"):
        timeline(np.zeros(1), **SETTINGS)
    with pytest.raises(ValueError, match="all times are 3: without a past"):
        timeline(np.full(5, 3.0), **SETTINGS)
