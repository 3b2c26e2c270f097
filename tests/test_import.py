"""Importing the package is quiet and light; its names come on first use."""

import ast
import json
from pathlib import Path

import pytest

import skmirai

HEAVY = ("tensorflow", "keras", "matplotlib", "scikeras", "optuna", "distributed")

REPORT = f"""
import json, sys
print(json.dumps(sorted(set({HEAVY}) & set(sys.modules))))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import skmirai; skmirai.__version__; dir(skmirai)",
        "from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, ColumnDropper\n"
        "from sklearn.base import clone\n"
        "for estimator in MiraiDNNClassifier(), MiraiDNNRegressor():\n"
        "    estimator.get_params(); estimator.set_params(epochs=3)\n"
        "    repr(clone(estimator)); estimator._repr_html_()\n"
        "ColumnDropper().get_params()",
        "import skmirai.utils, skmirai.metrics, skmirai.preprocessing\n"
        "import skmirai.uncertainty, skmirai.neural_network, skmirai.inspection\n"
        "import skmirai.datasets, skmirai.packets, skmirai.feature_extraction\n"
        "import skmirai.lab, skmirai.cli",
        "import skmirai, io, contextlib\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    skmirai.show_versions()",
    ],
    ids=["package", "estimators", "parts", "versions"],
)
def test_nothing_heavy_is_loaded(run_python, code):
    assert json.loads(run_python(code + REPORT)) == []


def test_report_sees_what_is_loaded(run_python):
    assert json.loads(run_python("import matplotlib" + REPORT)) == ["matplotlib"]


@pytest.mark.parametrize("name", skmirai.__all__)
def test_public_names_exist_and_are_listed(name):
    assert getattr(skmirai, name) is not None
    assert name in dir(skmirai)


def test_all_parts_but_the_command_do_without_its_extra(run_python):
    code = """
import sys
sys.modules.update(dict.fromkeys(["markdown_it", "rich", "typer"]))
import skmirai.datasets, skmirai.lab, skmirai.model_selection, skmirai.neural_network
print(len(skmirai.lab.PARTS))
"""
    assert run_python(code) == "22\n"


@pytest.mark.slow
def test_packages_are_there_after_importing_the_package(run_python):
    code = f"""
import skmirai
from pathlib import Path
folder = Path(skmirai.__file__).parent
packages = {{p.parent.name for p in folder.glob("*/__init__.py")}} - {{"cli"}}
assert set(dir(skmirai)) == packages | set(skmirai.__all__)
assert skmirai.metrics.predictive_entropy([1.0]) == 0
assert all(getattr(skmirai, name).__name__ == f"skmirai.{{name}}" for name in packages)
{REPORT}"""
    assert json.loads(run_python(code)) == []


def test_type_checkers_are_told_of_the_same_names():
    tree = ast.parse(Path(skmirai.__file__).read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If))
    told = {(alias.name, node.module) for node in block.body for alias in node.names}
    names = {(name, f"skmirai.{home}") for name, home in skmirai._HOMES.items()}
    assert told == names | {(name, "skmirai") for name in skmirai._PACKAGES}
    assert set(skmirai.__all__) == {"__version__", *skmirai._HOMES}


def test_other_names_raise():
    with pytest.raises(AttributeError, match="'skmirai' has no attribute 'MiraiCNN'"):
        skmirai.MiraiCNN  # noqa: B018


def test_build_dnn_is_a_name_of_its_part_too():
    import skmirai.neural_network as part

    assert part.build_dnn is skmirai.build_dnn
    assert set(part.__all__) <= set(dir(part))
    with pytest.raises(AttributeError, match="no attribute 'build_cnn'"):
        part.build_cnn  # noqa: B018
