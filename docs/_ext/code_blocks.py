"""Blocks of Python on the pages run as the pages are built, and their output is shown.

MyST-NB runs notebooks, and keeps what they gave in a cache. Here pages of Markdown are
read as notebooks whose cells are their blocks of Python: in the repository a block
stays the ordinary fence that every reader of Markdown highlights.
"""

import hashlib
import re
import sys
from importlib import import_module
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

import skmirai

#: What runs ahead of the blocks of a page, unseen. The digest makes the cache forget
#: what older sources or other releases printed.
AHEAD = """\
# {digest}
get_ipython().run_line_magic("matplotlib", "inline")
import matplotlib, sklearn
matplotlib.rcParams["figure.dpi"] = 120
sklearn.set_config(display="text")
del matplotlib, sklearn
"""

#: Comments ahead of a block: what it needs to run, and the text in place of its figure.
COMMENT = re.compile(r"^<!-- (needs|alt:) (.+?) -->$", re.MULTILINE)

#: Where the gallery keeps the digest that its articles were run with.
RUN_WITH = "auto_examples/.run_with"


def digest() -> str:
    """Return what outputs depend on besides the blocks: our sources, all releases."""
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(Path(skmirai.__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    for release in sorted({f"{one.name}=={one.version}" for one in distributions()}):
        found.update(release.encode())
    return found.hexdigest()


DIGEST = digest()


def is_there(needed: str) -> bool:
    """Tell whether a name of ours, dots allowed, or ``module NAME`` exists."""
    kind, _, name = needed.rpartition(" ")
    if kind == "module":
        return find_spec(name) is not None
    thing: Any = import_module("skmirai")
    for part in name.split("."):
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True


def read_page(text: str) -> NotebookNode:
    """Return a page as a notebook: blocks of Python are its cells of code.

    Parameters
    ----------
    text : str
        The page, in Markdown. Two comments speak of the block that follows:
        ``<!-- needs NAME -->`` leaves it out where the public name or the ``module``
        of that name is missing, and ``<!-- alt: TEXT -->`` describes its figure.

    Returns
    -------
    notebook : NotebookNode
        A page without such blocks is one cell of text, and is not run.
    """
    config = MdParserConfig(enable_extensions={"colon_fence"})
    page = read_myst_markdown_notebook(
        text, config, code_directive="python", add_source_map=True
    )
    page.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    said: dict[str, str] = {}
    for cell in page.cells:
        if cell.cell_type == "code":
            if not is_there(said.get("needs", "module sys")):
                cell.metadata["tags"] = ["skip-execution"]
            if "alt:" in said:
                cell.metadata["mystnb"] = {"image": {"alt": said["alt:"]}}
            said = {}
        else:
            last = cell.source.rstrip().rpartition("\n\n")[2]
            said = dict(COMMENT.findall(last))
    if any(cell.cell_type == "code" for cell in page.cells):
        ahead = new_code_cell(AHEAD.format(digest=DIGEST))
        ahead.metadata["tags"] = ["remove-cell"]
        page.cells.insert(0, ahead)
        page.metadata["source_map"].insert(0, 0)
    else:
        page.metadata["mystnb"] = {"execution_mode": "off"}
    return page


def run_articles_anew(app: Any, config: Any) -> None:
    """Have the gallery run all of its articles where what they depend on has changed.

    By itself it looks at the article alone.
    """
    known = Path(app.srcdir) / RUN_WITH
    if not known.exists() or known.read_text() != DIGEST:
        getattr(config, "sphinx_gallery_conf", {})["run_stale_examples"] = True


def remember_articles(app: Any, error: Exception | None) -> None:
    """Write down what the articles were run with."""
    known = Path(app.srcdir) / RUN_WITH
    ran = error is None and getattr(app.config, "plot_gallery", False)
    if ran and known.parent.exists():
        known.write_text(DIGEST)


def make_cache(app: Any) -> None:
    """Make the cache ahead of the processes that read pages: they share it."""
    cache = get_cache(app.env.mystnb_config.execution_cache_path)
    cache.list_cache_records()


def setup(app: Any) -> dict[str, bool]:
    """Join the build."""
    app.add_config_value("outputs_depend_on", DIGEST, "env")  # all pages are read anew
    app.connect("config-inited", run_articles_anew)
    app.connect("builder-inited", make_cache, priority=900)  # MyST-NB is ready by then
    app.connect("build-finished", remember_articles)
    return {"parallel_read_safe": True}
