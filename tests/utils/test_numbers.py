"""Numbers from text: those of float(), or an error."""

import gzip
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.datasets import InvalidDatasetError
from skmirai.utils._files import _numbers, read_numbers

FORMS = ("{!r}", "{:.17e}", "{:.30f}", "{:+.17G}", ' "{!r}"', " {!r} ")


def read(text, n_columns, block=2**20):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.csv")
        path.write_bytes(text.encode())
        return np.concatenate(list(read_numbers(path, n_columns, block=block)))


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(10**25), 10**25),
            st.decimals(-1, 1, places=30).map(str).map(float),
            st.sampled_from(FORMS),
        ),
        min_size=1,
    ),
    st.integers(1, 200),
)
def test_values_are_those_of_float(rows, block):
    text = "\n".join(",".join(form.format(x) for x in values) for *values, form in rows)
    expected = [
        [float(form.format(x).strip().strip('"')) for x in values]
        for *values, form in rows
    ]
    assert read(text, {3}, block).tobytes() == np.array(expected).tobytes()


def reference(text):
    """Rows of three finite numbers each, or None where the text has others."""
    rows = []
    for line in text.split("\n"):
        if line and not line.isspace():
            try:
                fields = [field.strip() for field in line.split(",")]
                row = [float(re.sub('^"(.*)"$', r"\1", x)) for x in fields]
            except ValueError:
                return None
            if len(row) != 3 or not np.isfinite(row).all():
                return None
            rows.append(row)
    return np.array(rows)


@given(
    st.integers(6, 35),
    st.text("0123456789.,eE+-_#'\"x nafi\n\x00\u0661", max_size=4),
    st.integers(0, 3),
    st.integers(1, 60),
)
def test_a_fault_anywhere_is_an_error_or_read_as_float_does(at, new, n_old, block):
    whole = "1,2,3\n4,5.5,6e1\n7,-8,9.25\n10,11,12\n13,1"
    whole += "4,15\n"
    text = whole[:at] + new + whole[at + n_old :]
    expected = reference(text)
    if expected is None:
        with pytest.raises(InvalidDatasetError):
            read(text, {3}, block)
    else:
        np.testing.assert_array_equal(read(text, {3}, block), expected)


def test_all_faults_are_counted_and_the_first_is_named():
    text = "1,2\n" * 10 + "\n3,x\n" + "5,6\n" * 10 + "nan,inf\n"
    for block in 1, 30, 10**6:
        with pytest.raises(
            InvalidDatasetError, match=r"3 values .*'x' in line 12, column 1 "
        ):
            read(text, {2}, block)


@pytest.mark.parametrize(
    ("text", "n_rows"),
    [
        ("a,b,c\n1,2,3", 1),
        (",b,c\n1,2,3", 1),
        (",b,\n1,2,3", 1),
        (",0,1\n1,2,3", 1),
        ("0,1,2\n1,2,3", 2),
        ('"","0","1"\n1,2,3', 1),
        ("0,1,3\n1,2,3", 2),
        ("\n\na,b,c\n\n1,2,3\n\n", 1),
        ("\ufeffa,b,c\r\n1,2,3\r\n", 1),
        ("\ufeff1,2,3\r\n1,2,3\r\n", 2),
    ],
)
def test_header_rows(text, n_rows):
    for block in 1, 1000:
        assert len(read(text, {3}, block)) == n_rows


@pytest.mark.parametrize("line", ["?,?,?", "-,-,-", "True,False,True", "NA,NA,NA"])
def test_values_are_no_header(line):
    with pytest.raises(InvalidDatasetError, match=r"3 values .* in line 1, column 0 "):
        read(f"{line}\n1,2,3", {3})


def test_a_row_of_two_labels_is_no_header():
    np.testing.assert_array_equal(read("0,1\n1,0", {1, 2}), [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    "line", ['1,"2,3', '1,2",3', '1,"2"3,4', '1,""2"",3', '1,"2\n",3', "1,'2',3"]
)
def test_quotes_of_a_damaged_file_join_nothing(line):
    with pytest.raises(InvalidDatasetError):
        read(f"1,2,3\n{line}\n1,2,3\n", {3})


def test_half_a_header_is_none():
    with pytest.raises(
        InvalidDatasetError, match=r"2 values .*'a' in line 1, column 0"
    ):
        read("a,1,c\n1,2,3", {3})


def test_a_file_without_line_ends_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(_numbers, "_LONGEST", 1000)
    path = tmp_path / "x.csv"
    path.write_text("1," * 10_000)
    with pytest.raises(InvalidDatasetError, match="no end within 1000"):
        list(read_numbers(path, {3}))


def test_packed_files_are_known_by_their_bytes(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(gzip.compress(b"1,2\n") + gzip.compress(b"3,4"))  # two members
    (rows,) = read_numbers(path, {2})
    np.testing.assert_array_equal(rows, [[1, 2], [3, 4]])
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("__MACOSX/x.csv", "no")
        archive.writestr("folder/x.csv", "5,6")
    (rows,) = read_numbers(path, {2})
    np.testing.assert_array_equal(rows, [[5, 6]])
