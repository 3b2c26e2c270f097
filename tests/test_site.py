"""The site can be built, shows what its blocks print, and has no dead links."""

import builtins
import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

import skmirai
from skmirai.uncertainty import PredictiveUncertainty
from tests.blocks import DOCS, ROOT, blocks, is_there

EXTENSIONS = DOCS / "_ext"


@pytest.fixture(scope="module")
def read_page():
    """The extension's reader of pages."""
    pytest.importorskip("myst_nb")
    return runpy.run_path(str(EXTENSIONS / "code_blocks.py"))["read_page"]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_site_runs_the_same_blocks(read_page, page):
    notebook = read_page(page.read_text(encoding="utf-8"))
    ours = [found for found in blocks(page) if not found[2]]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) == (len(ours) + 1 if ours else 0)  # one runs ahead of them
    for cell, (_, code, _, needed) in zip(cells[1:], ours, strict=True):
        assert cell.source == code.rstrip("\n")
        skipped = "skip-execution" in cell.metadata.get("tags", ())
        assert skipped == (needed is not None and not is_there(needed))
    assert len(notebook.metadata["source_map"]) == len(notebook.cells)
    off = {"execution_mode": "off"}
    assert notebook.metadata.get("mystnb") == (None if ours else off)


def test_comments_speak_of_the_next_block_only(read_page):
    page = read_page(
        "<!-- needs module jsonn -->\n<!-- alt: a line -->\n```python\na = 1\n```\n\n"
        "```python\nb = 1\n```\n\n<!-- alt: far away -->\n\nText.\n\n"
        "```python\nc = 1\n```\n\n    ```python\n    d = 1\n    ```\n"
    )
    cells = [cell for cell in page.cells if cell.cell_type == "code"][1:]
    assert [cell.source for cell in cells] == ["a = 1", "b = 1", "c = 1"]
    assert [dict(cell.metadata) for cell in cells] == [
        {"tags": ["skip-execution"], "mystnb": {"image": {"alt": "a line"}}}, {}, {},
    ]  # fmt: skip


PAGE = """\
# Page

```python
import sys

print("a word on", "standard output")
print("a banner", file=sys.stderr)
```

<!-- alt: a line that rises -->
```python
import matplotlib.pyplot as plt

lines = plt.plot([0, 1])
```

```python
from sklearn.linear_model import LogisticRegression

LogisticRegression(C=2)
```
"""


@pytest.mark.slow
def test_output_stands_below_its_block(tmp_path):
    pytest.importorskip("myst_nb")
    (tmp_path / "conf.py").write_text(
        "import os, sys\nos.environ['MPLBACKEND'] = 'agg'\n"
        f"sys.path.insert(0, {str(EXTENSIONS)!r})\n"
        "extensions = ['myst_nb', 'code_blocks']\n"
        "nb_custom_formats = {'.md': 'code_blocks.read_page'}\n"
        "nb_execution_mode, nb_output_stderr = 'cache', 'remove'\n"
    )
    (tmp_path / "index.md").write_text(PAGE)
    build(tmp_path, ".", "made/html")
    html = (tmp_path / "made" / "html" / "index.html").read_text(encoding="utf-8")
    code, output = (
        html.index("standard output"),
        html.index("a word on standard output"),
    )
    assert code < output < html.index("matplotlib.pyplot")
    assert "banner" not in re.sub(r"<[^>]+>", "", html).replace('"a banner"', "")
    assert 'alt="a line that rises"' in html
    assert len(list((tmp_path / "made" / "html" / "_images").glob("*.png"))) == 1
    assert "<span></span>LogisticRegression(C=2)\n" in html  # as text, no diagram
    assert "sk-top-container" not in html
    assert "run_line_magic" not in html


def test_names_of_other_projects_exist():
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401

    kinds = {"class": type, "exception": type, "mod": types.ModuleType}
    for file in sorted((DOCS / "_inventories").glob("*.txt")):
        head, _, version, *lines = file.read_text(encoding="utf-8").splitlines()
        assert head == "# Sphinx inventory version 1"  # what Sphinx reads as text
        assert version.startswith("# Version: ")
        assert lines == sorted(set(lines)), file.name
        for line in lines:
            name, kind, place = line.split()
            thing = named(name)
            assert isinstance(thing, kinds.get(kind, object)), line
            assert callable(thing) or kind in ("mod", "data"), line
            assert not place.startswith(("http", "/")), line
    assert {file.stem for file in (DOCS / "_inventories").glob("*.txt")} >= {
        "keras", "numpy", "optuna", "pandas", "python", "scikit-learn",
    }  # fmt: skip


def named(path):
    """Import what a dotted name says, of the builtins where no module has it."""
    first, *rest = path.split(".")
    thing = getattr(builtins, first, None) if not rest else None
    if thing is None and path not in ("None",):
        thing = importlib.import_module(first)
    for k, name in enumerate(rest):
        if not hasattr(thing, name):
            importlib.import_module(".".join([first, *rest[: k + 1]]))
        thing = getattr(thing, name)
    return thing


CHECK = runpy.run_path(str(ROOT / ".ci" / "check_html.py"))


def test_faults_of_pages_are_found(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="#top">x</a><a href="#gone">x</a>'
        '<a href="sub/b.html#here">x</a><a href="sub/b.html#there">x</a>'
        '<a href="https://x.test/c.html#d">x</a><a href="mailto:a@x.test">x</a>'
        '<a href="c.html">x</a><a href="sub/">x</a><a href="../..">x</a>'
        '<img src="p.png"><img src="p.png" alt="a line">'
        '<img src="sphx_glr_plot_a_001.png" alt="plot a">'
        '<img src="sphx_glr_plot_a_001.png" alt="Loss"><script src="s.js"></script>'
        "<pre>&lt;x.Display at 0x7f00&gt; is at 0x7f00</pre>"
    )
    (tmp_path / "sub" / "b.html").write_text(
        '<p id="here">B</p><a href="../a.html">x</a>'
    )
    (tmp_path / "sub" / "index.html").write_text("<p>C</p>")
    (tmp_path / "p.png").touch()
    for number in ("", "_thumb"):
        (tmp_path / f"sphx_glr_plot_a_001{number}.png").touch()
    assert list(CHECK["faults"](tmp_path)) == [
        "a.html: #gone has no such anchor",
        "a.html: sub/b.html#there has no such anchor",
        "a.html: c.html leads nowhere",
        "a.html: ../.. leads nowhere",
        "a.html: s.js leads nowhere",
        "a.html: the image p.png has no text in its place (alt)",
        "a.html: the image sphx_glr_plot_a_001.png has no text in its place (alt)",
        "a.html: <x.Display at 0x7f00> is shown as an output",
    ]
    (empty := tmp_path / "empty").mkdir()
    assert len(list(CHECK["faults"](empty))) == 1


def test_picture_of_verdicts_says_what_was_answered():
    drawing = runpy.run_path(str(DOCS / "images" / "draw_verdict.py"))
    rng = np.random.default_rng(0)
    proba = np.clip(rng.normal(np.linspace(0, 1, 2000), 0.1, (30, 2000)), 0, 1)
    samples = np.stack([1 - proba, proba], axis=-1)
    answers = PredictiveUncertainty.from_samples(
        samples, ["normal", "attack"], keep_samples=True
    )
    kinds = rng.choice(list("abcdefghij"), 2000)
    said = drawing["verdicts"](answers)
    assert (said == "ask a person").sum() == round(2000 * (1 - drawing["COVERAGE"]))
    sure = said != "ask a person"
    right = np.where(answers.proba[:, 1] > 0.5, "attack", "normal")
    np.testing.assert_array_equal(said[sure], right[sure])
    rows = drawing["chosen"](kinds, answers)
    drawn = ["normal"] * 2 + ["attack"] * 2 + ["ask a person"] * 2
    assert said[rows].tolist() == drawn
    assert len(set(kinds[rows])) == 6
    for theme in ("light", "dark"):
        (ax,) = drawing["draw"](kinds, answers, rows, theme).axes
        assert [text.get_text() for text in ax.texts] == drawn[::-1]
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert labels == kinds[rows].tolist()[::-1]
        picture = (DOCS / "images" / f"verdict-{theme}.svg").read_text("utf-8")
        assert all(picture.count(f"<!-- {verdict} -->") for verdict in drawn)


def test_reference_has_every_public_name():
    pytest.importorskip("sphinx")
    pages = runpy.run_path(str(EXTENSIONS / "api_pages.py"))
    names, homes = pages["public_names"](), pages["homes"]()
    assert next(iter(names)) == "skmirai"
    assert {"skmirai.inspection", "skmirai.metrics", "skmirai.utils"} < names.keys()
    assert names["skmirai"] == [n for n in skmirai.__all__ if n != "__version__"]
    path = "skmirai.preprocessing.ColumnDropper"
    assert homes[path] == homes["skmirai.ColumnDropper"] == "skmirai.ColumnDropper"
    path = "skmirai.inspection.TrainingHistoryDisplay"
    assert homes[path] == path
    text = "".join(pages["sections"]())
    for name in set(homes.values()):
        assert re.search(
            rf"^ *(\.\. py:data:: )?{name.rpartition('.')[2]}$", text, re.M
        )
    # a constant has the comment on it
    assert "tuple of 115: Names in the order" in text
    assert pages["comment_on"]("skmirai.metrics", "NOTHING", 0) == "a constant."


def test_names_with_underscores_are_no_links():
    pages = runpy.run_path(str(EXTENSIONS / "api_pages.py"))
    lines = [
        "names_ : ndarray of shape (n_features_in_,)",
        'As in "mirai__" for `step_` and ``fit_``, see [1]_.',
        "Examples",
        ">>> clf.n_iter_",
    ]
    pages["escape_names"](None, "class", "x", None, None, lines)
    assert lines == [
        r"names\_ : ndarray of shape (n_features_in\_,)",
        r'As in "mirai\__" for `step_` and ``fit_``, see [1]_.',
        "Examples",
        ">>> clf.n_iter_",
    ]


def build(folder, *arguments):
    """Have Sphinx build what lies in a folder; a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_pages_build_without_a_warning(tmp_path):
    """All but the outputs: the blocks and the examples have their own tests."""
    pytest.importorskip("sphinx_gallery")
    made = shutil.ignore_patterns("_build", "api", "auto_examples", "__pycache__")
    shutil.copytree(DOCS, tmp_path / "docs", ignore=made)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=made)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    build(
        tmp_path, "-D", "plot_gallery=0", "-D", "nb_execution_mode=off", "docs", "html"
    )
    assert list(CHECK["faults"](tmp_path / "html")) == []
    page = (tmp_path / "html" / "estimator.html").read_text(encoding="utf-8")
    assert 'href="api/skmirai.MiraiDNNClassifier.html' in page
    name = "skmirai.inspection.TrainingHistoryDisplay.html"
    page = (tmp_path / "html" / "api" / name).read_text(encoding="utf-8")
    assert "from_estimator" in page
    # methods of scikit-learn's base classes, without the links of its own pages
    page = (tmp_path / "html" / "api" / "skmirai.MiraiDNNClassifier.html").read_text(
        encoding="utf-8"
    )
    assert 'id="skmirai.MiraiDNNClassifier.set_callbacks"' in page
    assert 'id="skmirai.MiraiDNNClassifier.get_params"' in page
    assert "set_fit_request" not in page
    # types lead to their libraries, and sources are shown
    assert 'href="https://pandas.pydata.org/docs/reference/api/pandas.DataFrame' in page
    assert 'href="../_modules/skmirai/' in page
    # a name by its package leads to where it is described
    assert 'href="skmirai.ColumnDropper.html#' in page


ARTICLE = """\
Title
=====

First lines.

.. GENERATED FROM PYTHON SOURCE LINES 5-9

.. code-block:: Python

    draw()

.. rst-class:: sphx-glr-horizontal

    *

      .. image-sg:: /auto_examples/images/one.png
         :alt: A line that falls
         :class: sphx-glr-multi-img

.. image-sg:: /auto_examples/images/two.png
   :alt: Another

.. GENERATED FROM PYTHON SOURCE LINES 9-12
"""


def test_articles_begin_with_a_figure():
    figure_first = runpy.run_path(str(EXTENSIONS / "figures_first.py"))["figure_first"]
    source = [ARTICLE]
    figure_first(None, "auto_examples/plot_line", source)
    first, code, rest = source[0].partition(".. GENERATED FROM PYTHON SOURCE LINES 5-9")
    assert first.endswith(
        "First lines.\n\n.. image:: /auto_examples/images/one.png\n"
        "   :alt: A line that falls\n   :class: sphx-glr-single-img\n\n"
    )
    assert code + rest == ARTICLE[ARTICLE.index(code) :]
    for name, text in (
        ("estimator", ARTICLE),
        ("auto_examples/index", ARTICLE),
        ("auto_examples/plot_words", ARTICLE.replace("image-sg", "note")),
    ):
        unchanged = [text]
        figure_first(None, name, unchanged)
        assert unchanged == [text]
