"""The command as a whole: what it says, loads, and does about errors."""

import ctypes
import json
import signal
import subprocess
import sys
import time
import weakref

import pytest
from typer.testing import CliRunner

import skmirai
from skmirai import __main__
from skmirai.cli import app
from skmirai.cli._interrupts import returning_interrupts

HEAVY = ("tensorflow", "keras", "pandas", "matplotlib", "numba", "pyarrow", "sklearn")


def test_version(call):
    assert call("--version") == (0, f"skmirai {skmirai.__version__}\n", "")


def test_module_is_the_command():
    printed = subprocess.run(
        [sys.executable, "-m", "skmirai", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == f"skmirai {skmirai.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["--version"], 0, f"skmirai {skmirai.__version__}\n", ""),
        (["predict", "-h"], 1, "", "typer: pip install 'skmirai[cli]'\n"),
        ([], 1, "", "typer: pip install 'skmirai[cli]'\n"),
    ],
)
def test_without_the_extra(monkeypatch, capsys, arguments, status, out, err):
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.setattr(sys, "argv", ["skmirai", *arguments])
    try:
        left = __main__.main()
    except SystemExit as error:
        left = error.code
    assert (left or 0) == status
    printed = capsys.readouterr()
    assert printed.out == out
    assert printed.err == (err and f"skmirai: the command needs {err}")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["predict", "--help"], ["lab", "--help"]]
)
def test_what_is_not_needed_is_not_loaded(run_python, arguments):
    printed = run_python(
        "import json, sys\n"
        "from skmirai.cli import main\n"
        f"sys.argv = ['skmirai', *{arguments}]\n"
        "try:\n    main()\n"
        "finally:\n"
        f"    print(json.dumps(sorted(set({HEAVY}) & set(sys.modules))))\n"
        "    sys.stdout.flush()\n"
        "    import os; os._exit(0)"
    )
    assert json.loads(printed.splitlines()[-1]) == []
    assert len(printed.splitlines()) > 1


def test_help_names_every_command(call):
    status, out, _ = call("--help")
    assert status == 0
    for command in ("fetch", "extract", "predict", "lab"):
        assert f" {command} " in out


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (["fetch"], ["--data-home", "--base-url", "--retries"]),
        (
            ["extract"],
            [
                "--output",
                "--format",
                "--clock",
                "--max-streams",
                "--packets",
                "--force",
            ],
        ),
        (
            ["predict"],
            ["--follow", "--n-passes", "--threshold", "--batch", "--random-state"],
        ),
        (["lab", "run"], ["--data", "--only", "--subset", "--epochs-scale"]),
    ],
)
def test_help_names_every_option(command, options):
    text = CliRunner().invoke(app, [*command, "--help"], terminal_width=120).output
    for option in options:
        assert option in text


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file", "a.pcap"), "a.pcap: No such file"),
        (OSError("the disk\n is full"), "the disk is full"),
        (ValueError("x=1\nmust be 2"), "x=1 must be 2"),
        (ValueError(), "ValueError"),
        (ImportError("plots need y"), "plots need y"),
        (MemoryError("Unable to allocate 9 GiB"), "the memory is not enough (Unable"),
        (MemoryError(), "the memory is not enough"),
        (FileNotFoundError(2, "None", "a\nb\x1b[2J"), "a\\nb\\x1b[2J: None"),
        (ValueError("\u202eb\x07 is wrong"), "\\u202eb\\x07 is wrong"),
    ],
)
def test_errors_are_one_line(call, monkeypatch, error, line):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("skmirai.datasets.fetch_kitsune_mirai", fail)
    status, out, err = call("fetch")
    assert (status, out) == (1, "")
    assert err.startswith(f"skmirai: {line}")
    assert err.count("\n") == 1


def test_other_errors_keep_their_traceback(call, monkeypatch):
    def fail(*args, **kwargs):
        raise AttributeError("a bug")

    monkeypatch.setattr("skmirai.datasets.fetch_kitsune_mirai", fail)
    with pytest.raises(AttributeError, match="a bug"):
        call("fetch")


def test_interrupt(call, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("skmirai.datasets.fetch_kitsune_mirai", fail)
    assert call("fetch") == (130, "", "")


def lost_in_ctypes():
    """Interrupt a callback of C, as numba has them while it compiles."""
    ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))()


def lost_in_a_finalizer():
    """Interrupt a callback of a weak reference, as imports have them."""
    held = type("Held", (), {})()
    reference = weakref.ref(held, lambda _: signal.raise_signal(signal.SIGINT))
    del held
    assert reference() is None


@pytest.mark.parametrize("lose", [lost_in_ctypes, lost_in_a_finalizer])
def test_an_interrupt_that_is_lost_comes_again(call, monkeypatch, lose):
    reached = []

    def fetch(*args, **kwargs):
        lose()
        reached.append(True)
        time.sleep(30)
        reached.append(True)

    monkeypatch.setattr("skmirai.datasets.fetch_kitsune_mirai", fetch)
    before = sys.unraisablehook
    assert call("fetch") == (130, "", "")
    assert len(reached) == 1
    assert sys.unraisablehook is before


def test_no_interrupt_comes_after_the_end():
    with returning_interrupts():
        lost_in_ctypes()
    time.sleep(0.2)  # four times as long as one takes that comes again


def test_other_errors_in_callbacks_are_still_told(call, monkeypatch):
    def fail(*args, **kwargs):
        ctypes.CFUNCTYPE(None)(lambda: 1 / 0)()
        raise ValueError("after it")

    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    monkeypatch.setattr("skmirai.datasets.fetch_kitsune_mirai", fail)
    assert call("fetch") == (1, "", "skmirai: after it\n")
    assert [each.exc_type for each in told] == [ZeroDivisionError]
