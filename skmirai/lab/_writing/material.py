"""What the report's sections are written from, and how figures are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skmirai.lab._writing.figures import Figures


@dataclass(frozen=True)
class Material:
    """What sections are written from.

    Attributes
    ----------
    figures : Figures
        Figures of the run.
    pictures : Path
        Folder for pictures.
    same_labels : bool
        Whether rows and labels are as many as in the published lab, so that figures
        which follow from them must be the published ones.
    published : bool
        Whether the table and the settings are those of the published lab.
    """

    figures: Figures
    pictures: Path
    same_labels: bool
    published: bool

    def has(self, *names: str) -> bool:
        """Whether all of these results are there."""
        return all(name in self.figures for name in names)

    def exact(self, value: Any) -> Any:
        """Return a value that the labels determine, None where they are others."""
        return value if self.same_labels else None

    def of_publication(self, value: Any) -> Any:
        """Return a published value, None where the table is another one."""
        return value if self.published else None


def number(value: float | None, digits: int = 4) -> str | None:
    """Value with some digits; None stays None."""
    return None if value is None else f"{value:z,.{digits}f}"


def size(n_bytes: float) -> str:
    """Bytes in a unit that suits them."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:,.1f} {unit}"
    return f"{n_bytes} bytes"


def counts(pair: Sequence[int] | None) -> str | None:
    """Numbers of benign and of attack rows; None stays None."""
    return None if pair is None else f"{pair[0]:,} / {pair[1]:,}"
