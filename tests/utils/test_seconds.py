"""Times of all kinds as seconds."""

import numpy as np
import pandas as pd
import pytest

from skmirai.utils._seconds import in_seconds

DATES = pd.to_datetime(["1970-01-01 00:00:01.5", "2018-10-25 12:00:00.0"])


@pytest.mark.parametrize(
    "times",
    [
        DATES,
        pd.Series(DATES, index=[7, 3]),
        DATES.to_numpy(),
        DATES.tz_localize("UTC").tz_convert("Asia/Jerusalem"),
        [1.5, 1_540_468_800],
        pd.to_timedelta([1.5, 1_540_468_800], unit="s"),
    ],
)
def test_dates_spans_and_numbers(times):
    found = in_seconds(times, 2)
    assert found.dtype == np.float64
    assert found.tolist() == [1.5, 1_540_468_800]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([[0.0, 1.0]], "one value a row, got 2 axes"),
        ([0.0], "inconsistent numbers of samples"),
        (["noon", "night"], "must be numbers of seconds or dates, got 'noon'"),
        ([0.0, np.inf], "times has inf in row 1"),
        (pd.Series([0, None], dtype="Int64"), "times has nan in row 1"),
        (pd.Series([DATES[0], pd.NaT]), "times has nan in row 1"),
    ],
)
def test_no_times(times, message):
    with pytest.raises(ValueError, match=message):
        in_seconds(times, 2)
