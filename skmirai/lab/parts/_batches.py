"""Parts 11 and 13: what the size of a batch does to time, memory and accuracy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skmirai.lab._figures import Figures
from skmirai.lab._markdown import image, table
from skmirai.lab._material import Material, number, size
from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_histories
from skmirai.lab._tasks import Plan, Task, training_task
from skmirai.lab._training import time_epochs

BATCH_SIZES = (100, 1_000, 10_000)

_NAMES = {size: f"batch_{size}" for size in BATCH_SIZES}
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


def _figures(results: Mapping[str, Figures]) -> dict[str, float]:
    if not results.keys() >= set(_NAMES.values()):
        return {}
    small, *_, large = (results[name]["epoch_seconds"] for name in _NAMES.values())
    return {"batch_ratio": small / large}


def _show_busy(material: Material) -> str:
    if not material.has(*_NAMES.values()):
        return ""
    rows = []
    for batch, name in _NAMES.items():
        found = material.figures[name]
        memory = f"{found['memory_mib']:,.0f} MiB"
        row = [f"{batch:,}", number(found["busy"], 2), memory, found["threads"]]
        rows.append([*row, *_card(found["gpus"])])
    header = ["batch size", "processors busy", "memory of the process", "threads"]
    return table([*header, "graphics card busy", "its memory used"], rows)


def _card(cards: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """How busy the first graphics card is, and how full."""
    if not cards or None in (cards[0]["busy"], cards[0]["used memory"]):
        return [None, None]
    return [f"{cards[0]['busy']} %", size(cards[0]["used memory"])]


def _show_times(material: Material) -> str:
    if not material.has(*_NAMES.values()):
        return ""
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
    n_epochs = material.figures[_NAMES[BATCH_SIZES[0]]]["n_epochs"]
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
    return "\n\n".join(filter(None, [table(header, rows), text, picture]))


_ABOUT_LAYERS = (
    Question(
        5,
        "Why does a layer need an activation function?",
        "Without one, a layer is a matrix product plus a constant, and layers of that "
        "kind behind each other are again one matrix product plus a constant: a linear "
        "model, however many layers. The bend in between lets the network draw curved "
        "borders.",
    ),
    Question(
        6,
        "How are the weights initialised?",
        "Glorot uniform: each kernel is drawn evenly from ±sqrt(6 / (n_in + n_out)), "
        "which is ±0.231 for the first layer from 92 columns to 20 units, so that "
        "signals and gradients keep their size from layer to layer. Biases start at 0.",
    ),
)

_ABOUT_BATCHES = (
    Question(
        7,
        "Why are mini-batches used?",
        "The gradient of a part of the rows points nearly where that of all rows does "
        "and costs a fraction, so that many small steps get further than one exact "
        "step for the same work. Activations of a batch fit into memory where those of "
        "all rows may not, and the noise of the steps helps out of flat places.",
    ),
    Question(
        8,
        "How busy is the hardware with batches of 100 rows, and how much memory is "
        "used?",
        "[[On the T4 18 to 27 % and 1,151 to 2,175 MiB were published: the card waits "
        "for the next small batch most of the time. ]]Keras starts every batch from "
        "Python, and with batches this small the hardware waits for that most of the "
        "time. A compiled epoch runs through all batches without coming back to "
        "Python. On average {batch_100[busy]:.2f} processors were busy with batches of "
        "100 and {batch_10000[busy]:.2f} with batches of 10,000; the process held "
        "{batch_100[memory_mib]:,.0f} and {batch_10000[memory_mib]:,.0f} MiB.",
    ),
    Question(
        9,
        "How long does an epoch take with batches of 100, 1,000 and 10,000 rows, and "
        "why?",
        "{batch_100[epoch_seconds]:.2f}, {batch_1000[epoch_seconds]:.2f} and "
        "{batch_10000[epoch_seconds]:.2f} s[[ (published: 22, 4 and 2 s)]]. The "
        "arithmetic is the same each time; what differs is what every update costs "
        "besides: the call from Python, the start of each operation, the step of the "
        "optimizer. Keras pays all of it for every batch. A compiled epoch is called "
        "from Python once, and the ratio of the first to the last of these times is "
        "{batch_ratio:.1f}.",
    ),
    Question(
        10,
        "How often are the weights updated in an epoch?",
        "As often as there are batches: {batch_100[updates]:,}, "
        "{batch_1000[updates]:,} and {batch_10000[updates]:,} times with batches of "
        "100, 1,000 and 10,000 rows, the last, smaller batch included.[[ The published "
        "5,348, 534 and 53 leave that one out.]]",
    ),
    Question(
        11,
        "What limits the batch size?",
        "Memory: the batch and the activations of every layer grow with it (part 3). "
        "Before that, usually, learning: fewer updates per epoch get less far, and the "
        "last rows of a large batch hardly change its mean gradient.",
    ),
    Question(
        12,
        "How do learning rate and batch size belong together?",
        "A larger batch has a less noisy gradient and makes fewer steps per epoch, so "
        "that the steps may, and must, be larger; a rule of thumb for SGD is to scale "
        "the rate with the batch size, up to a point. With {batch_100[n_epochs]} "
        "epochs and a rate of 0.1, test accuracy was {batch_100[accuracy]:.4f}, "
        "{batch_1000[accuracy]:.4f} and {batch_10000[accuracy]:.4f} at batch 100, "
        "1,000 and 10,000.",
    ),
)

PARTS = (
    Part(
        11,
        "How busy is the processor?",
        "Processor time and memory of the trainings with three batch sizes, each in a "
        "process of its own that may use all cores.",
        looks_at=(13,),
        section=_show_busy,
        questions=_ABOUT_LAYERS,
    ),
    Part(
        13,
        "Batch size",
        "The same training with batches of 100, 1,000 and 10,000 rows, nothing else "
        "running beside it.",
        published=_PUBLISHED,
        tasks=_tasks,
        figures=_figures,
        section=_show_times,
        questions=_ABOUT_BATCHES,
    ),
)
