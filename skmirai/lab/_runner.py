"""Run the lab: what is not done yet, in several processes, then the report."""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Collection, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab import _actions
from skmirai.lab._actions import LabContext
from skmirai.lab._progress import EpochFile, LabProgress
from skmirai.lab._protocol import N_ROWS
from skmirai.lab._report import write_report
from skmirai.lab._store import ResultStore
from skmirai.lab._table import LabTable, lab_table
from skmirai.lab._tasks import Task, lab_tasks
from skmirai.utils import n_usable_cores


def run_lab(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    only: Collection[int] | None = None,
    subset: str = "full",
    output: str | os.PathLike[str] = "mirai-lab",
    epochs_scale: float = 1.0,
    scaling: str = "all_rows",
    n_rows: int = N_ROWS,
    n_seeds: int = 3,
    n_jobs: int | None = None,
    random_state: int = 0,
    quiet: bool = False,
) -> Path:
    """Run the lab's parts that are not done yet, and write its report.

    Every piece of work leaves a file, so that a run which was stopped or killed
    goes on where it was: at most the pieces in flight are repeated. Networks are
    trained in processes of their own, so that a script must call this under
    ``if __name__ == "__main__":``, as for all of :mod:`multiprocessing`.

    Parameters
    ----------
    data_dir : path or None, default=None
        Folder with ``Mirai_data.npy`` and ``Mirai_labels.npy``, or with UCI's
        ``Mirai_dataset.csv`` and ``Mirai_labels.csv``, gzipped or not, which are
        converted once. None generates a table of the same shape and labels.
    only : collection of int or None, default=None
        Numbers of the parts to run, 1 to 22; None runs all.
    subset : {"full", "half", "quarter"}, default="full"
        Share of the rows.
    output : path, default="mirai-lab"
        Folder of results, networks and report.
    epochs_scale : float, default=1.0
        Factor on the epochs of every training, for a quick look.
    scaling : {"all_rows", "training_rows"}, default="all_rows"
        Rows that the standardisation learns from. The lab takes all rows before
        it splits them, which lets the test rows have a say.
    n_rows : int, default=764137
        Rows of a generated table.
    n_seeds : int, default=3
        Seeds with which the trainings of 20 epochs are repeated.
    n_jobs : int or None, default=None
        Trainings at the same time; None takes one for each core, at most 8.
        Each gets its share of the cores.
    random_state : int, default=0
        Seed of the trainings and of a generated table.
    quiet : bool, default=False
        Show no progress.

    Returns
    -------
    Path
        The report, ``report.html``; ``report.md`` is beside it.

    Raises
    ------
    ValueError
        If a part does not exist, the files do not hold such a table, or
        ``output`` holds results of other settings.
    RuntimeError
        If pieces of work failed. The report of all others is written.

    Examples
    --------
    >>> from skmirai.lab import run_lab
    >>> run_lab("mirai", only=[1, 5, 8], output="results")  # doctest: +SKIP
    PosixPath('results/report.html')
    """
    tasks = lab_tasks(only, epochs_scale=epochs_scale, n_seeds=n_seeds)
    folder = Path(output)
    table = lab_table(
        data_dir, folder, subset=subset, n_rows=n_rows, random_state=random_state
    )
    settings = {
        "table": _fingerprint(table),
        "subset": subset,
        "epochs_scale": epochs_scale,
        "scaling": scaling,
        "n_seeds": n_seeds,
        "random_state": random_state,
    }
    store = ResultStore(folder, settings)
    n_jobs = n_jobs or min(8, n_usable_cores())
    work = _Work(table, folder, settings)
    failed = _run(work, [t for t in tasks if t.name not in store], n_jobs, quiet)
    report = write_report(store, table, failed)
    if failed:
        raise RuntimeError(
            f"{len(failed)} pieces of work failed: {', '.join(failed)}; {report} tells "
            f"why. Run the lab again to repeat them; the others are kept"
        )
    return report


@dataclass(frozen=True)
class _Work:
    """What a process needs to know to do a task."""

    table: LabTable
    folder: Path
    settings: dict[str, Any]

    def __call__(self, task: Task) -> tuple[float, str | None]:
        """Do a task and keep its result; return seconds, and what failed."""
        store = ResultStore(self.folder, self.settings)
        epochs = EpochFile(store.parts, task.name)
        epochs.write(0)
        context = LabContext(
            self.table,
            store,
            self.settings["scaling"],
            self.settings["random_state"],
            epochs.write,
        )
        start = time.perf_counter()
        try:
            found = _action(task.action)(context, **task.arguments)
        except Exception:
            return time.perf_counter() - start, traceback.format_exc()
        seconds = time.perf_counter() - start
        store.save(task.name, {"part": task.part, "seconds": seconds, **found})
        return seconds, None


def _action(name: str) -> Any:
    if hasattr(_actions, name):
        return getattr(_actions, name)
    from skmirai.lab import _trainings

    return getattr(_trainings, name)


def _run(work: _Work, tasks: list[Task], n_jobs: int, quiet: bool) -> dict[str, str]:
    """Do the tasks; return what those that failed said."""
    failed = {}
    with LabProgress(tasks, work.folder / "parts", quiet=quiet) as progress:
        for task, (seconds, error) in _results(work, tasks, n_jobs):
            if error is not None:
                failed[task.name] = error
            progress.done(task.name, seconds, error and error.strip().split("\n")[-1])
    return failed


def _results(
    work: _Work, tasks: list[Task], n_jobs: int
) -> Iterator[tuple[Task, tuple[float, str | None]]]:
    """Do quick tasks here, timed ones one by one in a worker, then all others."""
    for task in tasks:
        if not _trains(task):
            yield task, work(task)
    with _pool(n_jobs, work.folder / "workers.log") as pool:
        for task in tasks:
            if _trains(task) and task.alone:
                yield task, _outcome(pool.submit(work, task))
        running = {pool.submit(work, task): task for task in tasks if not task.alone}
        for future in as_completed(running):
            yield running[future], _outcome(future)


def _outcome(future: "Future[tuple[float, str | None]]") -> tuple[float, str | None]:
    try:
        return future.result()
    except BrokenExecutor as error:
        return 0.0, f"{error} It may have run out of memory: try fewer jobs"


@contextmanager
def _pool(n_jobs: int, log: Path) -> Iterator[ProcessPoolExecutor]:
    """Workers with a share of the cores each, stopped at once if this is."""
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        n_jobs,
        multiprocessing.get_context("spawn"),
        _prepare_worker,
        (max(1, n_usable_cores() // n_jobs), log),
    )
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    pool.shutdown()


def _prepare_worker(n_threads: int, log: Path) -> None:
    """Set up a worker before TensorFlow starts in it."""
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(n_threads)
    # what TensorFlow's libraries write would break the bars of the terminal
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process handles it
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _trains(task: Task) -> bool:
    return not hasattr(_actions, task.action)


def _fingerprint(table: LabTable) -> dict[str, Any]:
    """What tells one table from another, without reading all of it."""
    X, y = table.open()
    some = np.linspace(0, len(X) - 1, 16).astype(int)
    return {
        "generated": table.generated,
        "shape": list(X.shape),
        "labels": np.bincount(y, minlength=2).tolist(),
        "sample": [float(value) for value in np.nan_to_num(X[some].sum(axis=1))],
    }
