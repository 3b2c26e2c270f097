"""Do the same with many files: here, in processes, or on a cluster."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    ProcessPoolExecutor,
    as_completed,
)
from contextlib import closing, contextmanager

from skmirai.cli._inputs import Input
from skmirai.cli._output import in_one_line, say
from skmirai.utils import import_optional, n_usable_cores
from skmirai.utils._parent import leave_with_parent

#: Does a file, and returns a line that tells of it.
Work = Callable[[Input], str]

#: Seconds to wait for the first worker of a cluster.
_PATIENCE = 30

#: Say how many threads libraries of linear algebra start in a process.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Outcomes = Generator[tuple[Input, str | BaseException], None, None]


def do_all(
    work: Work,
    is_done: Callable[[Input], bool],
    sources: Sequence[Input],
    *,
    n_jobs: int,
    cluster: str | None,
    quiet: bool,
) -> None:
    """Do all files that are not done; what fails keeps no other from being done.

    Parameters
    ----------
    work : callable
        Can be pickled.
    is_done : callable
        Tells whether a file is done, or raises an error.
    sources : sequence of Input
        The files.
    n_jobs : int
        Processes, 1 for this one, -1 for as many as there are processors.
    cluster : str or None
        Address of a scheduler of Dask, whose workers do it.
    quiet : bool
        Whether to show neither progress nor what was done, but failures only.

    Raises
    ------
    RuntimeError
        In the end, if files failed; each was told of before.
    """
    from skmirai.utils._progress import progress_bar

    start = time.perf_counter()
    failed, waiting = [], []
    shown = not quiet and sys.stderr.isatty()
    with progress_bar(
        len(sources), desc="files", unit="file", shown=shown, delay=1.0
    ) as bar:

        def tell(source: Input, outcome: str | BaseException) -> None:
            if isinstance(outcome, BaseException):
                failed.append(source)
            if not quiet or source in failed:
                bar.clear()
                say(_line(source, outcome), err=True)
            bar.update()

        for source in sources:
            try:
                if is_done(source):
                    bar.update()
                else:
                    waiting.append(source)
            except (OSError, ValueError) as error:
                tell(source, error)
        with closing(_outcomes(work, waiting, n_jobs, cluster)) as outcomes:
            for source, outcome in outcomes:
                tell(source, outcome)
    n_before = len(sources) - len(waiting)
    if not quiet and not failed:
        before = f", {n_before} of them before" if n_before else ""
        seconds = time.perf_counter() - start
        say(f"{len(sources)} files are done{before}; {seconds:.1f} s", err=True)
    if failed:
        raise RuntimeError(
            f"{len(failed)} of {len(sources)} files failed, and the others are done: "
            "the same command does those that are not"
        )


def _line(source: Input, outcome: str | BaseException) -> str:
    if isinstance(outcome, str):
        return outcome
    text = in_one_line(outcome)
    return f"skmirai: {text if str(source.path) in text else f'{source.path}: {text}'}"


def _outcomes(
    work: Work, sources: Sequence[Input], n_jobs: int, cluster: str | None
) -> Outcomes:
    import joblib

    if not sources:
        return
    n_processes = min(joblib.effective_n_jobs(n_jobs), len(sources))
    if cluster is not None:
        with _workers_of(cluster) as executor:
            yield from _completed(executor, work, sources)
    elif n_processes > 1:
        yield from _in_processes(work, sources, n_processes)
    else:
        for source in sources:
            try:
                yield source, work(source)
            except Exception as error:
                yield source, error


def _in_processes(work: Work, sources: Sequence[Input], n_processes: int) -> Outcomes:
    left = list(sources)
    while left:
        with _processes(n_processes) as executor:
            for source, outcome in _completed(executor, work, left.copy()):
                if not isinstance(outcome, BrokenExecutor):
                    left.remove(source)
                    yield source, outcome
        for source in left[:n_processes]:  # at work when one of them died
            with _processes(1) as executor:
                yield from _completed(executor, work, [source])
        del left[:n_processes]


def _completed(executor: Executor, work: Work, sources: Sequence[Input]) -> Outcomes:
    futures = {executor.submit(work, source): source for source in sources}
    for future in as_completed(futures):
        yield futures[future], future.exception() or future.result()


@contextmanager
def _processes(number: int) -> Iterator[Executor]:
    """Processes that share the cores, and are ended at once if this is."""
    environment = os.environ.copy()
    threads = str(max(1, n_usable_cores() // number))
    os.environ.update(dict.fromkeys(_THREADS, threads))
    others = set(multiprocessing.active_children())
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(number, spawn, _prepare_process)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        executor.shutdown()
        os.environ.clear()
        os.environ.update(environment)


def _prepare_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    leave_with_parent()


@contextmanager
def _workers_of(address: str) -> Iterator[Executor]:
    """Workers of a scheduler of Dask; what they have not begun is taken back."""
    distributed = import_optional(
        "distributed", extra="distributed", purpose="clusters"
    )
    with distributed.Client(address) as client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            raise TimeoutError(
                f"the scheduler at {address} has no worker: start one with "
                f"'dask worker {address}'"
            ) from error
        yield client.get_executor(pure=False)
