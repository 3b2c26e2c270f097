"""Show how far a run is: bars on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from skmirai.lab._work.tasks import Task

#: Seconds between two looks at the work, and between two plain lines about one task.
_LOOK, _LINE = 0.25, 15.0


class EpochFile:
    """A file in which a worker notes the epochs that it has done.

    Parameters
    ----------
    folder : Path
        Folder of such files.
    name : str
        Name of the task.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.epoch"

    def write(self, n_epochs: int) -> None:
        """Note a number of epochs; 0 when the work begins."""
        self._path.write_text(str(n_epochs))

    def read(self) -> int | None:
        """Return the number noted; None if the work has not begun."""
        try:
            return int(self._path.read_text() or 0)
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        """Forget what was noted."""
        self._path.unlink(missing_ok=True)


class LabProgress:
    """Follow tasks that run in other processes, in a thread of its own.

    Parameters
    ----------
    tasks : sequence of Task
        Tasks of this run, those done before left out.
    folder : Path
        Where the workers note their epochs.
    stream : file, default=None
        Where to show it; None takes standard error.
    quiet : bool, default=False
        Show nothing.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        folder: Path,
        *,
        stream: TextIO | None = None,
        quiet: bool = False,
    ) -> None:
        self._files = {task.name: EpochFile(folder, task.name) for task in tasks}
        self._tasks = {task.name: task for task in tasks}
        self._left = dict(self._tasks)
        self._total = sum(task.cost for task in tasks)
        stream = sys.stderr if stream is None else stream
        self._view: Any = _Silence()
        if not quiet:
            self._view = _Bars(stream) if stream.isatty() else _Lines(stream)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        """Forget what a killed run noted, and begin."""
        for file in self._files.values():
            file.remove()
        self._start = time.monotonic()
        self._view.open(len(self._tasks))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop looking."""
        self._stopped.set()
        self._thread.join()
        self._view.close()

    def done(self, name: str, seconds: float, error: str | None) -> None:
        """Tell that a task has ended."""
        task = self._left.pop(name)
        self._files[name].remove()
        n_done = len(self._tasks) - len(self._left)
        self._view.done(task, seconds, error, n_done, self._seconds_left())

    def _follow(self) -> None:
        while not self._stopped.wait(_LOOK):
            left = self._seconds_left()
            for name, task in list(self._left.items()):
                n_epochs = self._files[name].read()
                if n_epochs is not None and name in self._left:
                    self._view.working(task, n_epochs, left)

    def _seconds_left(self) -> float | None:
        """Estimate from the time that the work so far took."""
        ahead = 0.0
        for name, task in list(self._left.items()):
            n_epochs = self._files[name].read() or 0
            ahead += task.cost * (1 - n_epochs / task.epochs if task.epochs else 1)
        behind = self._total - ahead
        if behind <= 0.02 * self._total:  # equal where there is no work at all
            return None
        return (time.monotonic() - self._start) * ahead / behind


def _ahead(left: float | None) -> str:
    """Time left in words, after what was done; nothing while it is unknown."""
    return "" if left is None else f"; about {_duration(left)} left"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _ended(task: Task, seconds: float, error: str | None) -> str:
    what = f"part {task.part:2}  {task.title}"
    return f"{what}: {error}" if error else f"{what}: {_duration(seconds)}"


class _Silence:
    """Show nothing."""

    def open(self, n_tasks: int) -> None:
        """Begin."""

    def working(self, task: Task, n_epochs: int, left: float | None) -> None:
        """Tell that a task is at work."""

    def done(
        self,
        task: Task,
        seconds: float,
        error: str | None,
        n_done: int,
        left: float | None,
    ) -> None:
        """Tell that a task has ended."""

    def close(self) -> None:
        """End."""


class _Lines(_Silence):
    """Write a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._n_tasks = 0
        self._last: dict[str, float] = {}

    def _line(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}  {text}", file=self._stream, flush=True)

    def open(self, n_tasks: int) -> None:
        """Begin."""
        self._n_tasks = n_tasks

    def working(self, task: Task, n_epochs: int, left: float | None) -> None:
        """Write which epoch a task is at, if its last line was long ago."""
        now = time.monotonic()
        if now - self._last.setdefault(task.name, now - (n_epochs > 0)) < _LINE:
            return
        self._last[task.name] = now
        self._line(
            f"part {task.part:2}  {task.title}: epoch {n_epochs} of {task.epochs}"
            f"{_ahead(left)}"
        )

    def done(
        self,
        task: Task,
        seconds: float,
        error: str | None,
        n_done: int,
        left: float | None,
    ) -> None:
        """Write how long a task took."""
        ended = _ended(task, seconds, error)
        self._line(f"[{n_done}/{self._n_tasks}] {ended}{_ahead(left)}")


class _Bars(_Silence):
    """Bars on a terminal: one for all tasks, one for each at work."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(file=stream),
        )
        self._bars: dict[str, Any] = {}

    def open(self, n_tasks: int) -> None:
        """Begin."""
        self._progress.start()
        self._all = self._progress.add_task("the lab", total=n_tasks, left="")

    def working(self, task: Task, n_epochs: int, left: float | None) -> None:
        """Move the bar of a task."""
        if task.name not in self._bars:
            text = f"part {task.part:2}  {task.title}"
            self._bars[task.name] = self._progress.add_task(
                text, total=task.epochs or None, left="epochs" if task.epochs else ""
            )
        self._progress.update(self._bars[task.name], completed=n_epochs)
        self._progress.update(self._all, left=_ahead(left).removeprefix("; "))

    def done(
        self,
        task: Task,
        seconds: float,
        error: str | None,
        n_done: int,
        left: float | None,
    ) -> None:
        """Write how long a task took; its bar goes."""
        if task.name in self._bars:
            self._progress.remove_task(self._bars.pop(task.name))
        self._progress.console.print(_ended(task, seconds, error), highlight=False)
        self._progress.update(
            self._all, completed=n_done, left=_ahead(left).removeprefix("; ")
        )

    def close(self) -> None:
        """End."""
        self._progress.stop()
