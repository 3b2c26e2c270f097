"""The report's text, part by part, from the figures of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skmirai.lab._figures import Figures, run_name
from skmirai.lab._markdown import image, table
from skmirai.lab._plots import plot_histories, plot_overview, plot_spread
from skmirai.lab._protocol import BATCH_SIZES, DEPTHS, N_FOLDS, PUBLISHED, RUNS, Run


@dataclass(frozen=True)
class Material:
    """What sections are written from.

    Attributes
    ----------
    figures : Figures
        Figures of the run.
    pictures : Path
        Folder for pictures.
    same_labels : bool
        Whether rows and labels are as many as in the published lab, so that figures
        which follow from them must be the published ones.
    published : bool
        Whether the table is that of the published lab.
    """

    figures: Figures
    pictures: Path
    same_labels: bool
    published: bool

    def has(self, *names: str) -> bool:
        """Whether all of these results are there."""
        return all(name in self.figures for name in names)

    def exact(self, value: Any) -> Any:
        """Return a published value that the labels determine, None for others."""
        return value if self.same_labels else None

    def of_publication(self, value: Any) -> Any:
        """Return a published value, None where the table is another one."""
        return value if self.published else None


Section = Callable[[Material], str]

_SECTIONS: dict[int, Section] = {}


def section(number: int) -> Callable[[Section], Section]:
    """Register the section of a part."""

    def register(function: Section) -> Section:
        _SECTIONS[number] = function
        return function

    return register


def part_section(number: int, material: Material) -> str:
    """Text of a part, without its heading; empty if nothing of it was run."""
    return _SECTIONS[number](material)


def number(value: float | None, digits: int = 4) -> str | None:
    """Value with some digits; None stays None."""
    return None if value is None else f"{value:,.{digits}f}"


def size(n_bytes: float) -> str:
    """Bytes in a unit that suits them."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:,.1f} {unit}"
    return f"{n_bytes} bytes"


def _counts(pair: Sequence[int] | None) -> str | None:
    return None if pair is None else f"{pair[0]:,} / {pair[1]:,}"


# -- the table and the machine ---------------------------------------------------


@section(1)
def _table(material: Material) -> str:
    if not material.has("part_01"):
        return ""
    found = material.figures["part_01"]
    n_rows, n_columns = found["shape"]
    exact = material.exact
    return table(
        ["", "here", "published"],
        [
            ["rows x columns", f"{n_rows:,} x {n_columns}", exact("764,137 x 116")],
            ["benign / attack", _counts(found["counts"]), exact("121,621 / 642,516")],
            ["values that are no numbers", found["n_nan"], exact(0)],
            ["labels that are no numbers", found["n_nan_labels"], exact(0)],
            ["size of the table", size(found["bytes"]), None],
        ],
    )


@section(2)
def _machine(material: Material) -> str:
    if not material.has("part_02"):
        return ""
    found = material.figures["part_02"]
    rows = [
        ["processor", found["processor"]],
        ["cores to use", found["cores"]],
        ["memory", size(found["memory"])],
        ["of it free", size(found["free memory"])],
    ]
    for card in found["gpus"]:
        memory = "unknown" if card["memory"] is None else size(card["memory"])
        rows.append(["graphics card", f"{card['name']}, {memory}"])
    if not found["gpus"]:
        rows.append(["graphics card", "none found by nvidia-smi"])
    return table(["", "here"], rows)


@section(3)
def _memory(material: Material) -> str:
    if not material.has("part_03"):
        return ""
    found = material.figures["part_03"]
    networks = [name for name in found if name not in ("part", "seconds")]
    kinds = list(found[networks[0]])
    rows = [[kind, *(size(found[name][kind]) for name in networks)] for kind in kinds]
    return table(["", *networks], rows)


@section(4)
def _loading(material: Material) -> str:
    if not material.has("part_04"):
        return ""
    found = material.figures["part_04"]
    n_rows, n_columns = found["shape"]
    return (
        f"Opened in {found['seconds_to_open']:.3f} s. Left after dropping columns: "
        f"{n_rows:,} x {n_columns}."
    )


@section(5)
def _naive(material: Material) -> str:
    if not material.has("part_05"):
        return ""
    found = material.figures["part_05"]
    rows = [["always the larger class", number(found["majority"]), None, None]]
    for name, strategy in (
        ("guesses, both classes alike", "uniform"),
        ("guesses in proportion to the classes", "prior"),
    ):
        drawn = found[strategy]
        interval = f"{drawn['low']:.4f} to {drawn['high']:.4f}"
        rows.append([name, number(drawn["mean"]), interval, number(drawn["expected"])])
    return table(["classifier", "accuracy", "95 % of the draws", "exact"], rows)


@section(6)
def _standardisation(material: Material) -> str:
    if not material.has("part_06"):
        return ""
    found = material.figures["part_06"]
    constant = found["n_constant"]
    return (
        f"Over all {found['n_rows']:,} rows the standardised columns have means of at "
        f"most {found['largest_mean']:.1e} in size and standard deviations between "
        f"{found['smallest_deviation']:.6f} and {found['largest_deviation']:.6f}."
        + (f" {constant} columns are constant and become 0." if constant else "")
    )


@section(7)
def _ordered(material: Material) -> str:
    if not material.has("part_07"):
        return ""
    found, of = material.figures["part_07"], material.exact
    return table(
        ["rows", "benign / attack", "published"],
        [
            [
                "first 70 %",
                _counts(found["train"]),
                _counts(of(PUBLISHED["ordered_train"])),
            ],
            [
                "the others",
                _counts(found["rest"]),
                _counts(of(PUBLISHED["ordered_rest"])),
            ],
        ],
    )


@section(8)
def _shuffled(material: Material) -> str:
    if not material.has("part_08"):
        return ""
    found, of = material.figures["part_08"], material.exact
    weights = ", ".join(f"{weight:.8f}" for weight in found["class_weight"])
    rows = [
        [
            name,
            f"{sum(found[key]):,}",
            _counts(found[key]),
            _counts(of(PUBLISHED.get(key))),
        ]
        for name, key in (
            ("training", "train"),
            ("the rest", "rest"),
            ("validation", "validation"),
            ("test", "test"),
        )
    ]
    return (
        table(["rows", "number", "benign / attack", "published"], rows)
        + f"\n\nBalanced class weights of the training rows: {weights}"
        + (" (published: 3.14821899, 0.59440307)." if material.same_labels else ".")
    )


@section(9)
def _network(material: Material) -> str:
    if not material.has("part_09"):
        return ""
    found = material.figures["part_09"]
    networks = [name for name in found if " x " in name]
    known = PUBLISHED["n_parameters"]
    rows = [
        [name, f"{found[name]['trainable']:,}", number(known.get(name), 0)]
        for name in networks
    ]
    why = (
        "The sigmoid of the last unit turns any number into one between 0 and 1, the "
        "probability of an attack, and together with the cross-entropy it has a "
        "gradient that does not vanish where the answer is wrong."
    )
    summary = found[networks[0]]["summary"]
    parts = [why, table(["network", "trainable parameters", "published"], rows)]
    return "\n\n".join([*parts, f"```text\n{summary}\n```"])


# -- trainings -------------------------------------------------------------------


def overview(material: Material) -> str:
    """Table and picture of all runs; empty if there is none."""
    done = [run for run in RUNS if run_name(run.name) in material.figures]
    if not done:
        return ""
    naive = material.figures.get("part_05", {}).get("majority")
    accuracy = {r.name: material.figures[run_name(r.name)]["accuracy"] for r in done}
    published = {
        run.name: run.published["accuracy"]
        for run in done
        if material.published and "accuracy" in run.published
    }
    plot_overview(accuracy, published, naive, material.pictures / "overview.png")
    picture = image("overview.png", "Accuracy of every run on the test rows")
    return f"{runs_table(material, done)}\n\n{picture}"


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
        row += [number(found["val_accuracy"]), number(found["fit_seconds"], 1)]
        rows.append(row)
    header = ["run", "test accuracy", "published", "difference", "over seeds"]
    header += ["test loss", "published", "validation accuracy", "training, s"]
    return table(header, rows)


def _runs_of(part: int) -> Section:
    """Make the section of a part that consists of runs."""

    def write(material: Material) -> str:
        runs = [r for r in RUNS if r.part == part]
        done = [r for r in runs if run_name(r.name) in material.figures]
        if not done:
            return ""
        found = material.figures
        histories = {r.title: found[run_name(r.name)]["history"] for r in done}
        picture = f"part_{part:02}.png"
        plot_histories(histories, material.pictures / picture)
        parts = [runs_table(material, done)]
        weights = found[run_name(done[0].name)]["class_weight"]
        if part == 12:
            text = ", ".join(f"{weight:.8f}" for weight in weights)
            parts.append(f"Weights of benign and attack: {text}.")
        parts.append(image(picture, f"Loss and accuracy over the epochs, part {part}"))
        return "\n\n".join(parts)

    return write


for _part in (10, 12, 14, 15, 16, 17, 18):
    _SECTIONS[_part] = _runs_of(_part)


@section(11)
def _busy(material: Material) -> str:
    names = [f"batch_{size}" for size in BATCH_SIZES]
    if not material.has(*names):
        return ""
    rows = [
        [
            f"{batch:,}",
            number(material.figures[name]["busy"], 2),
            f"{material.figures[name]['memory_mib']:,.0f} MiB",
        ]
        for batch, name in zip(BATCH_SIZES, names, strict=True)
    ]
    return table(["batch size", "processors busy", "memory of the process"], rows)


@section(13)
def _batches(material: Material) -> str:
    names = [f"batch_{size}" for size in BATCH_SIZES]
    if not material.has(*names):
        return ""
    rows = []
    for batch, name in zip(BATCH_SIZES, names, strict=True):
        found = material.figures[name]
        rows.append(
            [
                f"{batch:,}",
                number(found["epoch_seconds"], 3),
                material.exact(PUBLISHED["epoch_seconds"][batch]),
                number(found["fit_seconds"], 1),
                material.exact(PUBLISHED["seconds"][batch]),
                f"{found['updates']:,}",
                material.exact(f"{PUBLISHED['updates'][batch]:,}"),
                number(found["accuracy"]),
            ]
        )
    histories = {
        f"batch {batch:,}": material.figures[name]["history"]
        for batch, name in zip(BATCH_SIZES, names, strict=True)
    }
    plot_histories(histories, material.pictures / "part_13.png")
    header = [
        "batch size",
        "s per epoch",
        "published",
        f"{material.figures[names[0]]['n_epochs']} epochs, s",
    ]
    header += ["published (20)", "updates per epoch", "published", "test accuracy"]
    return "\n\n".join(
        [
            table(header, rows),
            "The published times are of a T4 graphics card, and of 764,137 rows; the "
            "published updates leave out the last, smaller batch.",
            image("part_13.png", "Loss and accuracy over the epochs, by batch size"),
        ]
    )


@section(19)
def _best(material: Material) -> str:
    parts = [_runs_of(19)(material)]
    names = [f"depth_{depth}" for depth in DEPTHS]
    if material.has(*names):
        found = material.figures
        rows = [
            [
                f"{depth} x 20",
                number(found[name]["epoch_seconds"], 3),
                number(found["depth_ratio"][f"over_{depth}"], 2),
                f"{found[name]['n_parameters']:,}",
            ]
            for depth, name in zip(DEPTHS, names, strict=True)
        ]
        header = ["network", "s per epoch", "10 layers take times as long"]
        parts.append(table([*header, "trainable parameters"], rows))
    choices = material.figures
    if material.has("best_test"):
        test, validation = choices["best_test"], choices["best_validation"]
        parts.append(
            f"Highest on the test rows: {test['title']}, {test['accuracy']:.4f} "
            f"(chosen on the rows it is judged by, so optimistic). Highest on the "
            f"validation rows: {validation['title']}, {validation['val_accuracy']:.4f} "
            f"there and {validation['accuracy']:.4f} on the test rows."
        )
    return "\n\n".join(part for part in parts if part)


@section(20)
def _always_on(material: Material) -> str:
    if not material.has("run_11"):
        return ""
    found, passes = material.figures["run_11"], material.figures["passes"]
    of = material.of_publication
    known = of(PUBLISHED["passes"])
    run = next(run for run in RUNS if run.name == "11")
    rows = [
        ["dropout off, accuracy", number(found["accuracy"]), None],
        *[
            [
                text,
                number(found[key]),
                number(material.of_publication(run.published[key])),
            ]
            for text, key in (
                ("one pass, accuracy", "pass_accuracy"),
                ("one pass, loss", "pass_loss"),
            )
        ],
        ["mean of the passes", number(passes["mean"]), known and number(known[0])],
        ["standard deviation", number(passes["sd"], 5), known and number(known[1], 5)],
        ["of thinned networks", number(passes["thinned_sd"], 5), None],
        ["time of the passes, s", number(passes["seconds"], 1), None],
        ["surest 90 % of the rows", number(found["accuracy_of_surest_90"]), None],
    ]
    spread = {
        "units drawn for each row": found["passes"],
        "one thinned network for all rows": found["thinned"],
    }
    plot_histories({run.title: found["history"]}, material.pictures / "part_20.png")
    plot_spread(spread, "accuracy of a pass", material.pictures / "passes.png")
    doubt = [found["doubt_when_right"], found["doubt_when_wrong"]]
    text = ""
    if None not in doubt:
        text = (
            f"Mutual information of units and answer: {doubt[0]:.4f} nats on average "
            f"where the answer is right, {doubt[1]:.4f} where it is wrong."
        )
    parts = [
        table(["", "here", "published"], rows),
        text,
        image("part_20.png", "Loss and accuracy over the epochs, with dropout"),
        image("passes.png", "Accuracy of each of the passes"),
    ]
    return "\n\n".join(part for part in parts if part)


@section(21)
def _folds(material: Material) -> str:
    folds = [
        (k, material.figures[f"fold_{k}"])
        for k in range(N_FOLDS)
        if f"fold_{k}" in material.figures
    ]
    if not folds:
        return ""
    rows = [
        [
            k + 1,
            number(fold["accuracy"]),
            number(fold["loss"]),
            ", ".join(f"{weight:.4f}" for weight in fold["class_weight"]),
            number(fold["fit_seconds"], 1),
        ]
        for k, fold in folds
    ]
    parts = [table(["fold", "accuracy", "loss", "class weights", "training, s"], rows)]
    if material.has("folds"):
        found, known = material.figures["folds"], PUBLISHED["folds"]
        beside = (
            f" (published: {known[0]} and {known[1]})" if material.published else ""
        )
        parts.append(
            f"Mean {found['mean']:.4f}, standard deviation {found['sd']:.4f}{beside}."
        )
    accuracies = {"folds": [fold["accuracy"] for _, fold in folds]}
    plot_spread(accuracies, "accuracy", material.pictures / "folds.png")
    return "\n\n".join([*parts, image("folds.png", "Accuracy of each fold")])


@section(22)
def _regression(material: Material) -> str:
    if not material.has("regression"):
        return ""
    found = material.figures["regression"]
    plot_histories({"": found["history"]}, material.pictures / "part_22.png")
    rows = [
        [name, number(found[f"r2_{key}"]), number(found[f"rmse_{key}"], 2)]
        for name, key in (
            ("network, 2 x 20", "network"),
            ("ridge regression", "linear"),
            ("mean of the training rows", "mean"),
        )
    ]
    text = (
        "Target: `H_L1_mean`, the mean size in bytes of the packets that the host sent "
        "in about the last second."
    )
    return "\n\n".join(
        [
            text,
            table(["model", "R² on the test rows", "root mean squared error"], rows),
            image("part_22.png", "Squared and absolute error over the epochs"),
        ]
    )


def environment(versions: Mapping[str, str]) -> str:
    """Table of the packages' versions."""
    return table(["package", "version"], versions.items())
