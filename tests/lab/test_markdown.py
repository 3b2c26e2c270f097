"""Tables and pages of the report."""

import base64

from skmirai.lab._markdown import html_page, table


def test_cells_cannot_break_a_table():
    text = table(["a", "b"], [["x|y", "two\nlines"]])
    page = html_page("t", text, None)
    assert "<td>x|y</td>" in page
    assert page.count("<tr>") == 2


def test_markup_in_text_is_text(tmp_path):
    page = html_page("<b>", "An <script>alert(1)</script> in a name.", tmp_path)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<title>&lt;b&gt;</title>" in page


def test_pictures_are_embedded(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(b"picture")
    page = html_page("t", "![what](figures/a.png)", tmp_path)
    assert f"base64,{base64.b64encode(b'picture').decode()}" in page
    assert 'alt="what"' in page
