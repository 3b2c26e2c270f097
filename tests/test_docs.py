"""The code on the pages runs, page by page, and the pages can be built."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import skmirai

plt = pytest.importorskip("matplotlib.pyplot")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.glob("*.md")])
BLOCK = re.compile(
    r"(?:^<!-- needs (?P<needs>(?:module )?[\w.]+) -->\n)?"
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
        yield text[:start].count("\n"), code, figure is not None, found["needs"]


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


@pytest.fixture
def run_page(tmp_path, monkeypatch):
    """Run the blocks of a page in order and elsewhere; return their variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))  # as docs/conf.py
    plt.switch_backend("agg")

    def run(page):
        variables = {}
        for line, code, figure, needed in blocks(page):
            if needed is None or is_there(needed):
                # Sphinx runs the code of each figure alone
                exec(
                    compile("\n" * line + code, page, "exec"),
                    {} if figure else variables,
                )
        return variables

    yield run
    plt.close("all")


WITH_CODE = [page for page in PAGES if any(blocks(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_code_runs(run_page, page, capsys):
    if "import optuna" in page.read_text(encoding="utf-8"):
        pytest.importorskip("optuna")
    found = run_page(page)
    printed = capsys.readouterr().out
    if page.stem == "evaluation":  # "more than 90 %", "no better than guessing"
        assert found["shuffled"].mean() > 0.9
        assert found["grouped"].mean() < 0.6
    elif page.stem == "uncertainty":  # "the spread is small"
        assert found["per_row"].std() < found["shared"].std()
        assert found["wrong"][found["kept"]].mean() < found["wrong"].mean()
        assert found["more"].n_passes == 200
        assert 0 < found["certain"].mean() < 1
        assert set(found["answers"]) == {-1, 0, 1}
        if is_there("module mapie"):
            assert found["labels"].shape == (1_000,)
    elif page.stem == "estimator":
        assert "ReduceLROnPlateau" in printed
        assert plt.get_fignums(), "a page about curves shows some"
    elif page.stem == "distributed":  # "those of one process, to the bit"
        if is_there("module distributed"):
            np.testing.assert_array_equal(found["there"], found["here"])
    elif page.stem in ("README", "quickstart"):
        assert np.isfinite(found["search"].best_score_)
        assert "mutual_information" in printed


def test_pages_with_code_are_found():
    assert {page.stem for page in WITH_CODE} >= {
        "README",
        "distributed",
        "estimator",
        "evaluation",
        "index",
        "install",
        "large_tables",
        "quickstart",
        "searching",
        "serving",
        "uncertainty",
    }


def test_blocks_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\na = 1\n```\n\n```sh\nls\n```\n\n"
        "<!-- needs MiraiCNN.fit -->\n```python\nb = 1\n```\n\n"
        "```{eval-rst}\n.. plot::\n   :include-source:\n\n   c = 1\n```\n\n"
        "```{eval-rst}\n.. note:: d\n```\n",
        encoding="utf-8",
    )
    found = [tuple(found) for _, *found in blocks(page)]
    assert found == [
        ("a = 1\n", False, None),
        ("b = 1\n", False, "MiraiCNN.fit"),
        ("c = 1\n", True, None),
    ]
    lines = page.read_text(encoding="utf-8").splitlines()
    for line, code, *_ in blocks(page):
        assert lines[line].strip() == code.strip()
    assert is_there("MiraiDNNClassifier.fit")
    assert not is_there("MiraiCNN.fit")
    assert is_there("module json")
    assert not is_there("module jsonn")


def test_links_between_files_lead_somewhere():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
        for target in re.findall(r"\{doc\}`([\w/]+)`", text):
            source, _, name = target.rpartition("/")
            if source == "auto_examples" and name != "index":
                assert (ROOT / "examples" / f"{name}.py").exists(), target
            elif not source:
                assert (DOCS / f"{name}.md").exists(), target


def test_reference_has_every_public_name():
    pytest.importorskip("sphinx")
    pages = runpy.run_path(str(DOCS / "_ext" / "api_pages.py"))
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
    pages = runpy.run_path(str(DOCS / "_ext" / "api_pages.py"))
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


@pytest.mark.slow
def test_pages_build_without_a_warning(tmp_path):
    """All but the output of the examples, which have their own tests."""
    pytest.importorskip("sphinx_gallery")
    made = shutil.ignore_patterns("_build", "api", "auto_examples", "__pycache__")
    shutil.copytree(DOCS, tmp_path / "docs", ignore=made)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=made)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    options = ["-q", "-W", "--keep-going", "-D", "plot_gallery=0"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "docs", "html"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html" / "estimator.html").read_text(encoding="utf-8")
    assert 'href="api/skmirai.MiraiDNNClassifier.html' in page
    name = "skmirai.inspection.TrainingHistoryDisplay.html"
    page = (tmp_path / "html" / "api" / name).read_text(encoding="utf-8")
    assert "from_estimator" in page
    # a name by its package leads to where it is described
    page = (tmp_path / "html" / "api" / "skmirai.MiraiDNNClassifier.html").read_text(
        encoding="utf-8"
    )
    assert 'href="skmirai.ColumnDropper.html#' in page
