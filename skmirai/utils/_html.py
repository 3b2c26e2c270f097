"""Results as HTML in notebooks: small, escaped, in the colours of whatever is around.

Styles stand in the elements, since notebooks and pages have style sheets of their own.
They name no colour of text or paper, so that dark themes stay dark.
"""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import pandas as pd

#: Most rows of a table; of longer ones the middle is left out.
MOST_ROWS = 40

#: Longest text of a cell or name, in characters.
MOST_TEXT = 400

_LINE = "1px solid rgba(128,128,128,.4)"
_FIGURE = re.compile(
    r"|nan|[-+<>]?[\d.,]+(e[-+]\d+)?( ?%)?|[-+\d.,]* ?\[[-+\d., ]+\]|[\d.,]+ s"
)
_LONG = 30


def html_table(table: pd.DataFrame, *, index: bool = True) -> str:
    """Return a table as HTML that scrolls sideways where it is too wide.

    Parameters
    ----------
    table : DataFrame
        Cells are shown as ``str`` has them. Columns of figures are set flush right.
        With two levels of columns, the upper one spans the lower.
    index : bool, default=True
        Show the index, and its name.

    Returns
    -------
    str
        One element. Of more than 40 rows the middle ones are left out, and it says so.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.utils._html import html_table
    >>> table = pd.DataFrame({"<b>": ["1.5"]}, index=["a & b"])
    >>> html = html_table(table)
    >>> "&lt;b&gt;" in html, "a &amp; b" in html, "text-align:right" in html
    (True, True, True)
    """
    n_hidden = max(0, len(table) - MOST_ROWS)
    half = MOST_ROWS // 2
    shown = pd.concat([table.head(half), table.tail(half)]) if n_hidden else table
    cells = [[_text(value) for value in row] for row in shown.itertuples(index=False)]
    sides = [
        "right" if all(_FIGURE.fullmatch(cell) for cell in column) else "left"
        for column in zip(*cells, strict=True)
    ] or ["left"] * table.shape[1]
    lines = _head(table, sides, index=index)
    names = [_text(name) for name in shown.index]
    for number, (name, row) in enumerate(zip(names, cells, strict=True)):
        if n_hidden and number == half:
            span = table.shape[1] + index
            lines.append(
                f'<tr><td colspan="{span}" style="{_style("left")}">… {n_hidden:,} '
                "rows more …</td></tr>"
            )
        first = [_cell("th", name, "left", scope="row")] if index else []
        own = [_cell("td", cell, side) for cell, side in zip(row, sides, strict=True)]
        lines.append(f"<tr>{''.join([*first, *own])}</tr>")
    return (
        '<div style="overflow-x:auto;max-width:100%"><table style="border-collapse:'
        'collapse;margin:.5em 0;font-variant-numeric:tabular-nums">'
        f"{''.join(lines)}</table></div>"
    )


def html_list(sentences: Iterable[str]) -> str:
    """Return sentences as a list; nothing for none."""
    items = "".join(f"<li>{escape(_text(line))}</li>" for line in sentences)
    return f"<ul>{items}</ul>" if items else ""


def html_head(text: str) -> str:
    """Return what a result is, as its first line."""
    return f"<p><b>{escape(_text(text))}</b></p>"


def html_title(text: str) -> str:
    """Return what a table is about, as the line above it."""
    return f'<p style="margin:.8em 0 0"><i>{escape(_text(text))}</i></p>'


def _head(table: pd.DataFrame, sides: list[str], *, index: bool) -> list[str]:
    """Return the rows of a head, one for each level of the columns."""
    columns, lines = table.columns, []
    for level in range(columns.nlevels):
        names = [_text(name) for name in columns.get_level_values(level)]
        last = level == columns.nlevels - 1
        corner = _text(table.index.name or "") if last else ""
        row = [_cell("th", corner, "left", scope="col")] if index else []
        at = 0
        while at < len(names):
            span = 1
            while not last and names[at : at + 1] == names[at + span : at + span + 1]:
                span += 1
            side = sides[at] if last else "left"
            row.append(_cell("th", names[at], side, scope="col", span=span))
            at += span
        lines.append(f"<tr>{''.join(row)}</tr>")
    return lines


def _cell(tag: str, text: str, side: str, *, scope: str = "", span: int = 1) -> str:
    scoped = f' scope="{scope}"' if scope else ""
    spanned = f' colspan="{span}"' if span > 1 else ""
    style = _style(side, wide=len(text) > _LONG)
    return f'<{tag}{scoped}{spanned} style="{style}">{escape(text)}</{tag}>'


def _style(side: str, *, wide: bool = False) -> str:
    """How a cell looks; long texts get lines of a readable length."""
    wrap = "min-width:13em;overflow-wrap:anywhere" if wide else "white-space:nowrap"
    return (
        f"padding:.2em .7em;text-align:{side};vertical-align:top;{wrap};"
        f"border-bottom:{_LINE}"
    )


def _text(value: Any) -> str:
    """Text of a value as one line, cut if it is very long."""
    line = " ".join(str(value).split())
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 1]}…"
