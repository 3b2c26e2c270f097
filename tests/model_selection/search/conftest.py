"""Storages of studies."""

from uuid import uuid4

import pytest

KINDS = ["journal", "sqlite", "postgres"]


def located(kind, request):
    """Path or URL of a storage that processes can share."""
    if kind == "postgres":
        return request.getfixturevalue("postgres")
    folder = request.getfixturevalue("tmp_path")
    if kind == "sqlite":
        return f"sqlite:///{folder}/search.db"
    return str(folder / "search.journal")


@pytest.fixture(params=KINDS)
def address(request):
    return located(request.param, request)


@pytest.fixture(params=KINDS)
def new_address(request):
    """A storage without tables."""
    address = located(request.param, request)
    if request.param != "postgres":
        return address
    psycopg = pytest.importorskip("psycopg")
    name = f"new{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return address.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["memory", *KINDS])
def storage(request):
    """A storage that can be opened again."""
    if request.param == "memory":
        return pytest.importorskip("optuna").storages.InMemoryStorage()
    return located(request.param, request)


@pytest.fixture
def study_name():
    """A new name, since all tests share one database."""
    return f"search-{uuid4()}"
