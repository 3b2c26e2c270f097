"""A part of the lab: what it runs, what it shows, and what it answers."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from skmirai.lab._protocol import Run
from skmirai.lab._work.tasks import Action, Plan, Task
from skmirai.lab._writing.figures import Figures, NotRunError
from skmirai.lab._writing.material import Material


@dataclass(frozen=True)
class Question:
    """A question of the lab.

    Attributes
    ----------
    number : int
        Its number, 1 to 21.
    text : str
        The question.
    answer : str
        The answer, with names of figures in braces. What stands in double square
        brackets is about the published run; what stands in double angle brackets
        is left out where a figure that it names is missing. The one may stand in the
        other. What holds for every run stands in sentences without figures, which are
        all that a notebook without a run has.
    sources : tuple of str
        What the answer was held against, names of ``REFERENCES``.
    """

    number: int
    text: str
    answer: str
    sources: tuple[str, ...] = ()

    def answered(self, figures: Figures, *, published: bool) -> str | None:
        """Fill the figures of a run into the answer.

        Parameters
        ----------
        figures : Figures
            Figures of a run.
        published : bool
            Whether to set published accuracies beside them.

        Returns
        -------
        str or None
            The answer, in Markdown; None where a figure is missing that it cannot do
            without.

        Examples
        --------
        >>> from skmirai.lab import Question
        >>> from skmirai.lab._writing.figures import Figures, NotRunError
        >>> question = Question(0, "How many rows?", "{n:,}[[ of 9]]<<, {k:,} new>>.")
        >>> question.answered(Figures(n=7), published=True)
        '7 of 9.'
        >>> question.answered(Figures(n=7, k=2), published=False)
        '7, 2 new.'
        >>> question.answered(Figures(k=2), published=True) is None
        True
        """

        def optional(found: re.Match[str]) -> str:
            return _filled(found[1], figures) or ""

        kept = r"\1" if published else ""
        text = re.sub(r"\[\[(.*?)\]\]", kept, self.answer)
        return _filled(re.sub(r"<<(.*?)>>", optional, text), figures)


def _filled(text: str, figures: Figures) -> str | None:
    """Fill figures into a text; None if one is missing."""
    try:
        return text.format_map(figures)
    except NotRunError:
        return None


def _no_tasks(plan: Plan) -> Iterable[Task]:
    return ()


def _no_figures(results: Mapping[str, Figures]) -> Mapping[str, Any]:
    return {}


def _no_section(material: Material) -> str:
    return ""


@dataclass(frozen=True)
class Part:
    """A part of the lab.

    Attributes
    ----------
    number : int
        Its number, 1 to 22.
    title : str
        What it is about.
    text : str
        What is done, for the report.
    questions : tuple of Question
        The questions that it answers.
    runs : tuple of Run
        Its rows of the lab's table of trainings.
    published : mapping
        Published figures besides those of the runs.
    looks_at : tuple of int
        Parts whose results it shows too, and which are run along with it.
    tasks : callable
        Function of a ``Plan`` that returns its pieces of work.
    figures : callable
        Function of all results, by the name of their task, that returns figures
        which follow from them; none where results are missing.
    section : callable
        Function of the report's material that returns what is shown, without a
        heading; empty if nothing of it was run.
    """

    number: int
    title: str
    text: str
    questions: tuple[Question, ...] = field(default=(), repr=False)
    runs: tuple[Run, ...] = field(default=(), repr=False)
    published: Mapping[str, Any] = field(default_factory=dict, repr=False)
    looks_at: tuple[int, ...] = field(default=(), repr=False)
    tasks: Callable[[Plan], Iterable[Task]] = field(default=_no_tasks, repr=False)
    figures: Callable[[Mapping[str, Figures]], Mapping[str, Any]] = field(
        default=_no_figures, repr=False
    )
    section: Callable[[Material], str] = field(default=_no_section, repr=False)


def fact(
    number: int,
    title: str,
    text: str,
    *,
    find: Action,
    show: Callable[[Material, Figures], str],
    in_worker: bool = False,
    **rest: Any,
) -> Part:
    """Make a part that is one quick piece of work without training.

    Parameters
    ----------
    number, title, text
        As in :class:`Part`.
    find : callable
        Function of a :class:`LabContext` that returns what it found.
    show : callable
        Function of the report's material and of what was found that returns the
        section.
    in_worker : bool, default=False
        Whether `find` loads Keras.
    **rest : object
        Further attributes of the part.

    Returns
    -------
    Part
        The part; its result is called ``part_`` and its number.
    """
    name = f"part_{number:02}"
    task = Task(name, number, title, find, alone=True, in_worker=in_worker)

    def section(material: Material) -> str:
        return show(material, material.figures[name]) if material.has(name) else ""

    return Part(
        number, title, text, tasks=lambda plan: (task,), section=section, **rest
    )
