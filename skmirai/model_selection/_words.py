"""Figures and sentences of reports."""

from collections.abc import Iterable
from textwrap import fill

import numpy as np


def three(value: float) -> str:
    """Return a figure with three digits; nothing for NaN."""
    return "" if np.isnan(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """Return a difference with three digits; nothing for NaN."""
    return "" if np.isnan(value) else f"{value:+.3f}"


def percent(value: float) -> str:
    """Return a share; nothing for NaN."""
    return "" if np.isnan(value) else f"{value:.1%}"


def ends(low: float, high: float) -> str:
    """Return the ends of an interval; nothing if there is none."""
    return "" if np.isnan(low) else f"[{low:.3f}, {high:.3f}]"


def within(value: float, low: float, high: float) -> str:
    """Return a figure and the ends of its interval; nothing for NaN."""
    return f"{three(value)} {ends(low, high)}".strip()


def as_text(sentences: Iterable[str]) -> str:
    """Return sentences as lines of text, long ones folded.

    Examples
    --------
    >>> from skmirai.model_selection._words import as_text
    >>> print(as_text(["All is well.", "word " * 18]))
    All is well.
    word word word word word word word word word word word word word word word word word
      word
    """
    return "\n".join(fill(line, 88, subsequent_indent="  ") for line in sentences)
