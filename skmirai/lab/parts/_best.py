"""Part 19: the best configuration, and how depth and time belong together."""

from collections.abc import Iterable, Mapping
from typing import Any

from skmirai.lab._figures import Figures
from skmirai.lab._markdown import table
from skmirai.lab._material import Material, number
from skmirai.lab._part import Part, Question
from skmirai.lab._protocol import BEST, Run
from skmirai.lab._runs import run_tasks, runs_section
from skmirai.lab._tasks import Plan, Task, training_task
from skmirai.lab._training import time_epochs

_DEPTHS = (2, 6, 10)
_NAMES = {depth: f"depth_{depth}" for depth in _DEPTHS}

#: Epochs of the trainings that only take the time of an epoch at some depth.
_TIMED_EPOCHS = 10

_RUNS = (
    Run("10", 19, "6 x 20, Adam 0.005, 300 epochs", BEST, {"accuracy": 0.9370}),
    Run(
        "10 batch norm",
        19,
        "6 x 20, Adam 0.005, 300 epochs, batch normalisation",
        {**BEST, "batch_norm": True},
        {"accuracy": 0.9559},
    ),
)


def _tasks(plan: Plan) -> Iterable[Task]:
    yield from run_tasks(_RUNS, plan)
    for depth, name in _NAMES.items():
        title = f"{depth} layers, timed"
        settings = {**BEST, "n_layers": depth, "epochs": _TIMED_EPOCHS}
        yield training_task(plan, name, 19, title, time_epochs, settings, alone=True)


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if not results.keys() >= set(_NAMES.values()):
        return {}
    times = {depth: results[name]["epoch_seconds"] for depth, name in _NAMES.items()}
    deepest = times[_DEPTHS[-1]]
    return {
        "depth_ratio": {f"over_{depth}": deepest / times[depth] for depth in _DEPTHS}
    }


def _show(material: Material) -> str:
    return "\n\n".join(
        filter(
            None,
            [
                runs_section(material, 19, _RUNS, ""),
                _show_depths(material),
                _show_choices(material),
            ],
        )
    )


def _show_depths(material: Material) -> str:
    found = material.figures
    if not material.has(*_NAMES.values()):
        return ""
    rows = [
        [
            f"{depth} x 20",
            number(found[name]["epoch_seconds"], 3),
            number(found["depth_ratio"][f"over_{depth}"], 2),
            f"{found[name]['n_parameters']:,}",
        ]
        for depth, name in _NAMES.items()
    ]
    header = ["network", "s per epoch", "10 layers take times as long"]
    return table([*header, "trainable parameters"], rows)


def _show_choices(material: Material) -> str:
    if not material.has("best_test"):
        return ""
    test, validation = (material.figures[f"best_{by}"] for by in ("test", "validation"))
    return (
        f"Highest on the test rows: {test['title']}, {test['accuracy']:.4f} "
        f"(chosen on the rows it is judged by, so optimistic). Highest on the "
        f"validation rows: {validation['title']}, {validation['val_accuracy']:.4f} "
        f"there and {validation['accuracy']:.4f} on the test rows."
    )


_QUESTIONS = (
    Question(
        17,
        "What is the best test accuracy, and of which configuration?",
        "The highest one in the table is {best_test[accuracy]:.4f}, "
        "{best_test[title]}[[ (published: {published[10 batch norm][accuracy]:.4f}, 6 "
        "x 20 with batch normalisation)]]. A best of many, chosen on the test rows, "
        "flatters. Chosen on the validation rows it is {best_validation[title]}, with "
        "{best_validation[val_accuracy]:.4f} there and {best_validation[accuracy]:.4f} "
        "on the test rows.",
    ),
)

PARTS = (
    Part(
        19,
        "The best configuration",
        "Six layers, Adam with a small step, 300 epochs; with batch normalisation; "
        "and how long networks of other depths train.",
        runs=_RUNS,
        tasks=_tasks,
        figures=_figures,
        section=_show,
        questions=_QUESTIONS,
    ),
)
