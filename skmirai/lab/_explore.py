"""Own tries for part 19: a search on the validation rows, in the time one has."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import loguniform
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import PredefinedSplit

from skmirai.lab._best import CONFIGURED, configuration, write_best
from skmirai.lab._protocol import BEST, N_ROWS, SETTINGS
from skmirai.lab._rows.splits import shuffled_split
from skmirai.lab._rows.table import LabTable, lab_table, table_settings
from skmirai.lab._work.store import check_settings
from skmirai.lab._writing.markdown import table
from skmirai.model_selection import MiraiSearchCV
from skmirai.neural_network import MiraiDNNClassifier
from skmirai.utils import import_optional
from skmirai.utils._files import locked, write_text
from skmirai.utils._sklearn import Interval, StrOptions, validate_params

#: What the lab varies. SGD needs larger steps than Adam, so that each has its own.
_SHARED: Mapping[str, Any] = {
    "n_layers": [1, 2, 3, 4, 6, 8],
    "n_nodes": [10, 20, 50, 100],
    "activation": ["sigmoid", "tanh", "relu"],
    "batch_norm": [False, True],
    "dropout_rate": [0.0, 0.2, 0.5],
    "batch_size": [1_000, 2_000, 5_000, 10_000],
}
SPACE: Sequence[Mapping[str, Any]] = (
    {**_SHARED, "optimizer": ["adam"], "learning_rate": loguniform(5e-4, 0.1)},
    {**_SHARED, "optimizer": ["sgd"], "learning_rate": loguniform(0.02, 2.0)},
)

_STUDY = "explore"


@validate_params(
    {
        "data_dir": [str, os.PathLike, None],
        "minutes": [Interval(Real, 0, None, closed="neither")],
        "output": [str, os.PathLike],
        "subset": [StrOptions({"full", "half", "quarter"})],
        "scaling": [StrOptions({"all_rows", "training_rows"})],
        "n_rows": [Interval(Integral, 20, None, closed="left"), None],
        "n_trials": [Interval(Integral, 1, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Interval(Integral, 1, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
        "quiet": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def explore_lab(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    minutes: float = 30,
    output: str | os.PathLike[str] = "mirai-lab",
    subset: str = "full",
    scaling: str = "all_rows",
    n_rows: int | None = None,
    n_trials: int | None = None,
    epochs: int = 300,
    n_jobs: int = 1,
    random_state: int = 0,
    quiet: bool = False,
) -> Path:
    """Search for a better configuration than the published one, as in part 19.

    Configurations are trained on the lab's training rows and judged by their accuracy
    on its validation rows; the test rows take no part. The published configuration
    is the first. Every trial is kept: a search that was stopped or killed goes on
    when it is called again, for as long again.

    Parameters
    ----------
    data_dir : path or None, default=None
        As in :func:`run_lab`.
    minutes : float, default=30
        Minutes after which no trial begins.
    output : path, default="mirai-lab"
        Folder of the lab; the search is kept in ``explore`` in it.
    subset : {"full", "half", "quarter"}, default="full"
        Share of the rows.
    scaling : {"all_rows", "training_rows"}, default="all_rows"
        Rows that the standardisation learns from.
    n_rows : int or None, default=None
        Rows of a generated table; None makes 764,137.
    n_trials : int or None, default=None
        Trials of the search in the end, those of earlier calls included; None leaves
        the end to ``minutes``.
    epochs : int, default=300
        Most epochs of a trial. Those that are behind after a ninth or a third of them
        end there.
    n_jobs : int, default=1
        Trials side by side. With more than 1, what is tried next depends on which
        trial ends first.
    random_state : int, default=0
        Seed of the choices, of the trainings and of a generated table.
    quiet : bool, default=False
        Show no progress.

    Returns
    -------
    Path
        ``explore/best.json``, for ``best`` of :func:`run_lab`; ``ranking.md`` and
        ``ranking.csv`` are beside it.

    Raises
    ------
    ImportError
        If Optuna is missing.
    ValueError
        If the files do not hold such a table or not finite numbers alone, the folder
        holds a search on other rows or with other settings, or no trial came to its
        end in time.

    Examples
    --------
    >>> from skmirai.lab import explore_lab, run_lab
    >>> best = explore_lab("mirai", minutes=30, output="results")  # doctest: +SKIP
    >>> run_lab("mirai", best=best, output="own-best")  # doctest: +SKIP
    PosixPath('own-best/report.html')
    """
    import_optional("optuna", extra="tune", purpose="the search of the lab")
    of_table = table_settings(
        data_dir, subset=subset, n_rows=n_rows, random_state=random_state
    )
    folder = Path(output) / "explore"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        **of_table,
        "scaling": scaling,
        "epochs": epochs,
    }
    check_settings(folder, settings)
    with locked(Path(output) / "run"):  # a run may be about to write the same table
        found = lab_table(
            data_dir,
            Path(output),
            subset=subset,
            n_rows=n_rows or N_ROWS,
            random_state=random_state,
        )
    X, y, split = _rows(found)
    search = MiraiSearchCV(
        MiraiDNNClassifier(
            **{
                **SETTINGS,
                **BEST,
                "epochs": epochs,
                "drop_columns": found.n_dropped,
                "scaler": _scaler(found, scaling),
                "random_state": random_state,
            }
        ),
        [dict(space) for space in SPACE],
        n_trials=n_trials,
        timeout=60 * minutes,
        scoring="accuracy",
        cv=split,
        refit=False,
        storage=folder / "trials.log",
        study_name=_STUDY,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=int(not quiet),
    )
    try:
        search.fit(X, y)
    except ValueError as error:
        text = str(error).replace("give another study_name", "choose another output")
        raise ValueError(text) from error
    return _write(search, folder, int((split.test_fold == 0).sum()))


def _rows(found: LabTable) -> tuple[np.ndarray, np.ndarray, PredefinedSplit]:
    """Rows to train and to validate on, and which are which."""
    X, y = found.open()
    train, validation, _ = shuffled_split(len(y))
    rows = np.concatenate([train, validation])
    fold = np.repeat([-1, 0], [len(train), len(validation)])
    return X[rows], y[rows], PredefinedSplit(fold)


def _scaler(found: LabTable, scaling: str) -> Any:
    """Standardisation as part 6 learns it, or as each training does."""
    if scaling == "training_rows":
        return "standard"
    return FrozenEstimator(found.standardisation())


def _write(search: MiraiSearchCV, folder: Path, n_validation: int) -> Path:
    """Write ranking and best configuration."""
    results = search.cv_results_
    own = search.estimator.get_params()
    rows = [
        {
            "rank": int(results["rank_test_score"][place]),
            "validation_accuracy": float(results["mean_test_score"][place]),
            "trial": int(results["trial"][place]),
            "ended_early": bool(results["pruned"][place]),
            "fit_seconds": float(results["mean_fit_time"][place]),
            **{name: (own | params)[name] for name in CONFIGURED},
        }
        for place, params in enumerate(results["params"])
    ]
    rows.sort(key=lambda r: (r["ended_early"], -r["validation_accuracy"], r["trial"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "ranking.csv", text.getvalue())
    write_text(folder / "ranking.md", _ranking(rows, n_validation))
    winner = rows[0]
    how = {
        "validation_accuracy": winner["validation_accuracy"],
        "trial": winner["trial"],
        "n_trials": len(rows),
        "n_validation_rows": n_validation,
    }
    path = folder / "best.json"
    write_best(path, winner, how)
    return path


def _ranking(rows: Sequence[Mapping[str, Any]], n_validation: int) -> str:
    """Ranking as a page of Markdown."""
    header = ["configuration", "validation accuracy", "training, s", "trial"]
    cells = [
        [
            configuration(row),
            f"{row['validation_accuracy']:.4f}",
            f"{row['fit_seconds']:.1f}",
            f"{row['trial']}" + (", ended early" if row["ended_early"] else ""),
        ]
        for row in rows
    ]
    best = rows[0]["validation_accuracy"]
    noise = np.sqrt(best * (1 - best) / n_validation)
    return "\n\n".join(
        [
            "# Configurations by their accuracy on the validation rows",
            f"{len(rows)} trials, one training each. The best of many is optimistic "
            f"on the rows that it was chosen by; the test rows were not looked at. "
            f"The {n_validation:,} validation rows alone leave a standard error of "
            f"{noise:.4f}, and another seed changes more: near the top the order is "
            f"chance.",
            table(header, cells),
            "",
        ]
    )
