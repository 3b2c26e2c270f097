"""Report the versions and the hardware that a result was obtained with."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "skmirai",
    "scikit-learn",
    "keras",
    "tensorflow",
    "scikeras",
    "numpy",
    "scipy",
    "pandas",
    "optuna",
)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Versions of skmirai, its dependencies, Python and the platform.

    Returns
    -------
    dict of str to str
        Versions by name, from package metadata.

    Examples
    --------
    >>> from skmirai.utils import versions
    >>> "scikit-learn" in versions()
    True
    """
    found = {package: _version(package) for package in _PACKAGES}
    found["python"] = sys.version.split()[0]
    found["platform"] = platform.platform()
    return found


def show_versions() -> None:
    """Print versions of skmirai, its dependencies, Python and the machine.

    Nothing is imported for it: the versions come from package metadata.

    Examples
    --------
    >>> import skmirai
    >>> skmirai.show_versions()
    skmirai...: ...
    """
    rows = [*versions().items(), ("processors", str(os.cpu_count()))]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}} : {value}")
