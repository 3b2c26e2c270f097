"""Who may import whom, read from the source of every module."""

import ast
from pathlib import Path

import pytest

import skmirai

PACKAGE = Path(skmirai.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

#: A part may import the parts of the levels before its own.
LEVELS = (
    {"utils"},
    {"metrics", "preprocessing", "feature_extraction"},
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
    "scikeras": "neural_network/_keras_step.py",
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
        ("neural_network/_keras_step.py", "import scikeras", 0),
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


def test_every_rule_about_a_library_is_needed():
    used = {m.split(".")[0] for p in MODULES for m, _ in imports(p.read_text())}
    assert HOMES.keys() <= used


def test_public_names_are_these():
    assert skmirai.__all__ == [
        "ColumnDropper",
        "MiraiDNNClassifier",
        "MiraiDNNRegressor",
        "__version__",
        "build_dnn",
        "load",
        "show_versions",
    ]
