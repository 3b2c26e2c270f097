"""The report on the trainings: parts 10 to 22, and all of them in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

from skmirai.lab._markdown import image, table
from skmirai.lab._material import Material, Section, number, size
from skmirai.lab._plots import plot_histories, plot_overview, plot_spread
from skmirai.lab._protocol import BATCH_SIZES, DEPTHS, N_FOLDS, PUBLISHED, RUNS, Run
from skmirai.lab._tasks import run_name


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
    text = (
        "± is the standard deviation over seeds, of which the first is the run of the "
        "first column. Losses in tables are without class weights, those of the curves "
        "with them."
    )
    return f"{runs_table(material, done)}\n\n{text}\n\n{picture}"


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


def _runs_of(part: int) -> Section:
    """Make the section of a part that consists of runs."""

    def write(material: Material) -> str:
        runs = [r for r in RUNS if r.part == part]
        done = [r for r in runs if run_name(r.name) in material.figures]
        if not done:
            return ""
        found = material.figures
        histories = {f"run {r.name}": found[run_name(r.name)]["history"] for r in done}
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


def _busy(material: Material) -> str:
    names = [f"batch_{size}" for size in BATCH_SIZES]
    if not material.has(*names):
        return ""
    rows = [
        [
            f"{batch:,}",
            number(material.figures[name]["busy"], 2),
            f"{material.figures[name]['memory_mib']:,.0f} MiB",
            material.figures[name]["threads"],
            *_card(material.figures[name]["gpus"]),
        ]
        for batch, name in zip(BATCH_SIZES, names, strict=True)
    ]
    header = ["batch size", "processors busy", "memory of the process", "threads"]
    return table([*header, "graphics card busy", "its memory used"], rows)


def _card(cards: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """How busy the first graphics card is, and how full."""
    if not cards or None in (cards[0]["busy"], cards[0]["used memory"]):
        return [None, None]
    return [f"{cards[0]['busy']} %", size(cards[0]["used memory"])]


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
                material.of_publication(PUBLISHED["epoch_seconds"][batch]),
                number(found["fit_seconds"], 1),
                material.of_publication(PUBLISHED["seconds"][batch]),
                f"{found['updates']:,}",
                material.of_publication(f"{PUBLISHED['updates'][batch]:,}"),
                number(found["accuracy"]),
            ]
        )
    histories = {
        f"batch {batch:,}": material.figures[name]["history"]
        for batch, name in zip(BATCH_SIZES, names, strict=True)
    }
    plot_histories(histories, material.pictures / "part_13.png")
    n_epochs = material.figures[names[0]]["n_epochs"]
    header = ["batch size", "s per epoch", "published", f"{n_epochs} epochs, s"]
    header += ["published (20)", "updates per epoch", "published", "test accuracy"]
    text = ""
    if n_epochs > 1:
        text = "Seconds per epoch leave out the first epoch, which compiles. "
    if material.published:
        text += (
            "The published times are of a T4 graphics card; the published updates "
            "leave out the last, smaller batch."
        )
    picture = image("part_13.png", "Loss and accuracy over the epochs, by batch size")
    return "\n\n".join(part for part in (table(header, rows), text, picture) if part)


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
        text = (
            f"Mean {found['mean']:.4f}, standard deviation {found['sd']:.4f} (the sum "
            f"divided by n)"
        )
        if material.published:
            text += f"; published: {known[0]} and {known[1]}"
        parts.append(f"{text}.")
    accuracies = {"folds": [fold["accuracy"] for _, fold in folds]}
    plot_spread(accuracies, "accuracy", material.pictures / "folds.png")
    return "\n\n".join([*parts, image("folds.png", "Accuracy of each fold")])


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


#: Sections by the number of their part.
TRAININGS: Mapping[int, Section] = {
    **{part: _runs_of(part) for part in (10, 12, 14, 15, 16, 17, 18)},
    11: _busy,
    13: _batches,
    19: _best,
    20: _always_on,
    21: _folds,
    22: _regression,
}
