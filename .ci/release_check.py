"""Build what would be uploaded, and try it in an environment of its own.

``make release-check`` runs it. Nothing is uploaded, and the version is not changed.
"""

import argparse
import email
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"

#: What only those need who work on the project in its repository.
NOT_IN_SDIST = {".pre-commit-config.yaml"}


def run(*command, **options):
    """Run a command that must not fail, and show it."""
    print("+", *command, flush=True)
    return subprocess.run(command, check=True, **options)


def build():
    """Build sdist and wheel of what is there; return their paths."""
    for old in DIST.glob("skmirai-*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT)
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
    return sdist, wheel


def check_sdist(sdist):
    """Insist that the sdist holds the repository's files and no others."""
    listed = run("git", "ls-files", cwd=ROOT, capture_output=True, text=True).stdout
    expected = set(listed.splitlines()) - NOT_IN_SDIST | {"PKG-INFO"}
    with tarfile.open(sdist) as archive:
        names = (Path(member.name) for member in archive if member.isfile())
        found = {Path(*name.parts[1:]).as_posix() for name in names}
    if found != expected:
        raise SystemExit(
            f"{sdist.name} lacks {sorted(expected - found)} and has "
            f"{sorted(found - expected)} too much: see tool.hatch in pyproject.toml"
        )
    print(f"{sdist.name} holds all {len(found)} files")


def relative_links(text):
    """Targets of links and images that lead nowhere on another site."""
    return re.findall(r"\]\((?!\w+:|#)([^)]*)\)", text)


def check_description(wheel):
    """Insist that the description of the wheel needs no file of the repository."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        message = email.message_from_bytes(archive.read(name))
    if found := relative_links(message.get_payload()):
        raise SystemExit(
            f"links to {found} lead nowhere on an index: see the substitutions of "
            f"tool.hatch.metadata.hooks.fancy-pypi-readme in pyproject.toml"
        )


def placeholders():
    """Lines of the repository that the owner fills before a release."""
    where = ("*.toml", "*.md", "*.cff", ":!RELEASING.md")
    command = ("git", "grep", "-n", "PLACEHOLDER", "--", *where)
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return found.stdout.splitlines()  # status 1 is that of none


def lines_of_readme():
    """Python lines of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S))


def check_wheel(wheel):
    """Install the wheel alone, where there is no copy of the repository, and use it."""
    version = wheel.name.split("-")[1]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder) / "env", with_pip=True)
        python = Path(folder) / "env" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
        command = python.with_name("skmirai"), "--version"
        said = run(*command, cwd=folder, capture_output=True, text=True).stdout
        if said != f"skmirai {version}\n":
            raise SystemExit(f"skmirai --version says {said!r}, not skmirai {version}")
        other = subprocess.run(
            [command[0], "predict"], cwd=folder, capture_output=True, text=True
        )
        if other.returncode != 1 or "pip install 'skmirai[cli]'" not in other.stderr:
            raise SystemExit(f"without the extra cli, skmirai says {other.stderr!r}")
        code = lines_of_readme() + "\nimport numpy as np\n"
        code += "assert np.isfinite(search.best_score_)\n"
        code += "import skmirai; print(skmirai.__file__)"
        ran = run(python, "-c", code, cwd=folder, capture_output=True, text=True)
        if not ran.stdout.splitlines()[-1].startswith(folder):
            raise SystemExit(f"another skmirai was used: {ran.stdout}")
        print(ran.stdout)
        files = python.parents[1].rglob("*")
        size = sum(f.lstat().st_blocks * 512 for f in files if not f.is_dir())
        print(f"the environment takes {size / 1e9:.1f} GB of the disk")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    sdist, wheel = build()
    check_sdist(sdist)
    check_description(wheel)
    check_wheel(wheel)
    print("ready, but for what RELEASING.md says", *placeholders(), sep="\n")
