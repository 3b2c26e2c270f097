"""A cell of code of the notebook, and the calls that the runs of a part come to."""

import ast
from dataclasses import dataclass
from typing import Any

from skmirai.lab._protocol import BEST, Run
from skmirai.lab._runs import run_name

_WIDTH = 88


@dataclass(frozen=True)
class Code:
    """A cell of code.

    Attributes
    ----------
    text : str
        What a student would write.
    shared : bool
        Whether cells of later parts need what it defines, so that it is there in a
        notebook without its part too.
    """

    text: str
    shared: bool = False

    def imports(self) -> str:
        """Its import statements alone, the hint that a worksheet gives."""
        return "\n".join(
            ast.unparse(statement)
            for statement in ast.parse(self.text).body
            if isinstance(statement, ast.Import | ast.ImportFrom)
        )


def code(text: str, *, shared: bool = False) -> Code:
    """Make a cell of a text between triple quotes."""
    return Code(text.strip("\n"), shared)


def training_of(run: Run) -> Code:
    """Write the call that trains a run of the lab's table.

    Parameters
    ----------
    run : Run
        Its settings, less those of ``BEST`` where it has all of them, are the
        arguments.

    Returns
    -------
    Code
        A cell that leaves the network under the name of the run's result.

    Examples
    --------
    >>> from skmirai.lab import Run
    >>> from skmirai.lab._notebook.code import training_of
    >>> print(training_of(Run("7", 16, "2 x 20, ReLU", {"activation": "relu"})).text)
    run_7 = train_and_judge("2 x 20, ReLU", activation="relu")
    """
    settings = dict(run.settings)
    arguments = [_literal(run.title)]
    if settings.items() >= BEST.items():
        arguments.append("**BEST")
        settings = {k: v for k, v in settings.items() if k not in BEST}
    arguments += [f"{name}={_literal(value)}" for name, value in settings.items()]
    if run.first_seed:
        arguments.append(f"random_state=SEED + {run.first_seed}")
    target = run_name(run.name)
    line = f"{target} = train_and_judge({', '.join(arguments)})"
    if len(line) > _WIDTH:
        inner = "".join(f"    {argument},\n" for argument in arguments)
        line = f"{target} = train_and_judge(\n{inner})"
    return Code(line)


def _literal(value: Any) -> str:
    """Write a value as the house does, in double quotes and with grouped digits."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}" if value >= 1_000 else str(value)
    return repr(value)
