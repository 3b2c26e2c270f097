"""Where the study of a search lives."""

from typing import Any

import optuna


def opened_study(
    storage: Any,
    study_name: str | None,
    *,
    sampler: Any,
    pruner: Any,
    study: Any = None,
) -> optuna.Study:
    """Create or open the study to maximise."""
    if study is not None:
        return study
    return optuna.create_study(
        storage=storage,
        study_name=study_name,
        sampler=sampler,
        pruner=pruner,
        direction="maximize",
        load_if_exists=study_name is not None,
    )


def queue_lost_trials(study: optuna.Study) -> None:
    """Queue trials anew that a killed process has left."""


def mark_owner(trial: optuna.Trial) -> None:
    """Write down which process runs a trial."""
