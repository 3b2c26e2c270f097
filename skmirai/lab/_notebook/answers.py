"""Answers of the lab's questions, with the figures of a run and without."""

import os
import re
from dataclasses import dataclass

from skmirai.lab._folders import check_lab, read_folder
from skmirai.lab._overview import lab_figures
from skmirai.lab._part import Question
from skmirai.lab._work.store import FORMAT, ResultStore
from skmirai.lab._writing.figures import Figures

#: A sentence with the blanks after it; figures in braces have points of their own.
_SENTENCE = re.compile(r"(?:\{[^{}]*\}|[^.?!{]|[.?!](?!\s|$))+[.?!]?\s*")


@dataclass(frozen=True)
class Answers:
    """Answers with the figures of one run, or those that hold for every run.

    Attributes
    ----------
    figures : Figures or None, default=None
        Figures of a run.
    published : bool, default=False
        Whether published figures may be set beside them.
    """

    figures: Figures | None = None
    published: bool = False

    def __call__(self, question: Question) -> str:
        """Answer a question, in Markdown."""
        text = None
        if self.figures is not None:
            text = question.answered(self.figures, published=self.published)
        return text or general_answer(question)


def answers_of(run_dir: str | os.PathLike[str]) -> Answers:
    """Answers with the figures of a run.

    Parameters
    ----------
    run_dir : path
        Folder of the run.

    Returns
    -------
    Answers
        Where the run lacks a figure, what holds for every run.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is no folder of a run, or of an earlier version of the lab, or some of
        its files are damaged.
    """
    run, look = read_folder(run_dir), check_lab(run_dir)
    unsound = [p.name for p in look.pieces if p.state in ("damaged", "doubtful")]
    unsound += look.other_files
    if unsound:
        raise ValueError(
            f"{run.path} holds files that cannot be used: {', '.join(unsound)}; "
            f"'skmirai lab check {run.path}' tells why"
        )
    if run.settings.get("format") != FORMAT:
        raise ValueError(
            f"{run.path} holds results of another version of the lab, which lack "
            f"figures; run it again, in another folder"
        )
    figures = lab_figures(ResultStore(run.path, run.settings))
    return Answers(figures, run.rows_published)


def general_answer(question: Question) -> str:
    """Say what holds for every run: the sentences that name no figure of one.

    Where the first sentence names figures they are the answer, and the notebook's
    cells have them.

    Parameters
    ----------
    question : Question
        Its answer is the one of the report.

    Returns
    -------
    str
        The answer in Markdown.

    Examples
    --------
    >>> from skmirai.lab import Question
    >>> from skmirai.lab._notebook.answers import general_answer
    >>> text = "Few.[[ 3 were published.]] Here {n:.2f} of 4 are. Others vary<<, {n}>>."
    >>> general_answer(Question(0, "How many are right?", text))
    'Few. Others vary.'
    >>> general_answer(Question(0, "How many are left?", "{n} are. No more come."))
    'The figures above are the answer. No more come.'
    """
    text = re.sub(r"\[\[.*?\]\]", "", question.answer)
    text = re.sub(r"<<(.*?)>>", lambda found: _kept(found[1]), text)
    sentences = [_kept(sentence).strip() for sentence in _SENTENCE.findall(text)]
    if not sentences[0]:
        sentences[0] = "The figures above are the answer."
    return " ".join(filter(None, sentences))


def _kept(text: str) -> str:
    """Return a text without figures, and nothing of one with them."""
    return "" if re.search(r"\{\w", text) else text
