"""Where folds are trained: here, in joblib's workers, or on a cluster of Dask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
from sklearn.utils.parallel import Parallel, delayed

from skmirai.model_selection._search.folds import Folds, FoldScores


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
    """
    backend, _ = joblib.parallel.get_active_backend(prefer="threads")
    if getattr(backend, "supports_sharedmem", False):
        n_threads = joblib.effective_n_jobs(
            Parallel(n_jobs=n_jobs, prefer="threads").n_jobs
        )
        return Workers(
            lambda jobs: [folds.trained(*job) for job in jobs], n_threads, False
        )
    client = getattr(backend, "client", None)
    if client is None:
        return Workers(
            lambda jobs: Parallel(n_jobs=n_jobs)(
                delayed(folds.trained)(*job) for job in jobs
            ),
            n_trials=1,
            together=True,
        )
    table = client.scatter(folds, broadcast=True, hash=False)

    def on_cluster(jobs: Sequence[tuple[Any, ...]]) -> list[tuple[Any, FoldScores]]:
        submitted = [
            client.submit(Folds.trained, table, *job, pure=False) for job in jobs
        ]
        return client.gather(submitted)

    n_workers = joblib.effective_n_jobs(n_jobs)
    return Workers(on_cluster, max(1, -(-n_workers // len(folds))), together=True)
