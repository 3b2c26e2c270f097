"""Look a run over: what is complete, and what is far from a reference."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

from skmirai.lab._folders.faults import faults, faults_of_settings
from skmirai.lab._folders.read import OTHERS, LabFolder, finite, read_folder
from skmirai.lab._folders.reference import (
    FigureState,
    held_against,
    held_against_published,
)
from skmirai.lab._folders.text import columns, for_json, short
from skmirai.lab._work.tasks import Task
from skmirai.utils._sklearn import Interval, validate_params


@dataclass(frozen=True)
class PieceState:
    """A piece of work of a run.

    Attributes
    ----------
    name : str
        Name of its result.
    part : int
        Part of the lab.
    title : str
        What it is.
    state : {"complete", "missing", "damaged", "doubtful"}
        A damaged result cannot be read; a doubtful one can, but holds what no run
        writes.
    reasons : tuple of str
        What is wrong with it.
    """

    name: str
    part: int
    title: str
    state: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabCheck:
    """What a look over a run found; its text is the report.

    Attributes
    ----------
    folder : str
        Folder of the run.
    reference : str
        What its figures are held against: a folder, and whether its rows or settings
        are others; "the published run"; or why there is none.
    tolerances : mapping of str to float
        Largest difference of an "accuracy" and of a "loss". Figures that the rows
        determine must be equal.
    pieces : tuple of PieceState
        Every piece of work that the run should have, part by part.
    figures : tuple of FigureState
        Figures that the reference has too.
    other_files : mapping of str to str
        What is wrong with further files.
    """

    folder: str
    reference: str
    tolerances: Mapping[str, float]
    pieces: tuple[PieceState, ...]
    figures: tuple[FigureState, ...]
    other_files: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether every piece of work is there and sound."""
        return not self.other_files and all(
            piece.state == "complete" for piece in self.pieces
        )

    @property
    def within(self) -> bool:
        """Whether every figure is within the tolerance of the reference."""
        return all(figure.within for figure in self.figures)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, for JSON."""
        found = {**asdict(self), "complete": self.complete, "within": self.within}
        return for_json(found)

    def __str__(self) -> str:
        """Return the report as text."""
        return "\n\n".join(self._blocks())

    def _blocks(self) -> Iterator[str]:
        sound = [piece for piece in self.pieces if piece.state == "complete"]
        yield (
            f"{self.folder}: {len(sound)} of {len(self.pieces)} pieces of work are "
            f"complete"
        )
        yield columns(["part", "pieces", "complete"], self._parts())
        wrong = [piece for piece in self.pieces if piece.state != "complete"]
        lines = [
            f"part {p.part}, {p.name}: {p.state}"
            + (f"; {'; '.join(p.reasons)}" if p.reasons else "")
            for p in wrong
        ]
        lines += [f"{name}: {what}" for name, what in self.other_files.items()]
        if lines:
            yield "\n".join(lines)
        yield f"Reference: {self.reference}"
        if not self.figures:
            return
        yield (
            f"Accuracies may differ by {self.tolerances['accuracy']:g}, losses by "
            f"{self.tolerances['loss']:g}; what the rows determine must be equal. Of "
            f"several seeds the mean is taken."
        )
        outside = [figure for figure in self.figures if not figure.within]
        yield f"{len(outside)} of {len(self.figures)} figures are outside"
        if outside:
            rows = [
                [f.name, short(f.value), short(f.expected), _difference(f)]
                for f in outside
            ]
            yield columns(["", "here", "expected", "difference"], rows)

    def _parts(self) -> Iterator[list[Any]]:
        for part in dict.fromkeys(piece.part for piece in self.pieces):
            states = [piece.state for piece in self.pieces if piece.part == part]
            yield [part, len(states), states.count("complete")]


@validate_params(
    {
        "folder": [str, os.PathLike],
        "reference": [str, os.PathLike, None],
        "parts": ["array-like", set, frozenset, None],
        "accuracy_tolerance": [Interval(Real, 0, None, closed="left")],
        "loss_tolerance": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def check_lab(
    folder: str | os.PathLike[str],
    *,
    reference: str | os.PathLike[str] | None = None,
    parts: Collection[int] | None = None,
    accuracy_tolerance: float = 0.01,
    loss_tolerance: float = 0.02,
) -> LabCheck:
    """Look a run of the lab over, as a teacher does.

    Parameters
    ----------
    folder : path
        Folder of the run.
    reference : path or None, default=None
        Folder of a run whose figures are right. None takes the published figures,
        where rows and settings are the published ones.
    parts : collection of int or None, default=None
        Numbers of the parts that must be there; None takes all 22.
    accuracy_tolerance : float, default=0.01
        Largest difference of an accuracy.
    loss_tolerance : float, default=0.02
        Largest difference of a loss.

    Returns
    -------
    LabCheck
        Print it, or see ``complete``, ``within`` and ``to_dict``.

    Raises
    ------
    FileNotFoundError, ValueError
        If one is no folder of a run, or a part does not exist. Files in it that are
        damaged, or were changed by hand, are named in what is returned.

    Examples
    --------
    >>> from skmirai.lab import check_lab
    >>> found = check_lab("mirai-lab", parts=[10, 12])  # doctest: +SKIP
    >>> found.complete, found.within  # doctest: +SKIP
    (True, True)
    """
    run = read_folder(folder)
    tasks = run.tasks(parts)
    pieces = tuple(_state(run, task) for task in tasks)
    names = {task.name for task in tasks}
    others = _other_files(run, {task.name for task in run.tasks()})
    tolerances = {"accuracy": accuracy_tolerance, "loss": loss_tolerance}
    figures: list[FigureState] = []
    if reference is not None:
        other = read_folder(reference)
        told = str(other.path) + "".join(_what_differs(run, other))
        figures += held_against(run, other, names, tolerances)
    elif run.rows_published:
        told = "the published run"
        figures += held_against_published(run, names, tolerances)
    else:
        told = (
            "none, since rows or settings are not the published ones: name the folder "
            "of a run as the reference"
        )
    return LabCheck(str(run.path), told, tolerances, pieces, tuple(figures), others)


def _what_differs(run: LabFolder, reference: LabFolder) -> Iterator[str]:
    """Say what of a reference is another thing, so that figures must differ."""
    if run.table and reference.table and run.table != reference.table:
        yield ", whose rows are others"
    others = [
        name
        for name in ("epochs_scale", "scaling", "best")
        if run.settings.get(name) != reference.settings.get(name)
    ]
    if others:
        yield f", whose settings are others: {', '.join(others)}"


def _other_files(run: LabFolder, known: Collection[str]) -> dict[str, str]:
    """Say what is wrong with files that belong to no piece of work."""
    found = {name: run.damaged[name] for name in OTHERS if name in run.damaged}
    if "settings" not in found and (wrong := faults_of_settings(run.settings)):
        found["settings"] = "; ".join(wrong)
    for name in sorted((run.results.keys() | run.damaged) - {*known, *OTHERS}):
        found[name] = "is no piece of work of a run with these settings"
    return found


def _state(run: LabFolder, task: Task) -> PieceState:
    if task.name in run.damaged:
        why = (run.damaged[task.name],)
        return PieceState(task.name, task.part, task.title, "damaged", why)
    if task.name not in run.results:
        return PieceState(task.name, task.part, task.title, "missing")
    found = tuple(faults(run, task))
    state = "doubtful" if found else "complete"
    return PieceState(task.name, task.part, task.title, state, found)


def _difference(figure: FigureState) -> str | None:
    value, expected = finite(figure.value), finite(figure.expected)
    return None if value is None or expected is None else f"{value - expected:+.4f}"
