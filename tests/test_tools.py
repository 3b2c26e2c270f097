"""What contributors are told to run exists, and versions stand in one place."""

import importlib.util
import re
import runpy
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pre_commit.clientlib import load_config

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

lower_bounds = runpy.run_path(str(ROOT / ".ci" / "oldest.py"))["lower_bounds"]


def hooks():
    """Hooks of pre-commit, by name."""
    (repo,) = load_config(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    return {hook["id"]: hook for hook in repo["hooks"]}


def test_hooks_are_these():
    assert [*hooks()] == ["ruff-check", "ruff-format", "mypy", "architecture"]


@pytest.mark.parametrize("name", hooks())
def test_commands_of_hooks_exist(name):
    python, option, module, *arguments = hooks()[name]["entry"].split()
    assert python == f"{re.search(r'^VENV := (.+)$', MAKEFILE, re.M)[1]}/bin/python"
    assert option == "-m"
    assert importlib.util.find_spec(module) is not None
    for argument in arguments:
        assert "/" not in argument or (ROOT / argument).exists()


def test_targets_that_people_are_told_of_exist():
    targets = set(re.findall(r"^([\w-]+):", MAKEFILE, re.M))
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M)[1].split()
    assert set(phony) == targets
    pages = ["README.md", "CONTRIBUTING.md", ".ci/run", "docs/install.md"]
    told = {
        name
        for page in pages
        for name in re.findall(
            r"(?:`|^)make ([\w-]+)", (ROOT / page).read_text("utf-8"), re.M
        )
    }
    assert {"test", "test-fast", "test-oldest", "coverage", "lint", "types"} <= told
    assert told <= targets


def test_oldest_versions_are_the_bounds_of_all_requirements():
    extras = PROJECT["optional-dependencies"].values()
    names = {
        Requirement(requirement).name
        for requirements in (PROJECT["dependencies"], *extras)
        for requirement in requirements
    }
    found = dict(line.split("==") for line in lower_bounds(PROJECT))
    assert found.keys() == names - {PROJECT["name"]}
    assert f"numpy>={found['numpy']}" in PROJECT["dependencies"]


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy>=2,>=2.1"])
def test_a_requirement_without_its_lower_bound_is_named(requirement):
    project = {"name": "x", "dependencies": [requirement], "optional-dependencies": {}}
    with pytest.raises(SystemExit, match="numpy"):
        list(lower_bounds(project))
