"""Importing the package is quiet and light; its names come on first use."""

import json

import pytest

import skmirai

HEAVY = ("tensorflow", "keras", "matplotlib", "scikeras", "optuna")

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


def test_other_names_raise():
    with pytest.raises(AttributeError, match="'skmirai' has no attribute 'MiraiCNN'"):
        skmirai.MiraiCNN  # noqa: B018


def test_build_dnn_is_a_name_of_its_part_too():
    import skmirai.neural_network as part

    assert part.build_dnn is skmirai.build_dnn
    assert set(part.__all__) <= set(dir(part))
    with pytest.raises(AttributeError, match="no attribute 'build_cnn'"):
        part.build_cnn  # noqa: B018
