"""A table as UCI has it and a run on it, made once for all processes of a session."""

import os

import pytest

from skmirai.lab import run_lab
from skmirai.utils._files import locked
from tests.lab.runs import SMALL, write_uci_files


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


@pytest.fixture(scope="session")
def whole_run(uci_folder, shared_folder):
    """Folder of a run of all 22 parts, not to be written to."""
    pytest.importorskip("matplotlib")
    output = shared_folder / "lab-run"
    with locked(output):
        if not (output / "report.html").exists():
            report = run_lab(uci_folder, output=output, **SMALL)
            assert report == output / "report.html"
    return output
