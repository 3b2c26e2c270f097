"""The code on the pages runs, page by page, and their links lead somewhere."""

import re

import numpy as np
import pytest

from tests.blocks import DOCS, ROOT, blocks, is_there

plt = pytest.importorskip("matplotlib.pyplot")

PAGES = sorted([ROOT / "README.md", *DOCS.glob("*.md")])


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
        "<!-- needs MiraiCNN.fit -->\n<!-- alt: a line -->\n```python\nb = 1\n```\n\n"
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
