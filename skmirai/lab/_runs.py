"""Runs of the lab's table: their trainings, and how the report shows them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from skmirai.lab._context import LabContext
from skmirai.lab._curves import curves
from skmirai.lab._judgement import judged
from skmirai.lab._markdown import table
from skmirai.lab._material import Material, number
from skmirai.lab._part import Part
from skmirai.lab._protocol import SETTINGS, Run
from skmirai.lab._tasks import Action, Plan, Task, training_task
from skmirai.lab._training import classifier, fit


def run_name(name: str, seed: int = 0) -> str:
    """Name of the result of a run of the lab's table."""
    return f"run_{name.replace(' ', '_')}" + (f"_seed_{seed}" if seed else "")


def train(
    context: LabContext, settings: Mapping[str, Any], seed: int, model: str
) -> dict[str, Any]:
    """Train, evaluate on validation and test rows, save the network."""
    return train_and_keep(context, settings, seed, model)[0]


def train_and_keep(
    context: LabContext, settings: Mapping[str, Any], seed: int, model: str
) -> tuple[dict[str, Any], Any]:
    """As :func:`train`; return the network too."""
    X, y = context.table.open()
    splits = context.splits()
    clf = classifier(context, settings, seed)
    _, found = fit(context, clf, X, y, splits.train, splits.validation)
    found["class_weight"] = clf.class_weight_.tolist()
    rows = splits.validation
    evaluated = clf.evaluate(X[rows], y[rows])
    found |= {f"val_{metric}": value for metric, value in evaluated.items()}
    found |= judged(clf, X[splits.test], y[splits.test])
    clf.save(context.store.model(model))
    return found, clf


def run_tasks(
    runs: Iterable[Run], plan: Plan, action: Action = train
) -> Iterator[Task]:
    """Trainings of some runs, those of 20 epochs with several seeds."""
    for run in runs:
        cheap = run.parameters["epochs"] <= SETTINGS["epochs"]
        for seed in range(plan.n_seeds if cheap else 1):
            name = run_name(run.name, seed)
            yield training_task(
                plan,
                name,
                run.part,
                f"run {run.name}: {run.title}" + (f", seed {seed}" if seed else ""),
                action,
                run.settings,
                seed=run.first_seed + seed,
                model=name,
            )


def runs_done(runs: Iterable[Run], results: Mapping[str, Any]) -> list[Run]:
    """Those of some runs that have a result."""
    return [run for run in runs if run_name(run.name) in results]


def runs_table(material: Material, runs: Sequence[Run]) -> str:
    """Table of runs, with the published figures if they are of the same table."""
    rows = []
    for run in runs:
        found = material.figures[run_name(run.name)]
        over_seeds = material.figures["seeds"][run.name]
        spread = None
        if over_seeds and over_seeds["n"] > 1:
            spread = f"{over_seeds['mean']:.4f} ± {over_seeds['sd']:.4f}"
        row: list[Any] = [f"{run.name}: {run.title}", number(found["accuracy"])]
        known = material.of_publication(run.published.get("accuracy"))
        row += [number(known), known and f"{found['accuracy'] - known:+.4f}"]
        known = material.of_publication(run.published.get("loss"))
        row += [spread, number(found["loss"]), number(known)]
        row.append(known and f"{found['loss'] - known:+.4f}")
        for metric in ("val_accuracy", "val_loss"):
            known = material.of_publication(run.published.get(metric))
            row += [number(found[metric]), number(known)]
        rows.append([*row, number(found["fit_seconds"], 1)])
    header = ["run", "test accuracy", "published", "difference", "over seeds"]
    header += ["test loss", "published", "difference", "validation accuracy"]
    header += ["published", "validation loss", "published", "training, s"]
    return table(header, rows)


def runs_section(material: Material, part: int, runs: Sequence[Run], note: str) -> str:
    """Table and curves of the runs of a part; empty if none was run.

    Parameters
    ----------
    material : Material
        Figures and pictures.
    part : int
        Number of the part, for the name of the picture.
    runs : sequence of Run
        The runs.
    note : str
        A paragraph between table and picture; empty for none.

    Returns
    -------
    str
        The section.
    """
    done = runs_done(runs, material.figures)
    if not done:
        return ""
    drawn = curves(material, part, {run_name(run.name): run for run in done})
    return "\n\n".join(filter(None, [runs_table(material, done), note, drawn]))


def runs_part(number: int, title: str, text: str, *runs: Run, **rest: Any) -> Part:
    """Make a part that consists of runs.

    Parameters
    ----------
    number, title, text
        As in :class:`Part`.
    *runs : Run
        Its runs.
    **rest : object
        Further attributes of the part.

    Returns
    -------
    Part
        The part, with the trainings of its runs, their table and their curves.
    """

    def section(material: Material) -> str:
        return runs_section(material, number, runs, "")

    rest = {"tasks": lambda plan: run_tasks(runs, plan), "section": section, **rest}
    return Part(number, title, text, runs=runs, **rest)
