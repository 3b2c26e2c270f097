"""Markdown of tables and of a page; a page as one HTML file."""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import chain, count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.utils import import_optional
from skmirai.utils._page import html_page

if TYPE_CHECKING:
    from markdown_it.token import Token


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Table in Markdown; columns after the first are set flush right.

    Columns without a value in any row are left out.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence
        Cells; None stands for an empty one.

    Returns
    -------
    str
        The lines of the table.

    Examples
    --------
    >>> from skmirai.lab._writing.markdown import table
    >>> print(table(["run", "accuracy", "loss"], [["1", 0.5, None], ["2", None, None]]))
    | run | accuracy |
    |---|---:|
    | 1 | 0.5 |
    | 2 |  |
    """
    rows = [list(row) for row in rows]
    shown = [
        k for k in range(len(header)) if not k or any(r[k] is not None for r in rows)
    ]
    lines = ["|".join(["", *(f" {header[k]} " for k in shown), ""])]
    lines.append("|---|" + "---:|" * (len(shown) - 1))
    for row in rows:
        cells = ["" if row[k] is None else str(row[k]) for k in shown]
        cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
        lines.append("|".join(["", *(f" {cell} " for cell in cells), ""]))
    return "\n".join(lines)


def image(name: str, text: str) -> str:
    """Picture in the folder of figures."""
    return f"![{text}](figures/{name})"


def markdown_page(title: str, markdown: str, folder: Path) -> str:
    """One page with everything in it, pictures included.

    Parameters
    ----------
    title : str
        Title of the page.
    markdown : str
        Its text; HTML in it is shown as text. Headings of the second level make the
        table of contents. A picture stands in a paragraph of its own.
    folder : Path
        Folder that the paths of pictures, and of CSV files that links lead to, start
        from.

    Returns
    -------
    str
        HTML that loads nothing, see :func:`skmirai.utils._page.html_page`.

    Raises
    ------
    ImportError
        If markdown-it-py is not installed.
    """
    markdown_it = import_optional("markdown_it", extra="cli", purpose="pages")
    parser = markdown_it.MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    contents = _name_headings(tokens)
    _embed_tables(tokens, folder)
    shown = list(_with_blocks(tokens, folder))
    body = parser.renderer.render(shown, parser.options, {})
    return html_page(title, body, contents)


def _name_headings(tokens: "Sequence[Token]") -> dict[str, str]:
    """Give headings ids; return the texts of those of the second level by these."""
    contents: dict[str, str] = {}
    used: set[str] = set()
    for heading, inline in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or ())
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
        names = chain([slug], (f"{slug}-{k}" for k in count(2)))
        anchor = next(name for name in names if name not in used)
        used.add(anchor)
        heading.attrSet("id", anchor)
        if heading.tag == "h2":
            contents[anchor] = text
    return contents


def _embed_tables(tokens: "Sequence[Token]", folder: Path) -> None:
    """Have links to CSV files hold the files, which a click saves."""
    for link in chain.from_iterable(token.children or () for token in tokens):
        path = str(link.attrs.get("href", ""))
        if path.endswith(".csv") and "://" not in path:
            data = base64.b64encode((folder / path).read_bytes()).decode()
            link.attrSet("href", f"data:text/csv;base64,{data}")
            link.attrSet("download", Path(path).name)


def _with_blocks(tokens: "Sequence[Token]", folder: Path) -> "Iterator[Token]":
    """Put tables into blocks that scroll, and pictures into figures that enlarge."""
    pictures = {
        k: token.children[0]
        for k, token in enumerate(tokens)
        if token.children and [child.type for child in token.children] == ["image"]
    }
    heading = ""
    for k, token in enumerate(tokens):
        if token.type == "inline" and tokens[k - 1].type == "heading_open":
            heading = token.content
        if k in pictures:
            yield _block(_figure(pictures[k], folder))
        elif k - 1 in pictures or k + 1 in pictures:
            continue  # the paragraph around the picture
        elif token.type == "table_open":
            label = escape(f"Table: {heading}")
            yield _block(
                f'<div class="table" role="region" tabindex="0" aria-label="{label}">\n'
            )
            yield token
        elif token.type == "table_close":
            yield token
            yield _block("</div>\n")
        else:
            yield token


def _block(html: str) -> "Token":
    token = import_optional("markdown_it.token", extra="cli", purpose="pages")
    return token.Token("html_block", "", 0, content=html)


def _figure(picture: "Token", folder: Path) -> str:
    """A figure with its picture embedded, which a click enlarges."""
    data = base64.b64encode((folder / str(picture.attrs["src"])).read_bytes()).decode()
    return (
        f'<figure><details><summary><img alt="{escape(picture.content)}" '
        f'src="data:image/png;base64,{data}"></summary></details></figure>\n'
    )
