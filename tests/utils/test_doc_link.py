"""Diagrams link to the pages that the documentation has."""

import runpy
from importlib import import_module
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

from skmirai import ColumnDropper
from skmirai.utils import _doc_link
from skmirai.utils._doc_link import LinksToPage, documentation_address, public_path

API_PAGES = Path(__file__).parents[2] / "docs" / "_ext" / "api_pages.py"


@pytest.fixture
def address(monkeypatch):
    """The documentation has an address, whatever pyproject.toml says today."""
    monkeypatch.setattr(_doc_link, "documentation_address", lambda: "https://x.test/d")


def test_every_estimator_links_to_its_page(address):
    pytest.importorskip("sphinx")
    homes = runpy.run_path(str(API_PAGES))["homes"]()
    estimators = {}
    for home in set(homes.values()):
        package, _, name = home.rpartition(".")
        thing = getattr(import_module(package), name)
        if isinstance(thing, type) and issubclass(thing, BaseEstimator):
            estimators[home] = thing
    assert len(estimators) >= 10
    for home, cls in estimators.items():
        link = cls._get_doc_link(cls.__new__(cls))
        assert link == f"https://x.test/d/api/{home}.html", home


def test_diagram_shows_the_link(address):
    link = 'href="https://x.test/d/api/skmirai.ColumnDropper.html'
    assert link in ColumnDropper()._repr_html_()


def test_no_address_no_link(monkeypatch):
    monkeypatch.setattr(_doc_link, "documentation_address", lambda: "")
    assert ColumnDropper()._get_doc_link() == ""
    assert "ColumnDropper.html" not in ColumnDropper()._repr_html_()


def test_classes_of_others_and_private_ones_have_no_page(address):
    class Mine(ColumnDropper):
        pass

    assert public_path(Mine) == public_path(LinksToPage) == ""
    assert Mine()._get_doc_link() == ""
    assert public_path(BaseEstimator) == public_path(int) == ""


@pytest.mark.parametrize(
    ("urls", "found"),
    [
        (["Source, https://x.test/s"], ""),
        (["Source, s", "Documentation, https://x.test/d/"], "https://x.test/d"),
        (None, ""),
    ],
)
def test_address_is_that_of_the_project(monkeypatch, urls, found):
    class Metadata:
        def get_all(self, name, default):
            assert name == "Project-URL"
            return default if urls is None else urls

    monkeypatch.setattr(_doc_link, "metadata", lambda name: Metadata())
    documentation_address.cache_clear()
    try:
        assert documentation_address() == found
    finally:
        documentation_address.cache_clear()
