"""Do tasks in other processes; the death of one costs no other task."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import closing, contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from skmirai.lab._work.progress import EpochFile
from skmirai.lab._work.tasks import Task
from skmirai.utils import n_usable_cores
from skmirai.utils._parent import leave_with_parent

#: Seconds that a task took, and what failed.
Outcome = tuple[float, str | None]

_DIED = (
    "the process that did it died twice, maybe for want of memory; fewer jobs need less"
)


def in_workers(
    work: Callable[[Task], Outcome],
    tasks: Sequence[Task],
    n_jobs: int,
    folder: Path,
    *,
    fresh: bool = False,
) -> Iterator[tuple[Task, Outcome]]:
    """Do tasks in processes; one whose process dies is tried once more, alone.

    Parameters
    ----------
    work : callable
        Does a task; it notes the begin in the task's :class:`EpochFile`.
    tasks : sequence of Task
        What is to be done.
    n_jobs : int
        Processes at a time.
    folder : Path
        Folder of the run.
    fresh : bool, default=False
        Whether each task gets a new process, so that its memory is its own.

    Yields
    ------
    task : Task
        A task that has ended.
    outcome : tuple of float and (str or None)
        Its seconds, and what failed.

    Raises
    ------
    RuntimeError
        If no process gets as far as to begin a task.
    """
    log, notes = folder / "workers.log", folder / "parts"
    died: list[Task] = []
    begun = False
    for attempt, jobs in ((tasks, n_jobs), (died, 1)):
        with closing(_side_by_side(work, attempt, jobs, log, fresh)) as ended:
            for task, outcome in ended:
                note = EpochFile(notes, task.name)
                begun = begun or outcome is not None or note.read() is not None
                if not begun:
                    raise RuntimeError(
                        f"no process could be started to train in; {log} tells why. A "
                        f"script must be a file and call run_lab under "
                        f'if __name__ == "__main__":'
                    )
                if outcome is not None:
                    yield task, outcome
                elif attempt is died:
                    yield task, (0.0, _DIED)
                else:
                    note.remove()
                    died.append(task)


def _side_by_side(
    work: Callable[[Task], Outcome],
    tasks: Sequence[Task],
    n_jobs: int,
    log: Path,
    fresh: bool,
) -> Generator[tuple[Task, Outcome | None], None, None]:
    """Do tasks, each by the next idle worker; None stands for a death."""
    waiting = deque(tasks)
    running: dict[Future[Outcome], tuple[Task, _Worker]] = {}
    with _workers(n_jobs, log, fresh) as idle:
        while waiting or running:
            while waiting and idle:
                task, worker = waiting.popleft(), idle.popleft()
                running[worker.submit(work, task)] = task, worker
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, worker = running.pop(future)
                idle.append(worker)
                try:
                    outcome = future.result()
                except BrokenExecutor:
                    yield task, None
                else:
                    yield task, outcome


class _Worker:
    """A process for one task at a time, so that it is known what it died of.

    Parameters
    ----------
    cores : set of int or None
        Cores that it may use; None for all.
    log : Path
        Where its standard error goes.
    fresh : bool
        Whether each task gets a new process.
    """

    def __init__(self, cores: set[int] | None, log: Path, fresh: bool) -> None:
        self._prepare = cores, log
        self._fresh = fresh
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, work: Callable[[Task], Outcome], task: Task) -> Future[Outcome]:
        """Begin a task, in a new process if the last one died."""
        if self._pool is not None and not self._fresh:
            try:
                return self._pool.submit(work, task)
            except BrokenExecutor:
                pass
        self.close()
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, _prepare_worker, self._prepare)
        return self._pool.submit(work, task)

    def close(self, *, at_once: bool = False) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=not at_once, cancel_futures=at_once)


@contextmanager
def _workers(n_jobs: int, log: Path, fresh: bool) -> Iterator[deque[_Worker]]:
    """Workers with a share of the cores each, stopped at once if this is."""
    before = set(multiprocessing.active_children())
    workers = [_Worker(cores, log, fresh) for cores in _shares(n_jobs)]
    try:
        yield deque(workers)
    except BaseException:
        for worker in workers:
            worker.close(at_once=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    for worker in workers:
        worker.close()


def _shares(n_jobs: int) -> list[set[int] | None]:
    """Cores of each of several workers; of one alone, none in particular."""
    if n_jobs == 1 or not hasattr(os, "sched_getaffinity"):
        return [None] * n_jobs
    cores = sorted(os.sched_getaffinity(0))
    return [set(cores[k::n_jobs]) or {cores[k % len(cores)]} for k in range(n_jobs)]


def _prepare_worker(cores: set[int] | None, log: Path) -> None:
    """Set up a worker before TensorFlow starts in it."""
    if cores is not None:
        # threads of trainings that share cores wait for each other
        os.sched_setaffinity(0, cores)
    n_threads = n_usable_cores()
    threadpool_limits(n_threads)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(n_threads)
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # else one takes the whole card
    # what TensorFlow's libraries write would break the bars of the terminal
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process handles it
    leave_with_parent()
