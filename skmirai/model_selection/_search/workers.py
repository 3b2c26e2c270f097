"""Where folds are trained: here, in joblib's workers, or on a cluster of Dask."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Lock
from typing import Any

import joblib
from sklearn import config_context, get_config
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from skmirai.model_selection._search.folds import Folds, FoldScores
from skmirai.model_selection._search.kept import KeptFits

#: Times that a table is sent because all workers that had it are gone.
_PATIENCE = 3

#: Tables that a worker of a cluster keeps: of two searches, the latest ones.
_MOST_TABLES = 2
_tables: OrderedDict[str, Folds] = OrderedDict()
_keeping = Lock()


@dataclass(frozen=True)
class Workers:
    """A way to train folds.

    Attributes
    ----------
    train : callable
        Takes the arguments of :meth:`Folds.trained` for some folds, and returns the
        estimators with their scores in that order.
    n_trials : int
        Trials to run at a time.
    together : bool
        Whether the folds of a trial are trained side by side.
    """

    train: Callable[[Sequence[tuple[Any, ...]]], list[tuple[Any, FoldScores]]]
    n_trials: int
    together: bool


def workers_of(folds: Folds, n_jobs: int | None) -> Workers:
    """Choose where folds are trained.

    In this process trials go side by side in threads, each with one fold after the
    other. In worker processes the folds of a trial do, and on a cluster both.

    Parameters
    ----------
    folds : Folds
        The table; on a cluster each worker is sent it once.
    n_jobs : int or None
        As scikit-learn has it; joblib's context says where.

    Returns
    -------
    Workers
        To be used while that context lasts.

    Raises
    ------
    TimeoutError
        If the cluster has no worker.
    """
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    if getattr(backend, "supports_sharedmem", False):
        n_threads = joblib.effective_n_jobs(
            Parallel(n_jobs=n_jobs, prefer="threads").n_jobs
        )
        return Workers(
            lambda jobs: [folds.trained(*job) for job in jobs], n_threads, False
        )
    if not hasattr(backend, "client"):
        return Workers(
            lambda jobs: Parallel(n_jobs=n_jobs)(
                delayed(_trained)(folds, *job) for job in jobs
            ),
            n_trials=1,
            together=True,
        )
    n_threads = joblib.effective_n_jobs(n_jobs)  # which waits for the first worker
    return Workers(
        _Cluster(folds, backend).train,
        # a search that is a task itself has but its own thread
        1 if _in_task() else -(-n_threads // len(folds)),
        together=True,
    )


class _Cluster:
    """Workers of Dask, each of which is sent the table once.

    Parameters
    ----------
    folds : Folds
        The table.
    backend : joblib's backend for Dask
        The client, and what goes with each task.
    """

    def __init__(self, folds: Folds, backend: Any) -> None:
        self._folds, self._backend = folds, backend
        self._lock = Lock()
        self._sent = self._send()

    def train(self, jobs: Sequence[tuple[Any, ...]]) -> list[tuple[Any, FoldScores]]:
        """Train folds side by side.

        Tasks of a worker that dies go to others; an error, or an interrupt, takes
        back those that have not begun.

        Raises
        ------
        RuntimeError
            If all workers die, again and again.
        """
        with self._backend.retrieval_context():  # makes room, where this is a task
            for _ in range(_PATIENCE):
                table = self._table()
                try:
                    return self._gathered(table, jobs)
                except CancelledError:
                    if table.status == "finished":
                        raise
        raise RuntimeError(
            f"all workers that had the table died, {_PATIENCE} times, while they "
            f"trained a trial, maybe for want of memory: start fewer on a machine"
        )

    def _gathered(self, table: Any, jobs: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Train folds; workers that lack the table get it with a second task."""
        done = self._done([(table.key, None, *job) for job in jobs], [{}] * len(jobs))
        lacking = [n for n, found in enumerate(done) if isinstance(found, str)]
        again = self._done(
            [(table.key, table, *jobs[n]) for n in lacking],
            [{"workers": [done[n]], "allow_other_workers": True} for n in lacking],
        )
        for n, found in zip(lacking, again, strict=True):
            done[n] = found
        return done

    def _done(
        self, calls: Sequence[tuple[Any, ...]], places: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        client, how = self._backend.client, self._backend.submit_kwargs
        config = get_config()
        submitted = [
            client.submit(_trained_there, config, *call, pure=False, **how | place)
            for call, place in zip(calls, places, strict=True)
        ]
        try:
            return client.gather(submitted)
        except BaseException:
            client.cancel(submitted)
            raise

    def _table(self) -> Any:
        with self._lock:
            if self._sent.status != "finished":
                self._sent = self._send()
            return self._sent

    def _send(self) -> Any:
        return self._backend.client.scatter(self._folds, hash=False)


def _trained_there(
    config: Mapping[str, Any], key: str, folds: Folds | None, *job: Any
) -> str | tuple[Any, FoldScores]:
    """Train a fold on a cluster, or return the worker that lacks the table.

    A worker keeps what it was sent. If the table came with each task, it would be sent
    again and again: Dask drops all copies but one whenever no task waits for them.
    """
    from distributed import get_worker

    with _keeping:
        if folds is not None:
            _tables.setdefault(key, folds)
        if key not in _tables:
            return get_worker().address
        _tables.move_to_end(key)
        while len(_tables) > _MOST_TABLES:
            _tables.popitem(last=False)
        kept = _tables[key]
    with config_context(**config):
        return _trained(kept, *job)


def _trained(folds: Folds, *job: Any) -> tuple[Any, FoldScores]:
    """Train a fold in another process, whose memory stays there."""
    fitted, scores = folds.trained(*job)
    if isinstance(fitted, Pipeline) and isinstance(fitted.memory, KeptFits):
        fitted.set_params(memory=None)
    return fitted, scores


def _in_task() -> bool:
    """Tell whether this is a task on a cluster itself."""
    from distributed.utils import thread_state

    return hasattr(thread_state, "execution_state")
