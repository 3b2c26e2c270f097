"""What docs/architecture.md and its pictures name is there, and as they say."""

import ast
import re
import runpy
from pathlib import Path

import pytest

import skmirai

PACKAGE = Path(skmirai.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"
NETWORK = PACKAGE / "neural_network"
PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
DRAWN = runpy.run_path(str(DOCS / "images" / "draw_rooms.py"))
RULES = runpy.run_path(str(Path(__file__).with_name("test_architecture.py")))


def packages(folder):
    """Names of the packages in a folder."""
    return {path.parent.name for path in folder.glob("*/__init__.py")}


def dotted(text):
    """Names with dots that are set as code, such as ``_rows.checked.check_rows``."""
    found = re.findall(r"`([A-Za-z_]\w*(?:\.\w+)+)`", text)
    return sorted({name for name in found if not name.endswith((".py", ".md"))})


def is_there(name, root=PACKAGE):
    """Tell whether a dotted name leads to a module, or to what one of them defines."""
    first, _, rest = name.partition(".")
    if (root / first).is_dir():
        inner = root / first / "__init__.py"
        return not rest or is_there(rest, root / first) or defines(inner, rest)
    path = root / f"{first}.py"
    return path.exists() and (not rest or defines(path, rest))


def defines(path, name):
    """Tell whether a module binds a name, or a class in it an attribute."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for word in name.split("."):
        found = [statement for statement in body if word in names_of(statement)]
        if not found:
            return False
        body = getattr(found[-1], "body", [])
    return True


def names_of(statement):
    """Names that a statement binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    if isinstance(statement, ast.Assign):
        return {ast.unparse(target) for target in statement.targets}
    if isinstance(statement, ast.AnnAssign):
        return {ast.unparse(statement.target)}
    return set()


def test_the_table_has_every_room():
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == packages(PACKAGE)


def test_the_picture_has_every_room_in_its_place():
    levels = [set(level) for level in DRAWN["LEVELS"]]
    assert levels == [*RULES["LEVELS"], {"cli"}]
    assert set.union(*levels) | {DRAWN["ASIDE"]} == packages(PACKAGE)
    may = RULES["MAY_IMPORT"]
    assert may[DRAWN["ASIDE"]] - {DRAWN["ASIDE"]} == set(DRAWN["ASIDE_IMPORTS"])
    users = {p for p, found in may.items() if DRAWN["ASIDE"] in found}
    assert users - {DRAWN["ASIDE"]} == set(DRAWN["ASIDE_SERVES"])


def test_the_picture_has_every_room_of_neural_network():
    folders = {n.rstrip("/") for n, *_ in DRAWN["STACK"] if n.endswith("/")}
    assert folders == packages(NETWORK)
    for folder in folders:
        assert f"`{folder}`" in PAGE


def layers():
    """Yield each layer of the picture of neural_network as its files, from below."""
    for name, _, rows in DRAWN["STACK"]:
        names = " ".join(rows).split()
        if name.endswith("/"):
            assert all((NETWORK / name / f"{n}.py").exists() for n in names), name
            yield set((NETWORK / name).glob("*.py"))
        else:
            yield {NETWORK / n for n in names or [name]}


def test_imports_in_neural_network_go_down_in_the_picture():
    depth = {path: n for n, files in enumerate(layers()) for path in files}
    modules = {RULES["module_of"](path): path for path in depth}
    sources = {m: path.read_text(encoding="utf-8") for m, path in modules.items()}
    wrong = [
        (module, other)
        for module, others in RULES["graph"](sources).items()
        for other in others
        if depth[modules[module]] < depth[modules[other]]
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(DRAWN["PICTURES"]))
def test_pictures_are_as_the_script_draws_them(name):
    """Run ``python docs/images/draw_rooms.py`` if they are not."""
    drawn = DRAWN["PICTURES"][name]()
    assert (DOCS / "images" / name).read_text(encoding="utf-8") == drawn
    assert f"(images/{name})" in PAGE


@pytest.mark.parametrize("name", dotted(PAGE))
def test_names_on_the_page_are_there(name):
    assert any(is_there(name, root) for root in (NETWORK, PACKAGE, PACKAGE.parent))


def test_missing_names_are_seen():
    assert len(dotted(PAGE)) > 40
    assert dotted("`a.py`, `f(x)`, `_rows.checked.check_rows` and `Rows`") == [
        "_rows.checked.check_rows"
    ]
    assert is_there("_rows.checked.Rows.fit_scaler", NETWORK)
    assert is_there("_rows.checked.Rows.suffix", NETWORK)
    assert is_there("packets.read_packets")
    assert is_there("packets._scan")
    for name in ("_rows.checked.Rows.gone", "_rows.gone", "_gone.Rows", "_engine.gone"):
        assert not is_there(name, NETWORK)


def test_searching_says_how_many_architectures_are_kept():
    source = (NETWORK / "_engine" / "kept.py").read_text(encoding="utf-8")
    number = re.search(r"^_KEPT_NETWORKS = (\d+)$", source, re.MULTILINE)[1]
    page = (DOCS / "searching.md").read_text(encoding="utf-8")
    assert f"the {number} architectures that were used last" in page
