"""The report of a run: Markdown, and one HTML page with everything in it."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from skmirai.lab._overview import lab_figures, overview
from skmirai.lab._protocol import as_published
from skmirai.lab._rows.table import LabTable
from skmirai.lab._settings import settings_section
from skmirai.lab._work.store import ResultStore
from skmirai.lab._writing.curves import HOW_TO_READ
from skmirai.lab._writing.markdown import markdown_page, table
from skmirai.lab._writing.material import Material, number
from skmirai.lab._writing.references import REFERENCES
from skmirai.lab.parts import PARTS
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
    origin = table_.origin
    material = Material(
        lab_figures(store),
        store.figures,
        same_labels=table_.has_published_labels,
        published=as_published(origin, store.settings),
    )
    title = "The Mirai lab"
    if origin == "generated":
        title += " on a generated table"
    blocks = [f"# {title}", *_opening(store, origin, material)]
    blocks += _parts(material, {material.figures[name]["part"] for name in store})
    blocks += _failures(failed or {})
    blocks += _times(store, material)
    blocks += settings_section(store.settings, store)
    blocks += ["## Environment", table(["package", "version"], versions().items())]
    markdown = "\n\n".join(blocks) + "\n"
    write_text(store.folder / "report.md", markdown)
    page = store.folder / "report.html"
    write_text(page, markdown_page(title, markdown, store.folder))
    return page


#: What a report says first, by where its rows come from.
_ORIGINS = {
    "generated": "> The rows of this run come from simulated packets. They have the "
    "shape and the labels of the Kitsune Mirai table; the accuracies say nothing about "
    "real traffic and are not compared with published ones.",
    "part": "> The rows of this run are a part of the published table. Published "
    "figures are of all its rows and are left out.",
    "other": "> The rows of this run are not those of the published table; published "
    "figures are left out.",
    "published": "> The rows are those of the published table, but the settings of "
    "this run are not those of the published lab; published figures are left out.",
}


def _opening(store: ResultStore, origin: str, material: Material) -> Iterator[str]:
    settings = store.settings
    if material.published:
        yield (
            "Rows and labels are those of the published table, as far as can be told; "
            "published figures are set beside those of this run."
        )
    else:
        yield _ORIGINS[origin]
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
    elif any("history" in material.figures[name] for name in store):
        yield HOW_TO_READ


def _parts(material: Material, run: Collection[int]) -> Iterator[str]:
    """Yield the parts that were run, each with its questions; then the sources."""
    sources: set[str] = set()
    for part in PARTS:
        text = part.section(material) if part.number in run else ""
        if not text:
            continue
        yield f"## Part {part.number}: {part.title}"
        yield part.text
        yield text
        for question in part.questions:
            answer = question.answered(material.figures, published=material.published)
            if answer is not None:
                yield f"**Question {question.number}. {question.text}**"
                yield answer
                sources.update(question.sources)
                if question.sources:
                    yield f"Sources: {'; '.join(question.sources)}."
    if sources:
        yield "## Sources"
        yield "\n".join(f"- {name}: {REFERENCES[name]}" for name in sorted(sources))


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
