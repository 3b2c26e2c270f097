"""Results as HTML: all cells are there and escaped, figures flush right, small."""

import pandas as pd
import pytest

from skmirai.utils._html import (
    MOST_ROWS,
    html_head,
    html_list,
    html_table,
    html_title,
)
from skmirai.utils._page import html_page
from tests.pages import Page

BAD = "<script>alert('1')</script>"


def page(*parts):
    """Read it strictly, as part of a page."""
    found = Page(html_page("T", "".join(parts)))
    found.check()
    return found


def cells(found, tag="td"):
    return [text for name, text in found.texts if name == tag]


def sides(found):
    return [
        "right" if "text-align:right" in attrs["style"] else "left"
        for attrs in found.all("td")
    ]


def test_names_and_cells_are_text():
    table = pd.DataFrame({BAD: [BAD, "b"]}, index=pd.Index([BAD, 1], name=BAD))
    html = html_table(table) + html_head(BAD) + html_title(BAD) + html_list([BAD])
    assert "<script" not in html
    found = page(html)
    assert cells(found) == [BAD, "b"]
    assert cells(found, "th") == [BAD, BAD, BAD, "1"]
    assert cells(found, "b") == cells(found, "i") == cells(found, "li") == [BAD]


def test_attributes_cannot_be_broken_out_of():
    table = pd.DataFrame({'" onmouseover="x': ['"><img src=x>']})
    found = page(html_table(table, index=False))
    assert not found.all("img")
    assert all("onmouseover" not in attrs for _, attrs in found.elements)


def test_columns_of_figures_are_flush_right():
    figures = ["1", "-1.5", "+0.032", "98.1%", "1,234", "0.9 [0.8, 1.0]", "", "nan"]
    figures += ["1e-05", "7,200 s", "<0.1%", "[0.1, 0.2]"]
    table = pd.DataFrame({"a": figures, "b": ["x"] * len(figures)})
    found = page(html_table(table))
    assert sides(found) == ["right", "left"] * len(figures)


def test_two_levels_of_columns():
    columns = pd.MultiIndex.from_tuples([("", "rows"), ("score", "a"), ("score", "b")])
    table = pd.DataFrame([[1, 2, 3]], columns=columns).rename_axis("window")
    found = page(html_table(table))
    heads = [attrs for attrs in found.all("th") if attrs["scope"] == "col"]
    assert [attrs.get("colspan") for attrs in heads] == [None, None, "2", *[None] * 4]
    assert cells(found, "th") == ["score", "window", "rows", "a", "b", "0"]


@pytest.mark.parametrize("n_rows", [MOST_ROWS, MOST_ROWS + 1, 100_000])
def test_long_tables_lose_their_middle(n_rows):
    table = pd.DataFrame({"n": range(n_rows), "x": "y"})
    found = page(html_table(table))
    shown = cells(found)
    assert len(shown) <= 2 * MOST_ROWS + 1
    assert shown[0] == "0"
    assert shown[-2] == str(n_rows - 1)
    more = [text for text in shown if "more" in text]
    hidden = n_rows - MOST_ROWS
    assert more == ([f"… {hidden:,} rows more …"] if hidden else [])


def test_long_texts_are_cut_and_lines_joined():
    found = page(html_table(pd.DataFrame({"a": ["x" * 10_000, "one\ntwo"]})))
    long, joined = cells(found)
    assert len(long) == 400
    assert long.endswith("…")
    assert joined == "one two"


def test_nothing():
    assert html_list([]) == ""
    page(html_table(pd.DataFrame({"a": []})))
    page(html_table(pd.DataFrame(index=["a"])))


def test_no_colour_of_text_or_paper():
    """They are those of the notebook, light or dark."""
    html = html_table(pd.DataFrame({"a": [1]})) + html_head("h") + html_title("t")
    assert "background" not in html
    assert "color:" not in html
