"""Print the lower bounds of pyproject.toml as constraints for pip.

``make test-oldest`` installs by them; the bounds themselves stand in pyproject.toml
only.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement


def lower_bounds(project):
    """Yield ``name==version`` for every requirement of a project, extras included."""
    extras = project["optional-dependencies"].values()
    for requirements in (project["dependencies"], *extras):
        for requirement in map(Requirement, requirements):
            if requirement.name == project["name"]:
                continue  # one extra includes another
            bounds = [s.version for s in requirement.specifier if s.operator == ">="]
            if len(bounds) != 1:
                raise SystemExit(f"{requirement} must have one lower bound: name>=1.2")
            yield f"{requirement.name}=={bounds[0]}"


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print(*lower_bounds(tomllib.loads(text)["project"]), sep="\n")
