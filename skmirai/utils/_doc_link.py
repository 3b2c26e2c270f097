"""Diagrams of estimators link to the page of the documentation about their class."""

import sys
from functools import cache
from importlib.metadata import metadata

from sklearn.base import BaseEstimator


@cache
def documentation_address() -> str:
    """Address of the documentation, without a slash at its end.

    Returns
    -------
    address : str
        "Documentation" of ``[project.urls]`` in pyproject.toml, "" as long as it
        gives none.
    """
    for url in metadata("skmirai").get_all("Project-URL", []):
        label, _, address = url.partition(", ")
        if label == "Documentation":
            return str(address).rstrip("/")
    return ""


def public_path(cls: type) -> str:
    """Name that a class is described by, from the package on.

    Parameters
    ----------
    cls : type
        A class of any project.

    Returns
    -------
    path : str
        The top-level name where there is one, else that in the package of the class;
        "" for classes that are not public, or not ours.

    Examples
    --------
    >>> from skmirai.preprocessing import AutoScaler, ColumnDropper
    >>> public_path(ColumnDropper), public_path(AutoScaler)
    ('skmirai.ColumnDropper', 'skmirai.preprocessing.AutoScaler')
    """
    ours, *inner = cls.__module__.split(".")
    if ours == __name__.partition(".")[0] and inner:
        for package in (ours, f"{ours}.{inner[0]}"):
            if cls.__name__ in getattr(sys.modules[package], "__all__", ()):
                return f"{package}.{cls.__name__}"
    return ""


class LinksToPage(BaseEstimator):
    """An estimator whose diagram in a notebook links to its own page."""

    def _get_doc_link(self) -> str:
        """Return the address that scikit-learn's diagram links, "" for none."""
        address, path = documentation_address(), public_path(type(self))
        return f"{address}/api/{path}.html" if address and path else ""
