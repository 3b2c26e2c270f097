"""Find the blocks of Python on the pages, and what they need."""

import re
import textwrap
from importlib.util import find_spec
from pathlib import Path

import skmirai

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"(?P<comments>(?:^<!-- (?:needs|alt:) [^\n]+ -->\n)*)"
    r"^```(?P<kind>python|\{eval-rst\})\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PLOT = re.compile(r"\.\. plot::\n(?: +:.*\n)*\n")


def blocks(page):
    """Yield (line, code, is it a figure, what it needs) of the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        start, end = found.span("code")
        figure = PLOT.match(text, start, end)
        if figure is not None:
            start = figure.end()
        elif found["kind"] != "python":
            continue
        code = textwrap.dedent(text[start:end])
        needed = re.search(r"needs ((?:module )?[\w.]+) ", found["comments"])
        line = text[:start].count("\n")
        yield line, code, figure is not None, needed and needed[1]


def is_there(needed):
    """Tell whether a public name, dots allowed, or a module exists."""
    if needed.startswith("module "):
        return find_spec(needed.removeprefix("module ")) is not None
    thing = skmirai
    for name in needed.split("."):
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True
