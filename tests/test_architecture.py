"""Who may import whom, read from the source of every module.

Imports in functions and those for types alone count as all others do: what a reader
must know of a file is the same.
"""

import ast
from pathlib import Path

import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import skmirai

ROOT = Path(__file__).parents[1]
PACKAGE = Path(skmirai.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

#: A part may import the parts of the levels before its own.
LEVELS = (
    {"utils"},
    {"metrics", "preprocessing", "packets"},
    {"feature_extraction"},
    {"datasets"},
    {"uncertainty"},
    {"neural_network"},
    {"model_selection"},
    {"lab"},
)
MAY_IMPORT = {
    part: {part}.union(*LEVELS[:level])
    for level, parts in enumerate(LEVELS)
    for part in parts
}
MAY_IMPORT["lab"] |= {"inspection"}
MAY_IMPORT["inspection"] = {"inspection", "metrics", "utils"}
MAY_IMPORT["cli"] = {"cli", "inspection"}.union(*LEVELS)
MAY_IMPORT["__main__"] = {"cli"}

#: The only folder or file of the package that may import a library.
HOMES = {
    "keras": "neural_network/_backend.py",
    "tensorflow": "neural_network/_backend.py",
    "scikeras": "neural_network/_scikeras.py",
}

#: Folders within a part of which other files import what their __init__ lists only.
SEALED = {"datasets/_traffic", "packets/_protocols"}

#: Rooms of neural_network: what else of it their files import, and what libraries not.
ROOMS = {
    "_engine": {"may import": {"_backend", "_engine"}, "not": {"sklearn", "scikeras"}},
    "_keras": {"may import": {"_backend", "_engine", "_keras"}, "not": {"scikeras"}},
}

#: Files above 400 lines, by their places in the repository, and why each is one idea
#: all the same.
LONG: dict[str, str] = {
    "skmirai/neural_network/_keras/network.py": "one object with its state: what it "
    "trains, what it predicts, what callbacks see of it",
    "skmirai/preprocessing/_table_encoder.py": "the public class: half of it is "
    "documentation of one object; what it computes is in files of their own",
    "tests/neural_network/test_meta_estimators.py": "a short section for each of "
    "scikit-learn's tools, around the same few estimators",
    "tests/neural_network/test_collapse.py": "whole fits that fail, what their warning "
    "advises, and that it helps when followed: the same few failures all through",
    "tests/neural_network/test_sklearn_callbacks.py": "one recorder of scikit-learn's "
    "hooks, and every kind of fit that it sees",
    "tests/neural_network/test_tables.py": "one small table with text and gaps, and "
    "all that the estimators promise about it",
    "tests/preprocessing/test_column_dropper.py": "one class, whose name the file has: "
    "what it does in two thirds, its errors in the last",
    "tests/preprocessing/test_table_encoder.py": "one class, whose name the file has: "
    "every kind of column and of table, right or wrong, has its test",
    "benchmarks/accuracy.py": "one command: tables, models and figures are short "
    "functions that stand in lists of it",
    "examples/plot_quickstart.py": "an article that is read from top to bottom, which "
    "copies to a notebook as a whole",
}


def imports(source, module="skmirai.part._file"):
    """Yield (module, name or None) of all imports, those in functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports from 'skmirai' on"
            yield from ((node.module, alias.name) for alias in node.names)


def at_run_time(source):
    """Return source without what only type checkers read."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not is_for_type_checkers(node)]
    return ast.unparse(tree)


def is_for_type_checkers(node):
    """Tell whether a statement is ``if TYPE_CHECKING``."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def part_of(path):
    """First name below the package: a folder, or a file without its ending."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def violations(path, source):
    """Say what a module imports that it may not."""
    part, place = part_of(path), path.relative_to(PACKAGE).as_posix()
    found = []
    for module, name in imports(source, place):
        library, *rest = [*module.split("."), *([name] if name else [])]
        what = ".".join([library, *rest])
        if library == "skmirai" and (not rest or rest[0] not in MAY_IMPORT.get(part)):
            found.append(f"{place} imports {what}")
        home = HOMES.get(library)
        if home and not (place == home or place.startswith(f"{home}/")):
            found.append(f"{place} imports {what}, which only {home} may")
        private = any(n.startswith("_") and not n.startswith("__") for n in rest)
        if library == "sklearn" and private and part != "utils":
            found.append(f"{place} imports the private {what}: use skmirai.utils")
    return found


def borrowed(path, source):
    """Say whose private modules and names a module imports that are not its own.

    Those of ``skmirai.utils`` are there for all parts.
    """
    place = path.relative_to(PACKAGE).as_posix()
    found = []
    for module, name in imports(source, place):
        library, *rest = [*module.split("."), *([name] if name else [])]
        if library != "skmirai" or not rest or rest[0] == "utils":
            continue
        for k, word in enumerate(rest):
            if not word.startswith("_") or word.startswith("__"):
                continue
            owner = "/".join(rest[:k])
            own = place.startswith(f"{owner}/") if owner else True
            if not own and (k == 1 or owner in SEALED):
                what = ".".join([library, *rest])
                found.append((rest[0], f"{place} imports {what}"))
                break
    return found


def graph(sources):
    """Files of the package that each file names in an import.

    Parameters
    ----------
    sources : dict of str to str
        Sources by module, such as ``skmirai.utils._finite``; a package has the name
        of its folder.

    Returns
    -------
    dict of str to set of str
        Modules by module. That Python runs the ``__init__`` of every package on the
        way to a module is no import of it.
    """
    found = {}
    for module, source in sources.items():
        found[module] = set()
        for origin, name in imports(source, module):
            inner = f"{origin}.{name}"
            target = inner if inner in sources else origin
            if target in sources and target != module:
                found[module].add(target)
    return found


def circles(edges):
    """Groups of modules of which each leads to all others, each group sorted."""
    names = sorted(edges)
    number = {name: k for k, name in enumerate(names)}
    pairs = [(number[a], number[b]) for a in names for b in edges[a]]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    shape = (len(names), len(names))
    matrix = coo_array(([1] * len(pairs), (rows, columns)), shape=shape)
    _, groups = connected_components(matrix.tocsr(), connection="strong")
    members = {}
    for name, group in zip(names, groups.tolist(), strict=True):
        members.setdefault(group, []).append(name)
    return sorted(group for group in members.values() if len(group) > 1)


def module_of(path):
    """Name of the module of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    if path == PACKAGE / "__init__.py":
        names = {module for module, _ in imports(at_run_time(path.read_text()))}
        assert names <= {"importlib", "importlib.metadata", "typing"}
        return
    assert part_of(path) in MAY_IMPORT, "give the new part a place in LEVELS"
    assert violations(path, path.read_text()) == []


@pytest.mark.parametrize(
    ("place", "source", "n_found"),
    [
        ("metrics/_a.py", "from skmirai.utils import import_optional", 0),
        ("metrics/_a.py", "from skmirai.preprocessing import x", 1),
        ("metrics/_a.py", "import skmirai.uncertainty._b", 1),
        ("metrics/_a.py", "from skmirai import MiraiDNNClassifier", 1),
        ("metrics/_a.py", "def f():\n    import keras.ops", 1),
        ("neural_network/_a.py", "import keras, tensorflow as tf", 2),
        ("neural_network/_backend.py", "import keras, tensorflow as tf", 0),
        ("neural_network/_a.py", "from scikeras.wrappers import BaseWrapper", 1),
        ("neural_network/_scikeras.py", "import scikeras", 0),
        ("neural_network/_a.py", "from skmirai.model_selection import x", 1),
        ("inspection/_a.py", "from skmirai.uncertainty import x", 1),
        ("inspection/_a.py", "from skmirai.metrics import x", 0),
        ("metrics/_a.py", "from sklearn.utils import _safe_indexing", 1),
        ("metrics/_a.py", "from sklearn.utils._param_validation import Interval", 1),
        ("metrics/_a.py", "from sklearn import __version__", 0),
        ("utils/_a.py", "from sklearn.utils import _safe_indexing", 0),
        ("utils/_a.py", "from skmirai.metrics import x", 1),
    ],
)
def test_the_rules_can_be_broken(place, source, n_found):
    assert len(violations(PACKAGE / place, source)) == n_found


def test_private_modules_are_left_to_their_part():
    found = [text for path in MODULES for _, text in borrowed(path, path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("place", "source", "n_found"),
    [
        ("datasets/_a.py", "from skmirai.packets import PACKET", 0),
        ("datasets/_a.py", "from skmirai.packets._frames import x", 1),
        ("datasets/_a.py", "def f():\n    from skmirai.packets import _frames", 1),
        ("datasets/_a.py", "import skmirai.packets._frames", 1),
        ("datasets/_a.py", "from skmirai.packets import _private_name", 1),
        ("datasets/_a.py", "from skmirai.utils._files import replaced", 0),
        ("datasets/_a.py", "from skmirai.datasets._b import x", 0),
        ("datasets/_a.py", "from skmirai.datasets._traffic import x", 0),
        ("datasets/_a.py", "from skmirai.datasets._traffic._events import x", 1),
        ("datasets/_a.py", "from skmirai.datasets._traffic import _events", 1),
        ("datasets/_traffic/_a.py", "from skmirai.datasets._b import x", 0),
        ("datasets/_traffic/_a.py", "from skmirai.datasets._traffic import _b", 0),
        ("packets/_a.py", "from skmirai.packets._protocols._tcp import x", 1),
        ("cli/_a.py", "from skmirai import __version__", 0),
    ],
)
def test_borrowing_is_seen(place, source, n_found):
    assert len(borrowed(PACKAGE / place, source)) == n_found


def test_there_are_no_circles():
    sources = {module_of(path): path.read_text() for path in MODULES}
    assert circles(graph(sources)) == []


def test_circles_are_seen():
    sources = {
        "skmirai": "",
        "skmirai.a": "from skmirai.a._x import f",
        "skmirai.a._x": "def f():\n    from skmirai.a import _y",
        "skmirai.a._y": "if TYPE_CHECKING:\n    from skmirai.a._z import Z",
        "skmirai.a._z": "import skmirai.a._x, numpy",
        "skmirai.b": "from skmirai.b._x import f",
        "skmirai.b._x": "from skmirai.a import f\nfrom skmirai.b import _y",
        "skmirai.b._y": "from skmirai.a._z import Z",
    }
    edges = graph(sources)
    assert edges["skmirai.a._x"] == {"skmirai.a._y"}
    assert edges["skmirai.b._x"] == {"skmirai.a", "skmirai.b._y"}
    inner = ["skmirai.a._x", "skmirai.a._y", "skmirai.a._z"]
    assert circles(edges) == [inner]
    edges["skmirai.a._z"].add("skmirai.a")
    assert circles(edges) == [["skmirai.a", *inner]]


def test_long_files_say_why():
    long = {
        path.relative_to(ROOT).as_posix()
        for folder in ("skmirai", "tests", "benchmarks", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if path.read_text(encoding="utf-8").count("\n") > 400
    }
    assert long == LONG.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_of_neural_network(path):
    """The engine knows no scikit-learn, and neither it nor Keras's side estimators."""
    place = path.relative_to(PACKAGE)
    if place.parts[0] != "neural_network" or place.parts[1] not in ROOMS:
        return
    room = ROOMS[place.parts[1]]
    found = []
    for module, _ in imports(path.read_text(), place):
        library, *rest = module.split(".")
        own = rest[1:2] if rest[:1] == ["neural_network"] else []
        if library in room["not"] or not {*own} <= room["may import"]:
            found.append(f"{place} imports {module}")
    assert found == []


@pytest.mark.parametrize("part", ["neural_network", "lab"])
def test_few_files_lie_directly_in_a_part(part):
    assert len([*(PACKAGE / part).glob("*.py")]) <= 16


#: Rooms of the lab, the lower ones first; parts and what is above them may use all.
LAB_ROOMS = ["_rows", "_work", "_training", "_plots", "_writing"]


@pytest.mark.parametrize("room", LAB_ROOMS)
def test_rooms_of_the_lab_import_one_way(room):
    allowed = {"_protocol", "_json", *LAB_ROOMS[: LAB_ROOMS.index(room) + 1]}
    found = []
    for path in (PACKAGE / "lab" / room).glob("*.py"):
        for module, _ in imports(path.read_text(), path):
            own = module.split(".")[2:3] if module.startswith("skmirai.lab.") else []
            if not {*own} <= allowed:
                found.append(f"{room}/{path.name} imports {module}")
    assert found == []


def test_every_rule_about_a_library_is_needed():
    used = {m.split(".")[0] for p in MODULES for m, _ in imports(p.read_text())}
    assert HOMES.keys() <= used


def test_public_names_are_these():
    assert skmirai.__all__ == [
        "ColumnDropper",
        "MiraiDNNClassifier",
        "MiraiDNNEnsembleClassifier",
        "MiraiDNNEnsembleRegressor",
        "MiraiDNNRegressor",
        "__version__",
        "build_dnn",
        "load",
        "predict_uncertainty",
        "save",
        "show_versions",
    ]
