"""What an index is told of the package, and the places that name its version."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

ROOT = Path(__file__).parents[1]
SOURCE = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONFIGURATION = tomllib.loads(SOURCE)
PROJECT = CONFIGURATION["project"]
HOOKS = CONFIGURATION["tool"]["hatch"]["metadata"]["hooks"]
ADDRESS = HOOKS["fancy-pypi-readme"]["substitutions"][-1]["replacement"]
CHECK = runpy.run_path(str(ROOT / ".ci" / "release_check.py"))
LINK = re.compile(r"\]\(([^)]*)\)")


@pytest.fixture(scope="module")
def description():
    """Description of the package, as it is written into sdist and wheel."""
    return ProjectMetadata(str(ROOT), PluginManager()).core.readme


def test_no_link_is_relative(description):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert CHECK["relative_links"](readme), "in the repository they are relative"
    assert CHECK["relative_links"](description) == []
    assert len(LINK.findall(description)) == len(LINK.findall(readme))


def test_links_lead_to_the_files_of_the_tag(description):
    (image,) = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", description)
    links = [link for link in LINK.findall(description) if link.startswith(ADDRESS)]
    kinds = {"raw": [image], "blob": [link for link in links if link != image]}
    for kind, found in kinds.items():
        for link in found:
            address, _, path = link.partition(f"/{kind}/v{PROJECT['version']}/")
            assert address == ADDRESS
            assert (ROOT / path.partition("#")[0]).exists()
    assert len(kinds["blob"]) > 5


def test_the_address_stands_in_one_place():
    assert ADDRESS.startswith("https://")
    assert SOURCE.count(ADDRESS) == 1
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        assert ADDRESS not in path.read_text(encoding="utf-8"), path


def test_relative_links_are_seen():
    text = "![a](b.png) [c](https://d) [e](#f) [g](mailto:h) [i](j/k.md#l)"
    assert CHECK["relative_links"](text) == ["b.png", "j/k.md#l"]


def test_the_change_log_has_the_version_on_top():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (.*)$", log, re.MULTILINE)[1]
    version = PROJECT["version"]
    if ".dev" in version:
        assert newest == "Unreleased"
    else:
        assert re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", newest)


def test_the_policy_names_the_bounds():
    page = (ROOT / "docs" / "release_policy.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([\w-]+) \| (\d[\d.]*) \|$", page, re.MULTILINE)
    bounds = [f"{name}>={bound}" for name, bound in listed if not name.isdigit()]
    assert bounds == PROJECT["dependencies"]
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or later" in page
    tested = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: 3." in c]
    assert f"run on {' and '.join(tested)}" in page


def test_the_policy_names_every_version_of_the_format():
    page = (ROOT / "docs" / "release_policy.md").read_text(encoding="utf-8")
    source = ROOT / "skmirai" / "neural_network" / "_files" / "saving.py"
    number = re.search(r"^VERSION = (\d+)$", source.read_text("utf-8"), re.M)[1]
    versions = re.findall(r"^\| (\d) \| ", page, re.MULTILINE)
    assert versions == [str(k) for k in range(1, int(number) + 1)]
    assert f"The format is at version {number}:" in page
