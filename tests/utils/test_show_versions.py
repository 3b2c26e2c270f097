"""show_versions prints every version that a result may depend on."""

import platform
from importlib.metadata import version

import skmirai
from skmirai.utils import _show_versions


def _printed(capsys):
    skmirai.show_versions()
    lines = capsys.readouterr().out.splitlines()
    return dict(map(str.strip, line.split(" : ", 1)) for line in lines)


def test_versions_are_the_installed_ones(capsys):
    printed = _printed(capsys)
    for package in ("scikit-learn", "keras", "tensorflow", "scikeras", "numpy"):
        assert printed[package] == version(package)
    assert printed["skmirai"] == skmirai.__version__
    assert printed["python"] == platform.python_version()
    assert int(printed["processors"]) >= 1


def test_missing_package_is_told(capsys, monkeypatch):
    monkeypatch.setattr(_show_versions, "_PACKAGES", ("no-such-package",))
    assert _printed(capsys)["no-such-package"] == "not installed"
