"""The ``skmirai`` command; each subcommand imports what it needs when it is called."""

from typing import Annotated

import typer

from skmirai.cli._audit import audit
from skmirai.cli._evaluate import evaluate
from skmirai.cli._extract import extract
from skmirai.cli._fetch import fetch
from skmirai.cli._info import info
from skmirai.cli._interrupts import returning_interrupts
from skmirai.cli._lab import lab
from skmirai.cli._lab_explore import lab_explore
from skmirai.cli._output import in_one_line, say
from skmirai.cli._predict import predict
from skmirai.cli._simulate import simulate
from skmirai.cli._train import train
from skmirai.cli._tune import tune

app = typer.Typer(
    help="Deep networks for network-intrusion tables.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("fetch")(fetch)
app.command("simulate")(simulate)
app.command("extract")(extract)
app.command("audit")(audit)
app.command("tune")(tune)
app.command("train")(train)
app.command("evaluate")(evaluate)
app.command("info")(info)
app.command("predict")(predict)
lab.command("explore")(lab_explore)
app.add_typer(lab, name="lab")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"skmirai {version('skmirai')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Show the version, or go on to a subcommand."""


def main() -> None:
    """Run the command; errors of the user's making are one line, no traceback."""
    try:
        with returning_interrupts():
            app(prog_name="skmirai")  # as a module too, for completion
    except (OSError, ValueError, RuntimeError, ImportError, MemoryError) as error:
        say(f"skmirai: {in_one_line(error)}", err=True)
        raise SystemExit(1) from error
