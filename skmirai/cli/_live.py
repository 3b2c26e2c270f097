"""Input that arrives while it is read: a pipe, or a file that another program fills."""

import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

#: Seconds that what a pipe still holds may take after SIGINT: the program at its
#: other end got the signal too and hands over its last packets.
_GRACE = 1.0


class _StopWaiting(KeyboardInterrupt):
    """SIGINT while there was nothing to read."""


class LiveInput:
    """Bytes of a pipe or a growing file; SIGINT is their end.

    Between ``with`` and its end SIGINT does not interrupt what is done with the
    bytes. A second SIGINT interrupts as usual.

    Parameters
    ----------
    source : Path or int
        Path, or number of an open file.
    follow : bool, default=False
        Whether to wait at the end of a file for more.
    interval : float, default=0.5
        Seconds between two looks at a file that is followed.

    Attributes
    ----------
    name : str
        Name of the source, for messages.
    stopped : bool
        Whether SIGINT has ended the input.

    Raises
    ------
    ValueError
        From reading, if a file that is followed becomes shorter.
    """

    def __init__(
        self, source: Path | int, *, follow: bool = False, interval: float = 0.5
    ) -> None:
        self._owned = not isinstance(source, int)
        self._file = source if isinstance(source, int) else os.open(source, os.O_RDONLY)
        self.name = str(source) if self._owned else "standard input"
        self._follow = follow
        self._interval = interval
        self._n_bytes = 0
        self._end: int | None = None
        self._deadline: float | None = None
        self.stopped = False
        self._waiting = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        if self._owned:
            os.close(self._file)

    def read1(self, size: int) -> bytes:
        """What has arrived, at least one byte; nothing at the end.

        Parameters
        ----------
        size : int
            Most bytes to return.

        Returns
        -------
        bytes
            Waits for them if there are none yet.
        """
        return self._read_growing(size) if self._follow else self._read_pipe(size)

    read = read1

    def _read_growing(self, size: int) -> bytes:
        while True:
            if self.stopped:  # what comes from now on does not belong to it
                if self._end is None:
                    self._end = os.fstat(self._file).st_size
                size = min(size, max(0, self._end - self._n_bytes))
            data = os.read(self._file, size)
            self._n_bytes += len(data)
            if data or self._end is not None:
                return data
            if os.fstat(self._file).st_size < self._n_bytes:
                raise ValueError(
                    f"{self.name} has become shorter than the {self._n_bytes} bytes "
                    "that were read: it was replaced or cut; start again to read it "
                    "from its beginning"
                )
            self._wait(lambda: time.sleep(self._interval))

    def _read_pipe(self, size: int) -> bytes:
        # The signal may come while this waits, and not while bytes are on their way:
        # so none get lost.
        if not self.stopped:
            self._wait(lambda: _ready(self._file, None))
        if self.stopped:
            now = time.monotonic()
            self._deadline = self._deadline or now + _GRACE
            if self._deadline <= now or not _ready(self._file, self._deadline - now):
                return b""
        return os.read(self._file, size)

    def _wait(self, wait: Callable[[], Any]) -> None:
        """Wait, which SIGINT ends."""
        try:
            try:
                self._waiting = True
                if not self.stopped:
                    wait()
            finally:
                self._waiting = False
        except _StopWaiting:
            pass

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
        if self._waiting:
            raise _StopWaiting


def _ready(file: int, seconds: float | None) -> bool:
    """Wait until a read would not block; always true where that cannot be told."""
    try:
        return bool(select.select([file], [], [], seconds)[0])
    except OSError:  # only sockets can be waited for on Windows
        return seconds is None
