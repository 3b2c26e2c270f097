"""Part 13: what the size of a batch does to time, memory and accuracy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_histories, plot_load
from skmirai.lab._protocol import SETTINGS
from skmirai.lab._training.fits import time_epochs, train_and_judge
from skmirai.lab._training.memory import training_memory
from skmirai.lab._work.tasks import Plan, Task, training_task
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.load_words import LOAD_HEADER, load_in_words, load_row
from skmirai.lab._writing.markdown import image, table
from skmirai.lab._writing.material import Material, number

BATCH_SIZES = (100, 1_000, 10_000)

_NAMES = {size: f"batch_{size}" for size in BATCH_SIZES}

#: Of smaller batches, the rate that is as large a part of the lab's as the batch is.
_RATES = {
    size: SETTINGS["learning_rate"] * size / BATCH_SIZES[-1] for size in BATCH_SIZES
}
#: Trainings with these rates; the last one has the lab's.
_SCALED = {
    size: f"rate_of_batch_{size}" if size != BATCH_SIZES[-1] else _NAMES[size]
    for size in BATCH_SIZES
}
_PUBLISHED: Mapping[str, Mapping[int, int]] = {
    "epoch_seconds": {100: 22, 1_000: 4, 10_000: 2},
    "seconds": {100: 399, 1_000: 82, 10_000: 12},
    "updates": {100: 5_348, 1_000: 534, 10_000: 53},
}


def _tasks(plan: Plan) -> Iterable[Task]:
    for batch_size, name in _NAMES.items():
        title = f"batches of {batch_size:,}"
        settings = {"batch_size": batch_size}
        yield training_task(plan, name, 13, title, time_epochs, settings, alone=True)
    for batch_size, name in list(_SCALED.items())[:-1]:
        rate = _RATES[batch_size]
        title = f"batches of {batch_size:,}, rate {rate:g}"
        settings = {"batch_size": batch_size, "learning_rate": rate}
        yield training_task(plan, name, 13, title, train_and_judge, settings)


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if not results.keys() >= set(_NAMES.values()):
        return {}
    done = [results[name] for name in _NAMES.values()]
    small, *_, large = done
    found = {
        "batch_ratio": small["epoch_seconds"] / large["epoch_seconds"],
        "step_ratio": small["updates"] / large["updates"],
        "load_in_words": " ".join(load_in_words(small["load"])),
    }
    per_update, per_epoch = _line(
        [run["updates"] for run in done], [run["epoch_seconds"] for run in done]
    )
    # of one epoch the time holds the compilation
    if small["n_epochs"] > 1 and per_update > 0 and per_epoch > 0:
        found["costs"] = {"update_ms": 1000 * per_update, "epoch": per_epoch}
    if small["loss"] < large["loss"]:
        found["farther"] = {"by": small["loss"] - large["loss"]}
    if results.keys() >= set(_SCALED.values()):
        scaled = [results[name]["loss"] for name in _SCALED.values()]
        found["scaled"] = {"losses": _listed(scaled), "apart": float(np.ptp(scaled))}
        found["scaled"]["fixed_apart"] = float(np.ptp([run["loss"] for run in done]))
    return found


def _listed(values: Sequence[float]) -> str:
    *first, last = (f"{value:.4f}" for value in values)
    return f"{', '.join(first)} and {last}"


def _line(updates: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Seconds that an update costs, and those that an epoch costs without any."""
    slope, constant = np.polyfit(updates, seconds, 1)
    return float(slope), float(constant)


def _show(material: Material) -> str:
    if not material.has(*_NAMES.values()):
        return ""
    shown = [_show_times(material), _show_rates(material), _show_load(material)]
    return "\n\n".join(filter(None, shown))


def _show_rates(material: Material) -> str:
    if not material.has(*_SCALED.values()):
        return ""
    rows = []
    for batch, name in _SCALED.items():
        found = material.figures[name]
        measured = (found[key] for key in ("accuracy", "balanced_accuracy", "loss"))
        rows.append([f"{batch:,}", f"{_RATES[batch]:g}", *map(number, measured)])
    header = ["batch size", "rate", "test accuracy", "balanced accuracy", "test loss"]
    text = (
        "The lab keeps the rate at 0.1. In proportion to the batch, which question 12 "
        "is about, it gives:"
    )
    return f"{text}\n\n{table(header, rows)}"


def _show_load(material: Material) -> str:
    loads = {
        f"batch {batch:,}": material.figures[name]["load"]
        for batch, name in _NAMES.items()
    }
    rows = [[name, *load_row(load)] for name, load in loads.items()]
    plot_load(loads, material.pictures / "part_13_load.png")
    text = (
        "Load while the networks were trained, mean and peak, seen about five times a "
        "second (once, where only `nvidia-smi` tells of a card). "
    )
    if any(load["since"] for load in loads.values()):
        text += (
            "Means and peaks leave out the first epoch, which compiles; the dotted "
            "lines show where it ended."
        )
    picture = image("part_13_load.png", "Load over the time of training, by batch size")
    return "\n\n".join([text.strip(), table(["", *LOAD_HEADER], rows), picture])


def _show_times(material: Material) -> str:
    of, known = material.of_publication, _PUBLISHED
    rows = []
    for batch, name in _NAMES.items():
        found = material.figures[name]
        rows.append(
            [
                f"{batch:,}",
                number(found["epoch_seconds"], 3),
                of(known["epoch_seconds"][batch]),
                number(found["fit_seconds"], 1),
                of(known["seconds"][batch]),
                f"{found['updates']:,}",
                of(f"{known['updates'][batch]:,}"),
                number(found["accuracy"]),
                number(found["balanced_accuracy"]),
                number(found["loss"]),
            ]
        )
    histories = {
        f"batch {batch:,}": material.figures[name]["history"]
        for batch, name in _NAMES.items()
    }
    plot_histories(
        histories,
        material.pictures / "part_13.png",
        title="What does the batch size change in as many epochs?",
        weighted=list(histories),
    )
    first = material.figures[_NAMES[BATCH_SIZES[0]]]
    n_epochs = first["n_epochs"]
    trained = f"{n_epochs} epochs, s" if n_epochs > 1 else "1 epoch, s"
    header = ["batch size", "s per epoch", "published", trained]
    header += ["published (20)", "updates per epoch", "published", "test accuracy"]
    header += ["balanced accuracy", "test loss"]
    text = (
        f"What is timed: each training alone, with {first['threads']} threads, and "
        f"validation after every epoch included. "
    )
    if n_epochs > 1:
        text += (
            "Seconds per epoch are the median without the first epoch, which compiles; "
            "those of the whole training hold it, and all that comes before: the copy "
            "of the rows and their standardisation. "
        )
    if material.published:
        text += (
            "The published times are of a T4 graphics card; the published updates "
            "leave out the last, smaller batch."
        )
    picture = image("part_13.png", "Loss and accuracy over the epochs, by batch size")
    return "\n\n".join([table(header, rows), text.strip(), picture])


#: Bytes of a row and of what the 2 x 20 network keeps of it for the gradients.
_ROW_BYTES = sum(
    bytes_held
    for kind, bytes_held in training_memory(
        92, 1, {**SETTINGS, "batch_size": 1}
    ).items()
    if kind in ("batch", "activations")
)

_QUESTIONS = (
    Question(
        7,
        "Why batches, and not all data at once?",
        "The gradient of a batch points nearly where that of all rows does, at a "
        "fraction of the work: its error shrinks with the square root of the number of "
        "rows only, so that 100 times the rows cost 100 times the work for one more "
        "digit. An epoch with all rows at once makes one step, in batches of 100 one "
        "for every 100 rows<< ({batch_100[updates]:,} here)>>, for about the same "
        "arithmetic, and many rough steps get further than one exact step. The "
        "activations of a batch fit into memory where those of all rows may not, and "
        "rows need not be there together. One row at a time would leave the hardware "
        "idle, though: a batch is many rows that are computed side by side. The noise "
        "of the steps can also help out of flat places.",
        sources=(
            "Bottou, Curtis and Nocedal 2018",
            "Goodfellow, Bengio and Courville 2016",
        ),
    ),
    Question(
        8,
        "How busy is the graphics card with batches of 100 rows, and how much of its "
        "memory is used, when looked at several times during training?",
        "<<With batches of 100 rows, {load_in_words} >>What NVIDIA calls utilisation "
        "is the share of the last sample period, a sixth of a second to a second, in "
        "which at least one kernel ran, however few of the cores it kept busy.[[ On "
        "the T4 the looks during the published training spanned 18 to 27 % and 1,151 "
        "to 2,175 MiB: for three quarters of the time the card stood still and waited "
        "for Python to send the next small batch, and 100 rows do not fill its cores "
        "in the rest (question 9). The two figures of memory differ by 1,024 MiB, as "
        "if by one step of TensorFlow's allocator.]] "
        "The memory taken on a card is what TensorFlow's allocator has reserved, in "
        "large steps, and does not give back, together with the driver's own needs; a "
        "network of this size needs a few MiB (part 3).",
        sources=("NVIDIA, NVML",),
    ),
    Question(
        9,
        "How long does an epoch take with batches of 100, 1,000 and 10,000 rows, and "
        "why?",
        "<<{batch_100[epoch_seconds]:.2f}, {batch_1000[epoch_seconds]:.2f} and "
        "{batch_10000[epoch_seconds]:.2f} s[[ (published: 22, 4 and 2 s)]], validation "
        "included, a ratio of {batch_ratio:.1f} from the first to the last. >>The "
        "arithmetic of an epoch is the same at each size, and so is validation: wide "
        "batches do it in fewer, larger steps. Every update costs something besides: "
        "the call from Python, the start of each kernel, the step of the optimizer. "
        "And 100 rows cannot fill a card: the output of a layer of 20 units is 2,000 "
        "numbers, less than one for each of the 2,560 cores of a T4, which needs "
        "several per core to hide the time that memory takes.[[ The published times "
        "lie on a line: 3.8 ms for every update and 2 s for every epoch, validation "
        "among them.]]<< The line through the times here is {costs[update_ms]:.3f} ms "
        "for every update and {costs[epoch]:.2f} s for every epoch.>> Here an epoch is "
        "compiled and called from Python once, so that updates cost less than in "
        "Keras's own loop.",
        sources=("NVIDIA, CUDA", "NVIDIA, T4"),
    ),
    Question(
        10,
        "How many times are the weights updated in an epoch at the three sizes?",
        "As often as there are batches, the number of training rows divided by the "
        "size and rounded up<<: {batch_100[updates]:,}, {batch_1000[updates]:,} and "
        "{batch_10000[updates]:,} times with batches of 100, 1,000 and 10,000 rows of "
        "{batch_100[n_rows]:,}>>. What is left for a last, smaller batch makes an "
        "update like any other.[[ The published 5,348, 534 and 53 leave that one "
        "out.]]",
    ),
    Question(
        11,
        "What limits the batch size?",
        "Upwards the number of training rows<< ({batch_100[n_rows]:,} here)>> and "
        "memory: rows and the activations that the gradients need grow with the "
        "batch, "
        f"{_ROW_BYTES} bytes for each row of the 2 x 20 network, so that the "
        f"15,360 MiB of a T4 would hold {15_360 * 2**20 // _ROW_BYTES / 1e6:.0f} "
        "million rows. For a network this small the limit is learning: past some size "
        "further rows hardly change the mean gradient, an epoch has fewer steps, and "
        "the rate cannot be raised in proportion without end. Whether large batches "
        "also end in worse minima is disputed: Keskar et al. found them to, Goyal et "
        "al. found none up to 8,192 images once the rate was scaled and warmed up. "
        "Downwards it is one row; batch normalisation needs several, and hardware is "
        "idle long before.",
        sources=("Keskar et al. 2017", "Goyal et al. 2017"),
    ),
    Question(
        12,
        "How do learning rate and batch size belong together, and what should the "
        "rate do when the batch gets smaller?",
        "The noise of SGD's steps goes with rate / batch size, and k small steps along "
        "one gradient equal one of k times the length. So with a batch k times as "
        "large the rate may be k times as large, up to a point, and when the batch "
        "gets smaller the rate should shrink with it: in proportion for SGD, by the "
        "square root for Adam. The lab kept it at 0.1: in as many epochs the small "
        "batch makes many times as many steps at the same rate, while 100 rows average "
        "the noise out well enough at that rate.<< Test accuracy and loss after "
        "{batch_100[n_epochs]} epochs were {batch_100[accuracy]:.4f} and "
        "{batch_100[loss]:.4f} at batch 100, {batch_1000[accuracy]:.4f} and "
        "{batch_1000[loss]:.4f} at 1,000, {batch_10000[accuracy]:.4f} and "
        "{batch_10000[loss]:.4f} at 10,000.>><< The fixed rate favoured the small "
        "batch ({farther[by]:+.4f} in loss), with {step_ratio:.0f} times as many "
        "steps.>> What comes of it shows how far each got, not which size is the "
        "better one; for that the rate must be scaled, or the number of steps made "
        "equal.<< With the rate in proportion to the batch the losses were "
        "{scaled[losses]}, {scaled[apart]:.4f} from the least to the largest; at the "
        "fixed rate they lie {scaled[fixed_apart]:.4f} apart.>>",
        sources=("Goyal et al. 2017", "Malladi et al. 2022", "Smith et al. 2018"),
    ),
)

PARTS = (
    Part(
        13,
        "Batch size",
        "The same training with batches of 100, 1,000 and 10,000 rows, each in a "
        "process of its own that may use all cores, nothing else running beside it.",
        published=_PUBLISHED,
        tasks=_tasks,
        figures=_figures,
        section=_show,
        questions=_QUESTIONS,
    ),
)
