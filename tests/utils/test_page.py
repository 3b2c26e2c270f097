"""The page that every report stands on."""

import re

import pytest

from skmirai.utils._page import html_page
from tests.pages import Page


def test_contents_lead_to_headings():
    body = '<h2 id="a">A &amp; B</h2>\n<p>text</p>\n<h2 id="b">C</h2>\n'
    page = Page(html_page("T", body, {"a": "A & B", "b": "C"}))
    page.check()
    assert [attrs["href"] for attrs in page.all("a")] == ["#a", "#b"]
    assert [text for tag, text in page.texts if tag == "a"] == ["A & B", "C"]
    assert page.all("nav") == [{"aria-label": "Contents"}]


@pytest.mark.parametrize("contents", [None, {}])
def test_no_contents_without_headings(contents):
    page = Page(html_page("T", "<p>text</p>\n", contents))
    page.check()
    assert not page.all("nav")
    assert page.all("body") == [{}]


def test_title_is_text():
    page = Page(html_page("<b>&", "<p>text</p>\n"))
    assert ("title", "<b>&") in page.texts


def test_style_is_for_dark_screens_narrow_ones_and_paper():
    """Every class and tag that the rules name, a page can have; braces match."""
    (style,) = re.findall(r"<style>(.*?)</style>", html_page("", ""), re.DOTALL)
    depth = 0
    for brace in re.findall(r"[{}]", style):
        depth += 1 if brace == "{" else -1
        assert 0 <= depth <= 2
    assert depth == 0
    dark = "@media screen and (prefers-color-scheme: dark)"
    assert dark in style
    assert "@media print" in style
    used = set(re.findall(r"var\((--\w+)\)", style))
    light, in_dark = style.split(dark)
    assert used <= set(re.findall(r"(--\w+):", light))
    defined = re.findall(r"(--\w+):", in_dark)
    assert sorted(defined) == sorted(re.findall(r"(--\w+):", light))
