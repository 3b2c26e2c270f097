"""The changes that CONTRIBUTING.md shows fit the files; paths on pages exist."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = [ROOT / "README.md", CONTRIBUTING, ROOT / "RELEASING.md", ROOT / "SECURITY.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))

#: Where paths on the pages begin.
HOMES = [ROOT, ROOT / "skmirai", ROOT / "skmirai" / "neural_network"]


def changes(text):
    """Yield (path, is it new, lines) of each file in the blocks of kind diff."""
    for block in re.findall(r"^```diff\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^ # (?=\S+\.py)", block, flags=re.MULTILINE)[1:]:
            head, *lines = part.splitlines()
            yield head.partition(",")[0], head.endswith("a new file"), lines


def fits(lines, source):
    """Tell whether all lines but added ones are in a source, in their order."""
    left = iter(source.splitlines())
    return all(line[1:] in left for line in lines if line[:1] in (" ", "-"))


CHANGES = list(changes(CONTRIBUTING.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("path", "is_new", "lines"), CHANGES, ids=[path for path, *_ in CHANGES]
)
def test_changes_fit_the_files(path, is_new, lines):
    assert (ROOT / path).parent.is_dir()
    assert (ROOT / path).exists() is not is_new
    if is_new:
        source = "\n".join(line[1:] for line in lines)
        compile(source, path, "exec")
        assert all(line.startswith("+") for line in lines)
    else:
        assert fits(lines, (ROOT / path).read_text(encoding="utf-8"))


def test_every_registry_is_shown():
    assert {path.split("/")[1] for path, *_ in CHANGES} == {
        "lab",
        "metrics",
        "packets",
        "preprocessing",
    }


def test_the_citation_names_the_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    (version,) = re.findall(r"^version: (.*)$", citation, re.MULTILINE)
    assert version == project["project"]["version"]


def test_what_does_not_fit_is_seen():
    assert fits([" a", "+b", "-c"], "a\nx\nc")
    assert not fits([" c", " a"], "a\nc")
    assert not fits(["-b"], "a\nc")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_paths_on_pages_exist(page):
    text = re.sub(
        r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    paths = re.findall(r"`(?:python )?([\w./]+\.py)[` ]", text)
    missing = [p for p in paths if not any((home / p).exists() for home in HOMES)]
    assert missing == []
