"""A table as UCI has it, written once for all processes of a session."""

import os

import pytest

from skmirai.utils._files import locked
from tests.lab.runs import write_uci_files


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """Folder of this session, the same one in all its processes."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def uci_folder(shared_folder):
    folder = shared_folder / "uci"
    with locked(folder):
        if not folder.exists():
            write_uci_files(folder.with_name("uci-unfinished"))
            folder.with_name("uci-unfinished").rename(folder)
    return folder
