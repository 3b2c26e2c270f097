"""A bar on a terminal, for what takes longer than a second."""

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Measured(Protocol):
    """Something that knows how much of it has been read."""

    #: Bytes or rows in all; None if that is unknown.
    total: int | None
    #: What is counted: "B" or "rows".
    unit: str

    @property
    def done(self) -> int:
        """Bytes or rows read so far."""
        ...


def shown(pieces: Iterable[T], source: Measured, *, quiet: bool) -> Iterator[T]:
    """Hand pieces on and show how far their source has been read.

    Parameters
    ----------
    pieces : iterable
        What is made from the source.
    source : Measured
        Where it comes from.
    quiet : bool
        Whether to show nothing.

    Yields
    ------
    object
        The pieces.
    """
    from tqdm import tqdm

    with tqdm(
        total=source.total,
        unit=source.unit,
        unit_scale=True,
        delay=1.0,
        leave=False,
        disable=quiet or None,  # None: unless standard error is a terminal
        file=sys.stderr,
    ) as bar:
        for piece in pieces:
            yield piece
            bar.update(source.done - bar.n)
