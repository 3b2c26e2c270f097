"""``skmirai tune``: a search for the parameters of a network, one of many workers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import INTERRUPTED, FixedOption, ForceOption, JsonOption
from skmirai.cli._output import (
    check_output,
    is_standard,
    say,
    text_output,
    warnings_in_lines,
)

if TYPE_CHECKING:
    from skmirai.cli._training.rows import TrainingRows
    from skmirai.model_selection import MiraiSearchCV


def tune(
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="A table: Parquet, CSV or NumPy (npy)."),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target",
            help="Column of the labels: its name, or its number from 0 where columns "
            "have no names.",
        ),
    ],
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            help="Column that is no feature; may be given several times, as other "
            "options of lists.",
        ),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            "--groups",
            help="Column of groups, such as captures, that the folds keep together.",
        ),
    ] = None,
    blocks: Annotated[
        bool,
        typer.Option(
            "--blocks",
            help="Folds are blocks of rows in their order, as rows in time need it; "
            "by default they are shuffled.",
        ),
    ] = False,
    storage: Annotated[
        str | None,
        typer.Option(
            "--storage",
            help="Where the study is kept: a journal file, sqlite:///FILE, or "
            "postgresql://USER@HOST/DATABASE for workers on many hosts.",
            show_default="in memory",
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            "--study",
            help="Name of the study in the storage.",
            show_default="that of the table",
        ),
    ] = None,
    n_trials: Annotated[
        int,
        typer.Option(
            "--n-trials",
            min=1,
            help="Trials of the study in the end, those of other workers included.",
        ),
    ] = 30,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", min=1, help="Seconds after which no trial of this one begins."
        ),
    ] = None,
    scoring: Annotated[
        str | None,
        typer.Option(
            "--scoring",
            help="Score of scikit-learn to maximise. balanced_accuracy counts every "
            "class alike, however rare: who always says the most frequent one of two "
            "has .5. neg_log_loss judges probabilities, roc_auc their order.",
            show_default="balanced_accuracy; with --regress "
            "neg_root_mean_squared_error",
        ),
    ] = None,
    cv: Annotated[int, typer.Option("--cv", min=2, help="Folds.")] = 5,
    scaler: Annotated[
        list[str] | None,
        typer.Option(
            "--scaler", help="Scaler to choose from.", show_default="all but auto"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            min=1,
            help="Most epochs of a trial.",
            show_default="those of the estimator",
        ),
    ] = None,
    fixed: FixedOption = None,
    regress: Annotated[
        bool,
        typer.Option("--regress", help="The target is a number, not a class."),
    ] = False,
    n_jobs: Annotated[
        int,
        typer.Option(
            "-j", "--n-jobs", help="Trials side by side; -1 is one for each core."
        ),
    ] = 1,
    random_state: Annotated[
        int,
        typer.Option(
            "--random-state", min=0, help="Seed of folds, networks and choices."
        ),
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="CSV file of all trials."),
    ] = None,
    best: Annotated[
        Path | None,
        typer.Option(
            "--best",
            metavar="MODEL",
            help="File of the best parameters, fitted on all rows, for skmirai "
            "predict.",
        ),
    ] = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> None:
    """Search for the parameters of a network on a labelled table.

    A trial is one choice of parameters, trained and scored on all folds; poor ones end
    early. The defaults are the first. With --storage the study is kept: the same
    command goes on where it was stopped or killed, and as many as you like work on it
    side by side, on one host or many. Ctrl-C ends a search with what it has found.
    """
    import json

    from skmirai.cli._training.rows import training_rows

    journal = [] if storage is None or "://" in storage else [Path(storage)]
    for path in (output, best):
        if path is not None:
            check_output(path, force=force, inputs=(table, *journal))
    if best is not None and is_standard(best):
        raise ValueError("--best -: a model is no text, give the name of a file")
    if groups is not None and blocks:
        raise ValueError("--groups and --blocks are two kinds of folds: give one")
    rows = training_rows(
        table,
        target=target,
        groups=groups,
        drop=drop or [],
        n_folds=cv,
        of_classes=not regress,
    )

    from skmirai.cli import _searches
    from skmirai.model_selection import MiraiSearchCV

    default_score = "neg_root_mean_squared_error" if regress else "balanced_accuracy"
    score = _searches.check_score(scoring or default_score)
    estimator, space = _searches.estimator_and_space(
        rows,
        regress=regress,
        fixed=fixed or [],
        scalers=scaler or [],
        random_state=random_state,
        **({} if epochs is None else {"epochs": epochs}),
    )
    kind = _searches.GROUPED if groups is not None else _searches.SHUFFLED
    kind = _searches.BLOCKED if blocks else kind
    search = MiraiSearchCV(
        estimator,
        space,
        n_trials=n_trials,
        timeout=timeout,
        scoring=score,
        cv=_searches.folds_of(kind, cv, random_state, regress=regress),
        refit=False,
        storage=storage,
        study_name=study or table.name.partition(".")[0],
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=int(sys.stderr is not None and sys.stderr.isatty()),
    )
    try:
        interrupted = _searches.searched(search, rows)
    except KeyboardInterrupt:
        say("skmirai: interrupted before a trial had come to its end", err=True)
        raise typer.Exit(INTERRUPTED) from None
    # a table of trials on standard output stands there alone
    err = output is not None and is_standard(output)
    if as_json:
        typer.echo(json.dumps(_told(search), indent=1), err=err)
    else:
        _tell(search, err=err)
    if output is not None:
        _write_trials(search, output)
    if best is not None:
        _write_best(search, rows, best)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _tell(search: "MiraiSearchCV", *, err: bool) -> None:
    """Print what a search has found."""
    states = [trial.state.name for trial in search.trials_]
    scores = search.cv_results_["mean_test_score"]
    best = search.best_index_
    defaults = [
        place
        for place, trial in enumerate(search.trials_)
        if "defaults" in trial.user_attrs
    ]
    lines = [
        f"{search.scoring} {scores[best]:.5g}, mean of {search.n_splits_} folds, "
        f"in trial {search.trials_[best].number}"
    ]
    lines += [
        f"{search.scoring} {scores[place]:.5g} of the defaults" for place in defaults
    ]
    lines += [f"  {name} = {value}" for name, value in search.best_params_.items()]
    lines += [
        f"{len(states)} trials in the study {search.study_.study_name}: "
        f"{states.count('COMPLETE')} to the end, {states.count('PRUNED')} pruned, "
        f"{states.count('FAIL')} failed"
    ]
    if search.storage is None:
        lines += ["The study was in memory: with --storage it is kept, and goes on."]
    else:
        lines += [
            "The same command with more --n-trials goes on; with --best MODEL it "
            "writes the model."
        ]
    for line in lines:
        say(line, err=err)


def _told(search: "MiraiSearchCV") -> dict[str, Any]:
    """Return what a search has found, as JSON has it."""
    from skmirai.cli._json import plain

    states = [trial.state.name for trial in search.trials_]
    found: dict[str, Any] = plain(
        {
            "scoring": search.scoring,
            "score": search.cv_results_["mean_test_score"][search.best_index_],
            "trial": search.trials_[search.best_index_].number,
            "params": search.best_params_,
            "study": search.study_.study_name,
            "n_trials": {name: states.count(name) for name in sorted({*states})},
            "n_splits": search.n_splits_,
            "interrupted": search.interrupted_,
        }
    )
    return found


def _write_trials(search: "MiraiSearchCV", path: Path) -> None:
    import pandas as pd

    results = {
        name: values for name, values in search.cv_results_.items() if name != "params"
    }
    with text_output(path) as file:
        pd.DataFrame(results).to_csv(file, index=False, lineterminator="\n")


def _write_best(search: "MiraiSearchCV", rows: "TrainingRows", path: Path) -> None:
    from sklearn.base import clone

    with warnings_in_lines():
        best = clone(search.estimator).set_params(**search.best_params_)
        best.fit(rows.X, rows.y).save(path)
    say(f"{path}: fitted on {len(rows.y):,} rows", err=True)
