"""Part 19: the best configuration, and how depth and time belong together."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from skmirai.lab._best import configuration
from skmirai.lab._part import Part, Question
from skmirai.lab._protocol import BEST, SETTINGS, Run
from skmirai.lab._runs import run_name, run_tasks, runs_section
from skmirai.lab._training.fits import time_epochs
from skmirai.lab._work.tasks import Plan, Task, training_task
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, number

_DEPTHS = (2, 6, 10)
_NAMES = {depth: f"depth_{depth}" for depth in _DEPTHS}

#: Epochs of the trainings that only take the time of an epoch at some depth.
_TIMED_EPOCHS = 10

_PLAIN = Run("10", 19, "6 x 20, Adam 0.005, 300 epochs", BEST, {"accuracy": 0.9370})
_RUNS = (
    _PLAIN,
    Run(
        "10 batch norm",
        19,
        "6 x 20, Adam 0.005, 300 epochs, batch normalisation",
        {**BEST, "batch_norm": True},
        {"accuracy": 0.9559},
        baseline=_PLAIN,
    ),
)

#: Seconds of training after which the answer looks at the best configuration.
_EARLY = 10.0


def _runs(best: Mapping[str, Any]) -> tuple[Run, ...]:
    """The best configuration, and the same with batch normalisation the other way."""
    if best == BEST:
        return _RUNS
    other = {**best, "batch_norm": not best["batch_norm"]}
    plain = replace(_PLAIN, title=f"own: {configuration(best)}", settings=best)
    turned = f"own: {configuration(other)}"
    return plain, replace(_RUNS[1], title=turned, settings=other)


def _tasks(plan: Plan) -> Iterable[Task]:
    yield from run_tasks(_runs(plan.best), plan)
    for depth, name in _NAMES.items():
        title = f"{depth} layers, timed"
        settings = {**plan.best, "n_layers": depth, "epochs": _TIMED_EPOCHS}
        yield training_task(plan, name, 19, title, time_epochs, settings, alone=True)


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if results.keys() >= set(_NAMES.values()):
        times = {d: results[name]["epoch_seconds"] for d, name in _NAMES.items()}
        deepest = times[_DEPTHS[-1]]
        found["depth_ratio"] = {f"over_{d}": deepest / times[d] for d in _DEPTHS}
    name = run_name(_PLAIN.name)
    if name in results:
        found["winner"] = _winner(results[name])
    return found


def _winner(run: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in full, and how far it was after a few seconds."""
    settings = {**SETTINGS, **run["settings"]}
    weights = settings["class_weight"]
    per_epoch = run["fit_seconds"] / run["n_epochs"]
    epoch = min(max(1, int(_EARLY / per_epoch)), run["n_epochs"])
    return {
        "settings": f"{configuration(settings)}, "
        + (f"{weights} class weights" if weights else "no class weights")
        + ("" if settings["dropout_rate"] else ", no dropout")
        + ("" if settings["batch_norm"] else ", no batch normalisation"),
        "published": _PLAIN.published["accuracy"],
        "early_epoch": epoch,
        "early_seconds": epoch * per_epoch,
        "early_accuracy": run["history"]["val_accuracy"][epoch - 1],
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
            f"{depth} layers",
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
        "[[The published answer is {winner[published]:.4f}: 6 x 20 sigmoid "
        "units, Adam 0.005, batches of 5,000, 300 epochs, without batch normalisation. "
        "With it the test accuracy was {published[10 batch norm][accuracy]:.4f}, and "
        "yet it was rejected: its validation accuracy jumped from epoch to epoch. "
        "]]The configuration of part 19, {winner[settings]}, has a test accuracy of "
        "{run_10[accuracy]:.4f} here, a balanced accuracy of "
        "{run_10[balanced_accuracy]:.4f} and a loss of {run_10[loss]:.4f}, after "
        "{run_10[fit_seconds]:.0f} s of training. After {winner[early_seconds]:.1f} s "
        "of them, at epoch {winner[early_epoch]}, its validation accuracy was "
        "{winner[early_accuracy]:.4f}, against "
        "{run_10[val_accuracy]:.4f} in the end. The highest accuracy of all runs on "
        "the test rows is {best_test[accuracy]:.4f} (loss {best_test[loss]:.4f}), "
        "{best_test[title]}. A best of many, chosen on the rows that it is judged by, "
        "flatters. Chosen on the validation rows it is {best_validation[title]}, with "
        "{best_validation[val_accuracy]:.4f} there and {best_validation[accuracy]:.4f} "
        "on the test rows. Trainings of more than 20 epochs have one seed, so that a "
        "small lead among them says nothing.",
    ),
)

PARTS = (
    Part(
        19,
        "A better configuration",
        "Improve the network: 30 to 90 minutes of own tries, which the validation rows "
        "judge. `skmirai lab explore` makes such tries, and `skmirai lab run --best` "
        "trains what they found in parts 19 to 21, in place of the published "
        "configuration. Each is trained with and without batch normalisation, and "
        "networks of other depths are timed.",
        runs=_RUNS,
        tasks=_tasks,
        figures=_figures,
        section=_show,
        questions=_QUESTIONS,
    ),
)
