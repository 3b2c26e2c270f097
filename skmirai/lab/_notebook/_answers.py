"""Answers of the lab's questions without the figures of a run."""

import re

from skmirai.lab._part import Question

#: A sentence with the blanks after it; figures in braces have points of their own.
_SENTENCE = re.compile(r"(?:\{[^{}]*\}|[^.?!]|[.?!](?!\s|$))*[.?!]?(?:\s+|$)")


def general_answer(question: Question) -> str:
    """Say what holds for every run: the sentences that name no figure of one.

    Parameters
    ----------
    question : Question
        Its answer is the one of the report.

    Returns
    -------
    str
        The answer in Markdown; empty if every sentence names figures.

    Examples
    --------
    >>> from skmirai.lab import Question
    >>> from skmirai.lab._notebook._answers import general_answer
    >>> text = "Few.[[ 3 were published.]] Here {n:.2f} of 4 are. Others vary<<, {n}>>."
    >>> general_answer(Question(0, "How many are right?", text))
    'Few. Others vary.'
    """
    text = re.sub(r"\[\[.*?\]\]", "", question.answer)
    text = re.sub(r"<<(.*?)>>", lambda found: _kept(found[1]), text)
    sentences = _SENTENCE.findall(text)
    return " ".join(filter(None, (_kept(s).strip() for s in sentences)))


def _kept(text: str) -> str:
    """Return a text without figures, and nothing of one with them."""
    return "" if re.search(r"\{\w", text) else text
