"""Put the lab's parts together as a notebook."""

import os
from collections.abc import Collection, Iterator
from numbers import Integral, Real
from typing import Any

from skmirai.lab._notebook import preparation, trainings
from skmirai.lab._notebook.answers import Answers, answers_of
from skmirai.lab._notebook.code import Code, training_of
from skmirai.lab._notebook.published import published_of
from skmirai.lab._part import Part
from skmirai.lab._protocol import N_ROWS, Run
from skmirai.lab._schedule import chosen_parts
from skmirai.lab.parts import PARTS
from skmirai.utils import import_optional
from skmirai.utils._sklearn import Interval, validate_params

#: Rows of a generated table unless told otherwise: two or three minutes for all parts.
_GENERATED_ROWS = 20_000

#: Figures of a training as people call them, where the report has short names.
_FIGURES = {
    "accuracy": "test accuracy",
    "loss": "test loss",
    "val_accuracy": "validation accuracy",
    "val_loss": "validation loss",
    "pass_accuracy": "accuracy of one pass",
    "pass_loss": "loss of one pass",
}


@validate_params(
    {
        "worksheet": ["boolean"],
        "parts": ["array-like", set, frozenset, None],
        "data_dir": [str, os.PathLike, None],
        "n_rows": [Interval(Integral, 20, None, closed="left"), None],
        "epochs_scale": [Interval(Real, 0, None, closed="neither")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
        "run_dir": [str, os.PathLike, None],
    },
    prefer_skip_nested_validation=True,
)
def lab_notebook(
    *,
    worksheet: bool = False,
    parts: Collection[int] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    n_rows: int | None = None,
    epochs_scale: float = 1.0,
    random_state: int = 0,
    run_dir: str | os.PathLike[str] | None = None,
) -> Any:  # nbformat.NotebookNode
    """Make the lab a notebook, to read and run or to fill in.

    Text, questions, trainings and published figures are those of ``PARTS``; the code
    is what a student would write with the package, scikit-learn and NumPy. The first
    cell sets table and size. On a table of any size an epoch has as many batches as in
    the published run, so that the networks come as far.

    Parameters
    ----------
    worksheet : bool, default=False
        Leave code and answers to the student: a cell of code for each part, with the
        imports that help, and a cell for each answer.
    parts : collection of int or None, default=None
        Numbers of the parts, 1 to 22; None takes all. What others define and these
        need is put before them.
    data_dir : path or None, default=None
        Folder with the lab's npy files or UCI's CSV files, as for :func:`run_lab`;
        None generates a table.
    n_rows : int or None, default=None
        Rows of the table, at least 20; None takes all of the files, or generates
        20,000.
    epochs_scale : float, default=1.0
        Factor on the epochs of every training, for a quick look.
    random_state : int, default=0
        Seed of the trainings and of a generated table.
    run_dir : path or None, default=None
        Folder of a run whose figures the answers name, see :func:`run_lab`. None
        leaves the sentences out that name figures.

    Returns
    -------
    NotebookNode
        For ``nbformat.write``; not executed.

    Raises
    ------
    ImportError
        If nbformat is missing.
    ValueError
        If a part does not exist, a worksheet is to have the answers of a run, or
        ``run_dir`` is no folder of one.

    Examples
    --------
    >>> import nbformat
    >>> from skmirai.lab import lab_notebook
    >>> notebook = lab_notebook(parts=[5], worksheet=True)
    >>> nbformat.validate(notebook)
    >>> print(notebook.cells[-2].source)
    **Question 4.** ...
    """
    nbformat = import_optional("nbformat", extra="notebook", purpose="notebooks")
    chosen = chosen_parts(parts, "parts")
    if worksheet and run_dir is not None:
        raise ValueError(
            f"run_dir={os.fspath(run_dir)!r} is for answers, which a worksheet leaves "
            f"to the student; leave one of them out"
        )
    answers = Answers() if run_dir is None else answers_of(run_dir)
    setup = _setup(data_dir, n_rows, epochs_scale, random_state)
    cells = [_markdown("title", _title(worksheet, run_dir)), _code("setup", setup)]
    for part in (part for part in PARTS if part.number <= max(chosen)):
        if part.number not in chosen:
            cells += _before(part)
        else:
            cells += _worksheet_of(part) if worksheet else _whole(part, answers)
    notebook = nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
    )
    nbformat.validate(notebook)
    return notebook


def _title(worksheet: bool, run_dir: str | os.PathLike[str] | None) -> str:
    text = (
        "# The Mirai lab\n\nA deep-learning lab on a table of network traffic: is a "
        "packet part of an attack of the Mirai worm? The table is the Mirai part of "
        "the Kitsune data set, or a simulation of such traffic; accuracies on the "
        "latter say nothing about the former. Published figures are of one run on the "
        f"whole real table, {N_ROWS:,} rows. "
    )
    if worksheet:
        return (
            f"{text}Write the code of each part into its cell, which begins with "
            "imports that help, and each answer below its question."
        )
    text += "Run the cells from top to bottom; each answer is below its question."
    if run_dir is not None:
        text += f" Figures in answers are of the run in `{os.fspath(run_dir)}`."
    return text


def _setup(
    data_dir: str | os.PathLike[str] | None,
    n_rows: int | None,
    epochs_scale: float,
    random_state: int,
) -> str:
    folder = None if data_dir is None else os.fspath(data_dir)
    if n_rows is None and folder is None:
        n_rows = _GENERATED_ROWS
    rows = "None" if n_rows is None else f"{n_rows:_}"
    return (
        "# A folder, of a mounted drive too, with Mirai_data.npy and Mirai_labels.npy\n"
        "# or with UCI's CSV files; None simulates packets instead.\n"
        f"FOLDER = {folder!r}\n"
        f"N_ROWS = {rows}  # None takes all rows of the files\n"
        f"EPOCHS_SCALE = {epochs_scale!r}  # 0.1 trains a tenth of the epochs\n"
        f"SEED = {random_state}"
    )


def _cells_of(part: Part) -> Iterator[Code | Run]:
    """Yield code and trainings of a part in their order."""
    yield from preparation.CODE.get(part.number, ())
    yield from trainings.BEFORE.get(part.number, ())
    yield from part.runs
    yield from trainings.AFTER.get(part.number, ())


def _before(part: Part) -> Iterator[Any]:
    """Yield what later parts need of one that is left out."""
    for k, cell in enumerate(_cells_of(part)):
        if isinstance(cell, Code) and cell.shared:
            yield _code(f"{_name(part)}-{k}", f"# From part {part.number}\n{cell.text}")


def _whole(part: Part, answers: Answers) -> Iterator[Any]:
    """Yield text, code, published figures, questions and answers of a part."""
    yield _heading(part)
    for k, cell in enumerate(_cells_of(part)):
        name = f"{_name(part)}-{k}"
        if isinstance(cell, Code):
            yield _code(name, cell.text)
            continue
        yield _code(name, training_of(cell).text)
        if cell.published:
            yield _markdown(f"{name}-published", _published(cell))
    if known := published_of(part.number):
        yield _markdown(f"{_name(part)}-published", known)
    for question in part.questions:
        text = f"**Question {question.number}.** {question.text}"
        text += f"\n\n{answers(question)}"
        yield _markdown(f"question-{question.number}", text)


def _worksheet_of(part: Part) -> Iterator[Any]:
    """Yield text, an empty cell with imports, and the questions of a part."""
    yield _heading(part)
    cells = list(_cells_of(part))
    if cells:
        lines = [cell.imports() for cell in cells if isinstance(cell, Code)]
        imports = dict.fromkeys("\n".join(filter(None, lines)).splitlines())
        yield _code(_name(part), "\n".join([*imports, "", "# Your code"]).strip())
    for question in part.questions:
        name = f"question-{question.number}"
        yield _markdown(name, f"**Question {question.number}.** {question.text}")
        yield _markdown(f"{name}-answer", "*Your answer:*")


def _published(run: Run) -> str:
    figures = (
        f"{_FIGURES.get(name, name)} {value:.4f}"
        for name, value in run.published.items()
    )
    return f"Published, of the real rows: {', '.join(figures)}."


def _heading(part: Part) -> Any:
    return _markdown(_name(part), f"## Part {part.number}: {part.title}\n\n{part.text}")


def _name(part: Part) -> str:
    return f"part-{part.number:02}"


def _markdown(name: str, text: str) -> Any:
    v4 = import_optional("nbformat.v4", extra="notebook", purpose="notebooks")
    return v4.new_markdown_cell(text, id=f"{name}-text")


def _code(name: str, text: str) -> Any:
    v4 = import_optional("nbformat.v4", extra="notebook", purpose="notebooks")
    return v4.new_code_cell(text, id=f"{name}-code")
