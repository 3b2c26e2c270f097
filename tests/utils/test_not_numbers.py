"""Values that are no numbers: errors that name the column, what it holds, a remedy."""

import datetime

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skmirai.utils._not_numbers import first_fault
from skmirai.utils._numbers import as_numbers

DAYS = pd.date_range("2018-10-25", periods=3)
SECONDS = pd.to_timedelta([1, 2, 3], unit="s")

#: Values of a column, whether a frame keeps their type, what the error says.
FOUND = {
    "text": (["a", "b", "c"], "X must hold numbers, but {} holds text, 'a'. Name such"),
    "dates": (DAYS, "{} holds a date, .*Turn the column into numbers, such as sec"),
    "dates of a zone": (DAYS.tz_localize("UTC"), "{} holds a date, .*hour of the day"),
    "no dates": (pd.Series([pd.NaT] * 3), "{} holds a date|NaN in {}"),
    "days": ([datetime.date(2018, 10, 25)] * 3, "{} holds a date, "),
    "durations": (SECONDS, r"{} holds a duration, .*total_seconds\(\)"),
    "periods": (pd.period_range("2018", periods=3), "{} holds a date, Period"),
    "lists": ([[1]] * 3, r"{} holds a sequence, \[1\]. Make a column of each"),
    "complex": (np.arange(3) * 1j, "Complex data not supported: {} of X holds"),
    "infinite": ([1.0, np.inf, np.nan], "X contains infinity or .* in {}, inf. .*impu"),
    "infinite text": (["inf", 1.0, 2.0], "X contains infinity or .* in {}, 'inf'"),
    "bytes": ([b"tcp"] * 3, r"{} holds bytes, b'tcp'.*\.str\.decode\('utf-8'\)"),
    "text after a gap": ([np.nan, "b", 1.0], "{} holds text, 'b'"),
    "nothing": ([1.0, None, 2.0], "Input X contains NaN in {}; .*missing='impute'"),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("name", FOUND)
def test_columns_of_frames_are_named(name, alone):
    values, message = FOUND[name]
    frame = pd.DataFrame({"n": [1, 2, 3], "x": values})
    frame = frame[["x"]] if alone else frame
    with pytest.raises(ValueError, match=message.format(*["column 'x'"] * 2)):
        as_numbers(frame, "Owner")


@pytest.mark.parametrize("name", FOUND)
def test_columns_of_arrays_are_numbered(name):
    values, message = FOUND[name]
    table = np.empty((3, 2), dtype=object)
    table[:, 0] = [1, 2, 3]
    for row, value in enumerate(values):
        table[row, 1] = value
    with pytest.raises(ValueError, match=message.format(*["column 1"] * 2)):
        as_numbers(table, "Owner")
    with pytest.raises(ValueError, match=message.format(*["column 7"] * 2)):
        as_numbers(table, "Owner", columns=[0, 7])


@pytest.mark.parametrize("name", ["dates", "dates of a zone", "durations", "text"])
def test_columns_of_arrow_tables_are_named(name):
    pa = pytest.importorskip("pyarrow")
    values, message = FOUND[name]
    table = pa.Table.from_pandas(pd.DataFrame({"n": [1, 2, 3], "x": values}))
    with pytest.raises(ValueError, match=message.format("column 'x'")):
        as_numbers(table, "Owner")
    backed = table.to_pandas(types_mapper=pd.ArrowDtype)
    with pytest.raises(ValueError, match=message.format("column 'x'")):
        as_numbers(backed, "Owner")


def test_arrays_of_dates_are_refused():
    for values, what in ((DAYS, "a date"), (SECONDS, "a duration")):
        with pytest.raises(ValueError, match=f"column 0 holds {what}"):
            as_numbers(values.to_numpy()[:, np.newaxis], "Owner")


def test_sparse_tables():
    X = sparse.csr_array([[0, 1.0], [0, np.inf]])
    with pytest.raises(ValueError, match="infinity or a value too large in column 1"):
        as_numbers(X, "Owner")


def test_other_objects():
    """What scikit-learn's checks expect of objects that nobody can convert."""
    table = pd.DataFrame({"n": [1, 2], "x": [{}, {}]})
    message = r"column 'x' holds \{\} of type dict \(float\(\) argument must be"
    with pytest.raises(TypeError, match=message):
        as_numbers(table, "Owner")


def test_numbers_of_all_sorts_have_no_fault():
    table = pd.DataFrame(
        {
            "a": [1, 2],
            "b": [True, False],
            "c": pd.array([1, None], "Int64"),
            "d": ["80", "443"],
            "e": pd.Categorical([1, 2]),
        }
    )
    assert first_fault(table, missing=True) is None
    assert first_fault(table, missing=False).position == 2
    expected = [[1, 1, 1, 80, 1], [2, 0, np.nan, 443, 2]]
    found = as_numbers(table, "Owner", missing=True)
    np.testing.assert_array_equal(found, expected)


def test_other_errors_come_as_they_are():
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        as_numbers(np.zeros((2, 0)), "Owner")
