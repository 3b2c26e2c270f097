"""The report of a run: Markdown, and one HTML page with everything in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from skmirai.lab._markdown import markdown_page, table
from skmirai.lab._material import Material, number
from skmirai.lab._overview import lab_figures, overview
from skmirai.lab._store import ResultStore
from skmirai.lab._table import LabTable
from skmirai.lab.parts import PARTS, QUESTIONS
from skmirai.utils import versions
from skmirai.utils._files import write_text


def write_report(
    store: ResultStore, table_: LabTable, failed: Mapping[str, str] | None = None
) -> Path:
    """Write the report of all results that are there.

    Parameters
    ----------
    store : ResultStore
        Folder of the results; the report goes there.
    table_ : LabTable
        The table that they were obtained on.
    failed : mapping of str to str or None, default=None
        What pieces of work that failed said.

    Returns
    -------
    Path
        ``report.html``; ``report.md`` is beside it.
    """
    same_labels = table_.has_published_labels
    material = Material(
        lab_figures(store),
        store.figures,
        same_labels=same_labels,
        published=same_labels
        and not table_.generated
        and store.settings["epochs_scale"] == 1
        and store.settings["scaling"] == "all_rows",
    )
    title = "The Mirai lab"
    if table_.generated:
        title += " on a generated table"
    blocks = [f"# {title}", *_opening(store, table_, material)]
    blocks += _parts(material)
    blocks += _answers(material)
    blocks += _failures(failed or {})
    blocks += _times(store, material)
    blocks += ["## Environment", table(["package", "version"], versions().items())]
    markdown = "\n\n".join(blocks) + "\n"
    write_text(store.folder / "report.md", markdown)
    page = store.folder / "report.html"
    write_text(page, markdown_page(title, markdown, store.folder))
    return page


def _opening(store: ResultStore, table_: LabTable, material: Material) -> Iterator[str]:
    settings = store.settings
    if table_.generated:
        yield (
            "> The rows of this run come from simulated packets, since no files were "
            "given. They have the shape and the labels of the Kitsune Mirai table; the "
            "accuracies say nothing about real traffic and are not compared with "
            "published ones."
        )
    elif not material.published:
        yield (
            "> The rows or the settings of this run are not those of the published "
            "lab; published figures are left out."
        )
    else:
        yield (
            "The labels are those of the published table, in its order; published "
            "figures are set beside those of this run."
        )
    if settings["epochs_scale"] != 1:
        yield (
            f"> Trainings were cut to {settings['epochs_scale']:g} times their epochs."
        )
    if settings["scaling"] == "all_rows":
        yield (
            "Columns are standardised over all rows before they are split, as in the "
            "lab; test rows have a say in it. `--scaling training_rows` does without. "
            "All splits are random, so that neighbouring packets, which share their "
            "history, are on both sides: the accuracies are optimistic."
        )
    else:
        yield (
            "Columns are standardised with the training rows alone. All splits are "
            "random, so that neighbouring packets, which share their history, are on "
            "both sides: the accuracies are optimistic."
        )
    summary = overview(material)
    if summary:
        yield "## All runs"
        yield summary


def _parts(material: Material) -> Iterator[str]:
    for part in PARTS:
        text = part.section(material)
        if text:
            yield f"## Part {part.number}: {part.title}"
            yield part.text
            yield text


def _answers(material: Material) -> Iterator[str]:
    yield "## The questions"
    for question in QUESTIONS:
        yield f"**{question.number}. {question.text}**"
        yield question.answered(material.figures, published=material.published)


def _failures(failed: Mapping[str, str]) -> Iterator[str]:
    if failed:
        yield "## What failed"
    for name, error in failed.items():
        yield f"`{name}`:"
        yield f"```text\n{error.strip()}\n```"


def _times(store: ResultStore, material: Material) -> Iterator[str]:
    spent: dict[int, list[float]] = {}
    for name in store:
        found = material.figures[name]
        spent.setdefault(found["part"], []).append(found["seconds"])
    rows = [
        [f"{part.number}: {part.title}", len(seconds), number(sum(seconds), 1)]
        for part in PARTS
        if (seconds := spent.get(part.number))
    ]
    total = number(sum(map(sum, spent.values())), 1)
    yield "## Time of every part"
    yield (
        "Seconds of work; trainings of different parts run side by side, so that the "
        "whole took less."
    )
    yield table(["part", "pieces", "seconds"], [*rows, ["all", None, total]])
