"""Runs of the lab's table: their trainings, and how the report shows them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from skmirai.lab._comparison import comparison
from skmirai.lab._part import Part
from skmirai.lab._protocol import SETTINGS, Run
from skmirai.lab._training.fits import classifier, fit
from skmirai.lab._training.judgement import judged
from skmirai.lab._work.context import LabContext
from skmirai.lab._work.tasks import Action, Plan, Task, training_task
from skmirai.lab._writing.curves import curves
from skmirai.lab._writing.figures import mean_and_spread
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, number


def run_name(name: str, seed: int = 0) -> str:
    """Name of the result of a run of the lab's table."""
    return f"run_{name.replace(' ', '_')}" + (f"_seed_{seed}" if seed else "")


def train(
    context: LabContext, settings: Mapping[str, Any], **how: Any
) -> dict[str, Any]:
    """Train, evaluate on validation and test rows, save the network."""
    return train_and_keep(context, settings, **how)[0]


def train_and_keep(
    context: LabContext,
    settings: Mapping[str, Any],
    *,
    seed: int,
    model: str,
    run_title: str,
    dropout_on: bool = False,
) -> tuple[dict[str, Any], Any]:
    """As :func:`train`; return the network too.

    The result tells what was trained, since the best configuration may be the
    user's own.
    """
    X, y = context.table.open()
    splits = context.splits()
    clf = classifier(context, settings, seed)
    rows = splits.validation
    _, found = fit(context, clf, X, y, splits.train, rows, dropout_on=dropout_on)
    found |= {"title": run_title, "settings": dict(settings)}
    found["class_weight"] = clf.class_weight_.tolist()
    evaluated = clf.evaluate(X[rows], y[rows])
    found |= {f"val_{metric}": value for metric, value in evaluated.items()}
    found |= judged(clf, X[splits.test], y[splits.test])
    clf.save(context.store.model(model))
    return found, clf


def run_tasks(
    runs: Iterable[Run], plan: Plan, action: Action = train, **how: Any
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
                run_title=run.title,
                **how,
            )


def runs_done(runs: Iterable[Run], results: Mapping[str, Any]) -> list[Run]:
    """Those of some runs that have a result, as they were trained.

    A run of another configuration than the published one has the title and the
    settings of that one, and nothing published.
    """
    done = []
    for run in runs:
        found = results.get(run_name(run.name))
        if found and found["title"] != run.title:
            own = {"title": found["title"], "settings": found["settings"]}
            run = replace(run, published={}, **own)
        if found:
            done.append(run)
    return done


def of_all_seeds(run: Run, results: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Results of a run, one for each seed, the first one first."""
    first = run_name(run.name)
    names = [name for name in results if name.startswith(f"{first}_seed_")]
    names.sort(key=lambda name: int(name.rpartition("_")[2]))
    return [results[name] for name in [first, *names] if name in results]


def with_baselines(runs: Sequence[Run]) -> list[Run]:
    """Some runs, each after the run that it is compared with."""
    shown: list[Run] = []
    for run in runs:
        before = [] if run.baseline is None else [run.baseline]
        known = {other.name for other in (*shown, *runs)}
        shown += [baseline for baseline in before if baseline.name not in known]
        shown.append(run)
    return shown


def runs_table(material: Material, runs: Sequence[Run]) -> str:
    """Table of runs, with the published figures if they are of the same table.

    A run whose dropout stays on has a second row, of one pass with it.
    """
    rows = []
    for run in runs:
        found = material.figures[run_name(run.name)]
        seeds = of_all_seeds(run, material.figures)
        spread = mean_and_spread([result["accuracy"] for result in seeds])
        name = f"{run.name}: {run.title}"
        of = {k: material.of_publication(v) for k, v in run.published.items()}
        seconds = number(found["fit_seconds"], 1)
        rows.append([name, *_cells(found, of, spread), seconds])
        if "pass_accuracy" in found:
            metrics, history = ("accuracy", "loss"), found["history"]
            one = {m: found[f"pass_{m}"] for m in metrics}
            one |= {f"val_{m}": history[f"val_{m}_dropout_on"][-1] for m in metrics}
            of = {m: of.get(f"pass_{m}") for m in metrics}
            name = f"{run.name}, dropout on in tests too"
            rows.append([name, *_cells(one, of, None), None])
    header = ["run", "test accuracy", "published", "difference", "over seeds"]
    header += ["test loss", "published", "difference", "validation accuracy"]
    header += ["published", "validation loss", "published", "training, s"]
    return table(header, rows)


def _cells(
    found: Mapping[str, Any], of: Mapping[str, float | None], spread: str | None
) -> list[str | None]:
    """Accuracies and losses of a row, with those published."""
    cells = []
    for metric, more in (("accuracy", [spread]), ("loss", [])):
        known = of.get(metric)
        differs = None if known is None else f"{found[metric] - known:+.4f}"
        cells += [number(found[metric]), number(known), differs, *more]
    for metric in ("val_accuracy", "val_loss"):
        cells += [number(found[metric]), number(of.get(metric))]
    return cells


def classes_table(material: Material, runs: Sequence[Run]) -> str:
    """Table of what became of the test rows of each class."""
    rows = []
    for run in runs:
        found = material.figures[run_name(run.name)]
        (tn, fp), (fn, tp) = found["confusion"]
        balanced = [r["balanced_accuracy"] for r in of_all_seeds(run, material.figures)]
        row: list[Any] = [f"{run.name}: {run.title}"]
        row += [f"{n:,}" for n in (tn, fp, fn, tp)]
        row += [number(recall) for recall in found["recalls"]]
        rows.append(
            [*row, number(found["balanced_accuracy"]), mean_and_spread(balanced)]
        )
    header = ["run", "benign, named so", "named attack", "attack, named benign"]
    header += ["named so", "recall, benign", "recall, attack", "balanced accuracy"]
    return table([*header, "over seeds"], rows)


def comparisons(material: Material, runs: Sequence[Run]) -> str:
    """A sentence for each run that has a baseline; empty if none has."""
    told = []
    for run in runs:
        known = [] if run.baseline is None else [run.baseline]
        for baseline in runs_done(known, material.figures):
            before = of_all_seeds(baseline, material.figures)
            after = of_all_seeds(run, material.figures)
            n = max(len(before), len(after))
            over = f"means over {n} seeds" if n > 1 else "one training each"
            told.append(
                f"**{run.title}**, against {baseline.title} (test rows, {over}): "
                f"{comparison(before, after)}"
            )
    if told:
        told.append("What counts as beyond the seeds stands under Settings.")
    return "\n\n".join(told)


def runs_section(material: Material, part: int, runs: Sequence[Run], note: str) -> str:
    """Tables, comparisons and curves of the runs of a part; empty if none was run.

    Parameters
    ----------
    material : Material
        Figures and pictures.
    part : int
        Number of the part, for the name of the picture.
    runs : sequence of Run
        The runs; their baselines are shown beside them.
    note : str
        A paragraph after the tables; empty for none.

    Returns
    -------
    str
        The section.
    """
    changed = runs_done(runs, material.figures)
    if not changed:
        return ""
    done = runs_done(with_baselines(changed), material.figures)
    shown = [runs_table(material, done), classes_table(material, done)]
    shown += [note, comparisons(material, changed)]
    drawn = curves(material, part, {run_name(run.name): run for run in done})
    return "\n\n".join(filter(None, [*shown, drawn]))


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
