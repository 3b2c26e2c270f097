"""Show a figure of each article of the gallery above its code.

It is the article's first one, which its card in the gallery shows too.
"""

import re
from typing import Any

#: The directive of a figure that an article drew, which may stand in a list.
FIGURE = re.compile(
    r"^(?P<indent> *)\.\. image-sg:: (?P<path>\S+)\n"
    r"(?P<options>(?:(?P=indent) +:.*\n)+)",
    re.MULTILINE,
)
#: Where the part of an article begins that follows its first lines.
PART = re.compile(r"^\.\. GENERATED FROM PYTHON SOURCE LINES", re.MULTILINE)


def figure_first(app: Any, name: str, source: list[str]) -> None:
    """Copy the first figure of an article to the end of its first lines.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    name : str
        Name of a page.
    source : list of one str
        Its text, which is changed in place.
    """
    if not name.startswith("auto_examples/plot_"):
        return
    text = source[0]
    figure, part = FIGURE.search(text), PART.search(text)
    if figure is None or part is None or figure.start() < part.start():
        return
    alt = re.search(r":alt: *(.*)\n", figure["options"])
    shown = (
        f".. image:: {figure['path']}\n"
        f"   :alt: {alt[1] if alt else ''}\n"
        f"   :class: sphx-glr-single-img\n\n"
    )
    source[0] = text[: part.start()] + shown + text[part.start() :]


def setup(app: Any) -> dict[str, bool]:
    """Join the build."""
    app.connect("source-read", figure_first)
    return {"parallel_read_safe": True}
