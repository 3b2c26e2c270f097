"""What the audit says about a smell."""

from dataclasses import dataclass, field
from typing import Any, Literal

#: How sure a finding is.
Certainty = Literal["certain", "likely", "possible"]

#: Smells of columns that may be honest. They stay in while others are measured.
DOUBTFUL = frozenset({"single feature", "single value"})


@dataclass(frozen=True, eq=False)
class Finding:
    """A smell in a table, what it does to the score, and what to do about it.

    Attributes
    ----------
    smell : str
        What kind of leak it is: "counter", "clock", "identifier", "single feature",
        "single value", "twins", "step", "memory", "duplicates", "near duplicates",
        "conflicting labels", "rows of both sides" or "one-sided classes".
    columns : tuple of str or int
        Names of the columns, or positions where they have none; empty where the rows
        are the matter.
    n_rows : int
        Number of rows that it concerns.
    seen : str
        What was seen, with its figures.
    certainty : {"certain", "likely", "possible"}
        "certain": counted, there is no doubt about what was seen. "likely": chance
        does not explain it. "possible": honest data may look like that too; look at
        what the column measures.
    remedy : str
        What to do, in words.
    arguments : dict
        The remedy as an argument: ``drop_columns`` of the estimators, ``groups`` or
        ``purge`` of splitters, ``rows`` or ``test_rows`` to leave out.
    alone : float
        Balanced accuracy of the estimator with these columns only, on an honest split;
        NaN where rows are the matter.
    score_with, score_without : float
        Balanced accuracy of the estimator with the smell and without it. For columns,
        both on the same honest split: a column is left out by holding it constant.
        Counters, clocks and identifiers are out but for their own finding. For smells
        of rows: under the split that has the smell, which for a single table is a
        shuffled one, and under the remedy's. For one-sided classes: under your split,
        and on test rows of known classes, or on blocks of each class of the training
        rows. NaN where it could not be measured.
    """

    smell: str
    columns: tuple[Any, ...]
    n_rows: int
    seen: str
    certainty: Certainty
    remedy: str
    arguments: dict[str, Any] = field(default_factory=dict, repr=False)
    alone: float = float("nan")
    score_with: float = float("nan")
    score_without: float = float("nan")

    @property
    def effect(self) -> float:
        """What the smell adds to the score."""
        return self.score_with - self.score_without


def listed(names: Any, most: int = 6) -> str:
    """Return names as text, the first few of many.

    Examples
    --------
    >>> from skmirai.model_selection._audit._finding import listed
    >>> listed(["id", "time"]), listed(range(9), 3)
    ("'id', 'time'", '0, 1, 2 and 6 more')
    """
    names = [*names]
    text = ", ".join(repr(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"
