"""One vocabulary of options over all commands, and what the page says of statuses."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from skmirai.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"


def commands(group=None, before=()):
    """Yield (words, command) of all commands."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = dict(commands())
#: Commands that write files of results, rather than finish a folder of their own.
WRITING = {
    ("simulate",),
    ("extract",),
    ("audit",),
    ("tune",),
    ("train",),
    ("evaluate",),
    ("predict",),
    ("lab", "notebook"),
    ("lab", "compare"),
}


def options(command):
    return [p for p in command.params if p.param_type_name == "option"]


def test_every_command_is_on_the_page():
    listed = re.findall(
        r"^\| `skmirai (.+?)` \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert {tuple(name.split()) for name in listed} == COMMANDS.keys()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_same_name_same_thing(words):
    short = {
        "-o": "--output",
        "-f": "--force",
        "-q": "--quiet",
        "-j": "--n-jobs",
        "-h": "--help",
    }
    for option in options(COMMANDS[words]):
        names = [*option.opts, *option.secondary_opts]
        for name in names:
            if not name.startswith("--"):
                assert short[name] in names, f"{name} of {option.opts}"
        for full in short.values():
            if full in names and full != "--help":
                (own,) = (s for s, f in short.items() if f == full)
                assert own in names
        assert option.help, f"{option.opts} says nothing"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_names_are_whole_on_a_narrow_terminal(words):
    printed = CliRunner().invoke(app, [*words, "-h"], terminal_width=80).output
    for option in options(COMMANDS[words]):
        for name in [*option.opts, *option.secondary_opts]:
            assert re.search(rf"{name}[ ,│]", printed), name


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_who_writes_has_force(words):
    names = {name for option in options(COMMANDS[words]) for name in option.opts}
    assert ("--force" in names) == (words in WRITING)
    if words in WRITING:
        assert "--output" in names


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["info", "none.skmirai"], 1),
        (["train", "none.csv", "--target", "y", "-o", "m.skmirai"], 1),
        (["predict", "none.skmirai", "none.pcap"], 1),
        (["info"], 2),
        (["train", "--epochs", "many"], 2),
        (["never"], 2),
        (["predict", "--never"], 2),
        (["audit", "counted.csv", "--target", "y", "--fail-on", "possible"], 3),
    ],
)
def test_statuses(arguments, status, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{k},{k % 7},{int(k > 150)}" for k in range(300))
    Path("counted.csv").write_text(f"id,a,y\n{rows}\n")
    assert call(*arguments)[0] == status


def test_statuses_are_on_the_page():
    found = re.findall(r"^\| (\d+) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found == ["0", "1", "2", "3", "130"]
