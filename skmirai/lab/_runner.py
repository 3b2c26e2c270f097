"""Run the lab: what is not done yet, in several processes, then the report."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from skmirai.lab._best import read_best
from skmirai.lab._protocol import BEST, N_ROWS
from skmirai.lab._report import write_report
from skmirai.lab._rows.table import LabTable, lab_table, table_settings
from skmirai.lab._schedule import lab_tasks
from skmirai.lab._work.context import LabContext
from skmirai.lab._work.progress import EpochFile, LabProgress
from skmirai.lab._work.store import FORMAT, ResultStore
from skmirai.lab._work.tasks import Task
from skmirai.lab._work.workers import Outcome, in_workers
from skmirai.utils import hardware, import_optional, n_usable_cores
from skmirai.utils._files import locked
from skmirai.utils._sklearn import Interval, StrOptions, validate_params


@validate_params(
    {
        "data_dir": [str, os.PathLike, None],
        "only": ["array-like", set, frozenset, None],
        "subset": [StrOptions({"full", "half", "quarter"})],
        "output": [str, os.PathLike],
        "epochs_scale": [Interval(Real, 0, None, closed="neither")],
        "scaling": [StrOptions({"all_rows", "training_rows"})],
        "n_rows": [Interval(Integral, 20, None, closed="left"), None],
        "n_seeds": [Interval(Integral, 1, 100, closed="both")],
        "n_jobs": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": [Interval(Integral, 0, None, closed="left")],
        "best": [str, os.PathLike, None],
        "quiet": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def run_lab(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    only: Collection[int] | None = None,
    subset: str = "full",
    output: str | os.PathLike[str] = "mirai-lab",
    epochs_scale: float = 1.0,
    scaling: str = "all_rows",
    n_rows: int | None = None,
    n_seeds: int = 3,
    n_jobs: int | None = None,
    random_state: int = 0,
    best: str | os.PathLike[str] | None = None,
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
        Folder with ``Mirai_data.npy`` and ``Mirai_labels.npy`` (or, for a subset,
        ``Mirai_data_half.npy`` and so on), or with UCI's
        ``Mirai_dataset.csv`` and ``Mirai_labels.csv``, gzipped or not, which are
        converted once. None generates a table of the same shape and labels, see
        :func:`skmirai.datasets.make_mirai_traffic`.
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
    n_rows : int or None, default=None
        Rows of a generated table; None makes 764,137.
    n_seeds : int, default=3
        Seeds with which the trainings of 20 epochs are repeated.
    n_jobs : int or None, default=None
        Trainings at the same time; None takes one for each core, at most 8, or one
        if there is a graphics card. Each gets its share of the cores.
    random_state : int, default=0
        Seed of the trainings and of a generated table.
    best : path or None, default=None
        File with the configuration of parts 19 to 21, as :func:`explore_lab` writes
        it. None takes the published one.
    quiet : bool, default=False
        Show no progress.

    Returns
    -------
    Path
        The report, ``report.html``; ``report.md`` is beside it.

    Raises
    ------
    ImportError
        If matplotlib or markdown-it-py is missing, which the report needs.
    ValueError
        If a part does not exist, the files do not hold such a table, ``best`` holds
        no configuration, or ``output`` holds results of other settings or of another
        table.
    RuntimeError
        If pieces of work failed. The report of all others is written.

    Examples
    --------
    >>> from skmirai.lab import run_lab
    >>> run_lab("mirai", only=[1, 5, 8], output="results")  # doctest: +SKIP
    PosixPath('results/report.html')
    """
    import_optional("matplotlib", extra="plot", purpose="the report's plots")
    import_optional("markdown_it", extra="cli", purpose="the report's pages")
    of_table = table_settings(
        data_dir, subset=subset, n_rows=n_rows, random_state=random_state
    )
    own = None if best is None else read_best(best)
    tasks = lab_tasks(
        only, epochs_scale=epochs_scale, n_seeds=n_seeds, best=own or BEST
    )
    settings = {
        **of_table,
        "epochs_scale": epochs_scale,
        "scaling": scaling,
        "n_seeds": n_seeds,
        "best": own,
        "format": FORMAT,
    }
    folder = Path(output)
    store = ResultStore(folder, settings)
    with _alone_in(folder, quiet):
        table = lab_table(
            data_dir,
            folder,
            subset=subset,
            n_rows=n_rows or N_ROWS,
            random_state=random_state,
        )
        store.check_table(table.data, table.labels)
        work = _Work(table, folder, settings)
        left = [task for task in tasks if task.name not in store]
        failed = _run(work, left, n_jobs or _default_jobs(), quiet)
        report = write_report(store, table, failed)
    if failed:
        raise RuntimeError(
            f"{len(failed)} pieces of work failed: {', '.join(failed)}; {report} tells "
            f"why. Run the lab again to repeat them; the others are kept"
        )
    return report


def _default_jobs() -> int:
    return 1 if hardware()["gpus"] else min(8, n_usable_cores())


#: Seconds after which a run says that it waits for another one.
_PATIENCE = 1.0


@contextmanager
def _alone_in(folder: Path, quiet: bool) -> Iterator[None]:
    """Wait until no other run works in the folder, and say so."""
    text = (
        f"another run works in {folder}; this one waits until it has ended, and then "
        f"does what is left"
    )
    notice = threading.Timer(_PATIENCE, print, [text], {"file": sys.stderr})
    notice.daemon = True
    if not quiet:
        notice.start()
    try:
        with locked(folder / "run"):
            notice.cancel()
            yield
    finally:
        notice.cancel()


@dataclass(frozen=True)
class _Work:
    """What a process needs to know to do a task."""

    table: LabTable
    folder: Path
    settings: dict[str, Any]

    def store(self) -> ResultStore:
        """Open the results."""
        return ResultStore(self.folder, self.settings)

    def __call__(self, task: Task) -> Outcome:
        """Do a task and keep its result; return seconds, and what failed."""
        store = self.store()
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
            found = task.action(context, **task.arguments)
            seconds = time.perf_counter() - start
            store.save(task.name, task.part, seconds, found)
        except Exception:
            return time.perf_counter() - start, traceback.format_exc()
        return seconds, None


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
) -> Iterator[tuple[Task, Outcome]]:
    """Do quick tasks, here if that will do, then timed ones, then all others."""
    for task in tasks:
        if not task.in_worker:
            yield task, work(task)
    done = set(work.store())
    unmet = {task.name: task for task in tasks if task.name not in done}
    ready = []
    for task in (task for task in tasks if task.in_worker):
        missing = [unmet[name] for name in task.needs if name in unmet]
        if missing:
            what = f"part {missing[0].part}, the {missing[0].title.lower()}"
            yield task, (0.0, f"not begun, since {what}, failed")
        else:
            ready.append(task)
    quick = [task for task in ready if task.alone and not task.epochs]
    yield from in_workers(work, quick, 1, work.folder)
    timed = [task for task in ready if task.alone and task.epochs]
    yield from in_workers(work, timed, 1, work.folder, fresh=True)
    beside = [task for task in ready if not task.alone]
    yield from in_workers(work, beside, n_jobs, work.folder)
