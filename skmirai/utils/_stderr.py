"""Keep what libraries write to standard error, below Python, from being seen."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def without_noise(noise: re.Pattern[bytes]) -> Iterator[None]:
    r"""Context in which known lines do not reach standard error.

    What is written to file descriptor 2, by compiled code too, is held back and
    comes out at the end, without the lines that the pattern matches; all of it if
    the block raises. Where the descriptor is closed, nothing is done.

    Parameters
    ----------
    noise : re.Pattern of bytes
        Matched at the beginning of each line.

    Examples
    --------
    >>> import os, re
    >>> from skmirai.utils._stderr import without_noise
    >>> with without_noise(re.compile(rb"I tensorflow")):
    ...     _ = os.write(2, b"I tensorflow/core: nothing of interest\n")
    """
    try:
        held = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        kept = os.dup(_STDERR)
    except OSError:  # no standard error, or no place to hold it
        yield
        return
    with held:
        _flush()
        os.dup2(held.fileno(), _STDERR)
        done = False
        try:
            yield
            done = True
        finally:
            _flush()
            os.dup2(kept, _STDERR)
            os.close(kept)
            held.seek(0)
            lines = (line for line in held if not (done and noise.match(line)))
            _write(b"".join(lines))


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()


def _write(text: bytes) -> None:
    while text:
        text = text[os.write(_STDERR, text) :]
