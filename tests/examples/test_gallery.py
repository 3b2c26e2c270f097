"""Every article is in the gallery and has a test of what it prints."""

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
ARTICLES = {path.stem for path in EXAMPLES.glob("*.py")}


def test_every_article_is_tested():
    tests = "".join(p.read_text() for p in Path(__file__).parent.glob("test_*.py"))
    assert set(re.findall(r'run_example\("(\w+)\.py"', tests)) == ARTICLES


def test_the_header_names_every_article_once():
    header = (EXAMPLES / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
    assert sorted(re.findall(r"<(\w+)>", header)) == sorted(ARTICLES)
