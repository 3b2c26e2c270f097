"""What all tests share: real data, a database, fresh processes, Hypothesis settings."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

from tests.processes import kill_family

# TensorFlow reads it when it is imported: no log lines between the test results.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Processes side by side fill the cores: threads of OpenMP, as boosted trees start them,
# would wait for each other in busy loops.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A suite in the background of a shell ignores Ctrl-C, and its children would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The first fit of a network takes a hundred times as long as the second.
hypothesis.settings.register_profile("skmirai", deadline=None)
hypothesis.settings.load_profile("skmirai")

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """Take the mark ``slow(after=n)`` off the first n cases of each test."""
    n_cases = Counter()
    for item in items:
        mark = item.get_closest_marker("slow")
        if mark is not None and mark.kwargs:
            test = item.nodeid.partition("[")[0]
            n_cases[test] += 1
            if n_cases[test] <= mark.kwargs["after"]:
                item.own_markers.remove(mark)


@pytest.fixture(scope="session")
def data_dir():
    """Folder of the real traffic; tests that ask for it are marked real_data."""
    folder = Path(os.environ.get("SKMIRAI_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"no real traffic in {folder}: set SKMIRAI_DATA to its folder"
        if os.environ.get("SKMIRAI_REQUIRE_DATA"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def postgres():
    """URL of a database on a PostgreSQL server that runs for this session."""
    from tests.postgres import postgres_server

    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def run_python():
    """Run code in a fresh interpreter; return what it prints."""

    def run(code, *arguments, **environment):
        with subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=os.environ | environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=300)
            except BaseException:
                kill_family(process)
                raise
        assert process.returncode == 0, err
        return out

    return run
