"""Figures of a run beside those of a reference."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmirai.lab._folders.facts import facts
from skmirai.lab._folders.read import LabFolder, finite
from skmirai.lab._protocol import BEST_PARTS, N_ATTACK, N_BENIGN
from skmirai.lab._runs import run_name
from skmirai.lab.parts import PUBLISHED, RUNS

#: Figures of a training that are held against those of the reference.
_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "loss",
    "val_accuracy",
    "val_loss",
    "pass_accuracy",
    "pass_loss",
)

#: The training whose passes with dropout part 20 takes the mean of.
_PASSES = run_name("11")


@dataclass(frozen=True)
class FigureState:
    """A figure of a run beside that of the reference.

    Attributes
    ----------
    name : str
        Run or piece of work, and figure.
    value, expected : object
        Here, the mean over seeds where there are several, and in the reference.
    tolerance : float
        Largest difference that is within.
    within : bool
        Whether it is.
    """

    name: str
    value: Any
    expected: Any
    tolerance: float
    within: bool


def held_against(
    run: LabFolder,
    other: LabFolder,
    names: Collection[str],
    tolerances: Mapping[str, float],
) -> Iterator[FigureState]:
    """Hold a run against another one.

    Parameters
    ----------
    run, other : LabFolder
        The run, and the reference.
    names : collection of str
        Pieces of work of the run that count.
    tolerances : mapping of str to float
        As in :class:`LabCheck`.

    Yields
    ------
    FigureState
        Figures that both have.
    """
    expected = {(result, name): value for result, name, value in facts(other.results)}
    for result, name, value in facts(run.results):
        if result in names and (result, name) in expected:
            yield _equal(f"{result}, {name}", value, expected[result, name])
    right = {(t, m): float(np.mean(v)) for t, m, v in _trainings(other, None)}
    for title, metric, values in _trainings(run, names):
        if (title, metric) in right:
            yield _close(title, metric, values, right[title, metric], tolerances)


def held_against_published(
    run: LabFolder, names: Collection[str], tolerances: Mapping[str, float]
) -> Iterator[FigureState]:
    """Hold a run on the published rows against the published figures.

    Parameters
    ----------
    run : LabFolder
        The run.
    names, tolerances
        As in :func:`held_against`.

    Yields
    ------
    FigureState
        Figures that it has and that were published, those of a configuration of one's
        own left out.
    """
    expected: dict[tuple[str, str], Any] = {
        ("part_01", "counts"): [N_BENIGN, N_ATTACK],
        ("part_07", "train"): [*PUBLISHED["ordered_train"]],
        ("part_07", "rest"): [*PUBLISHED["ordered_rest"]],
        ("part_08", "train"): [*PUBLISHED["train"]],
        ("part_08", "rest"): [*PUBLISHED["rest"]],
        ("part_08", "class_weight"): [*PUBLISHED["class_weight"]],
    }
    for network, n_parameters in PUBLISHED["n_parameters"].items():
        expected["part_09", f"parameters of {network}"] = n_parameters
    for result, name, value in facts(run.results):
        if result in names and (result, name) in expected:
            yield _equal(f"{result}, {name}", value, expected[result, name])
    own = run.settings.get("best") is not None
    published: dict[tuple[str, str], float] = {
        (f"run {one.name}", metric): value
        for one in RUNS
        if not (own and one.part in BEST_PARTS)
        for metric, value in one.published.items()
    }
    if not own:
        published["passes", "accuracy"] = PUBLISHED["passes"][0]
        published["folds", "accuracy"] = PUBLISHED["folds"][0]
    for title, metric, values in _trainings(run, names):
        if (title, metric) in published:
            yield _close(title, metric, values, published[title, metric], tolerances)


def _trainings(
    run: LabFolder, names: Collection[str] | None
) -> Iterator[tuple[str, str, list[float]]]:
    """Yield title, figure, and values over the seeds of trainings."""
    for one in RUNS:
        if names is not None and run_name(one.name) not in names:
            continue
        for metric in _METRICS:
            values = run.over_seeds(one.name, metric)
            if values:
                yield f"run {one.name}", metric, values
    for name, result in run.results.items():
        if name.startswith("batch_") and (names is None or name in names):
            for metric in _METRICS:
                if (value := finite(result.get(metric))) is not None:
                    yield name, metric, [value]
    if names is None or _PASSES in names:
        passes = run.results.get(_PASSES, {}).get("passes")
        if isinstance(passes, list) and passes and None not in map(finite, passes):
            yield "passes", "accuracy", passes
    if names is None or "fold_0" in names:
        values = run.over_folds("accuracy")
        if values:
            yield "folds", "accuracy", values


def _equal(name: str, value: Any, expected: Any) -> FigureState:
    try:
        within = bool(np.allclose(value, expected, rtol=1e-8, atol=0))
    except (TypeError, ValueError):  # other lengths, or no numbers
        within = False
    return FigureState(name, value, expected, 0.0, within)


def _close(
    title: str,
    metric: str,
    values: list[float],
    expected: float,
    tolerances: Mapping[str, float],
) -> FigureState:
    value = float(np.mean(values))
    tolerance = tolerances["accuracy" if metric.endswith("accuracy") else "loss"]
    # a difference of 0.01 is within 0.01, whatever its last bits
    within = math.isfinite(value) and abs(value - expected) <= tolerance + 1e-12
    return FigureState(f"{title}, {metric}", value, expected, tolerance, within)
