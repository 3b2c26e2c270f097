"""Markdown of tables and of a page; a page as one HTML file."""

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

_STYLE = """
body { margin: 0; color: #1b1f24; background: #fff;
       font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; }
h2 { margin-top: 2.6rem; padding-top: .6rem; border-top: 1px solid #d5dae0; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .92rem;
        font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #e4e8ec; }
td:not(:first-child) { white-space: nowrap; }
th { border-bottom: 2px solid #9aa4b0; font-weight: 600; }
img { max-width: 100%; height: auto; }
pre { background: #f5f7f9; padding: .8rem 1rem; overflow-x: auto; font-size: .82rem;
      line-height: 1.25; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
blockquote { margin: 1rem 0; padding: .2rem 1rem; border-left: 4px solid #d55e00;
             background: #fdf5ef; }
"""


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
    >>> from skmirai.lab._markdown import table
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


def html_page(title: str, markdown: str, folder: Path) -> str:
    """One page with everything in it, pictures included.

    Parameters
    ----------
    title : str
        Title of the page.
    markdown : str
        Its text; HTML in it is shown as text.
    folder : Path
        Folder that the pictures' paths start from.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)

    def embedded(found: re.Match[str]) -> str:
        picture = (folder / found[1]).read_bytes()
        return f'src="data:image/png;base64,{base64.b64encode(picture).decode()}"'

    body = re.sub(r'src="(figures/[^"]+\.png)"', embedded, body)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
