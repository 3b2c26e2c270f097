"""Tables and pages of the report."""

import base64

import pytest

from skmirai.lab._writing.markdown import image, markdown_page, table
from tests.pages import Page


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(b"picture")
    return tmp_path


def test_cells_cannot_break_a_table():
    text = table(["a", "b"], [["x|y", "two\nlines"]])
    page = markdown_page("t", text, None)
    assert "<td>x|y</td>" in page
    assert page.count("<tr>") == 2


def test_markup_in_text_is_text(folder):
    text = 'An <script>alert(1)</script> in a name.\n\n![a "b" <i>](figures/a.png)'
    text += "\n\n## A <b>\n\n" + table(["a"], [["<u>"]])
    page = Page(markdown_page("<b>", text, folder))
    page.check()
    assert ("title", "<b>") in page.texts
    assert not {"b", "i", "u"} & {tag for tag, _ in page.elements}
    assert page.all("img")[0]["alt"] == 'a "b" <i>'
    assert ("a", "A <b>") in page.texts


def test_pictures_are_embedded_and_enlarge(folder):
    page = Page(markdown_page("t", f"text\n\n{image('a.png', 'what')}", folder))
    page.check()
    data = base64.b64encode(b"picture").decode()
    assert page.all("img") == [{"alt": "what", "src": f"data:image/png;base64,{data}"}]
    names = [tag for tag, _ in page.elements]
    first = names.index("figure")
    assert names[first : first + 4] == ["figure", "details", "summary", "img"]
    assert names.count("p") == 1  # none around the figure


def test_picture_that_is_not_there_is_an_error(folder):
    with pytest.raises(FileNotFoundError, match=r"b\.png"):
        markdown_page("t", image("b.png", "what"), folder)


def test_contents_are_the_headings_of_the_second_level():
    text = "# Title\n\n## Part 1: `x` & *y*\n\n### In it\n\n## Same\n\n## Same\n\n## ?"
    page = Page(markdown_page("t", text, None))
    page.check()
    anchors = [attrs["href"] for attrs in page.all("a")]
    assert anchors == ["#part-1-x-y", "#same", "#same-2", "#section"]
    names = [text for tag, text in page.texts if tag == "a"]
    assert names == ["Part 1: x & y", "Same", "Same", "?"]
    assert page.all("h1")[0]["id"] == "title"
    assert page.all("h3")[0]["id"] == "in-it"


def test_tables_scroll_in_a_block_of_their_own():
    text = f"## Part\n\n{table(['a', 'b'], [[1, 2]])}\n\ntext"
    page = Page(markdown_page("t", text, None))
    page.check()
    (block,) = page.all("div")
    assert block == {
        "class": "table",
        "role": "region",
        "tabindex": "0",
        "aria-label": "Table: Part",
    }
    names = [tag for tag, _ in page.elements]
    assert names[names.index("div") + 1] == "table"


def test_tables_beside_the_page_are_in_it(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    text = "[all](a.csv) [there](#t) [away](https://example.org/a.csv)\n\n## T"
    html = markdown_page("t", text, tmp_path)
    data = base64.b64encode(b"x,y\n1,2\n").decode()
    links = Page(html).all("a")
    assert {"href": f"data:text/csv;base64,{data}", "download": "a.csv"} in links
    assert {"href": "https://example.org/a.csv"} in links


def test_table_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"b\.csv"):
        markdown_page("t", "[all](b.csv)", tmp_path)
