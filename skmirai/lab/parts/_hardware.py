"""Parts 2 and 3: the machine, and what training keeps in its memory."""

from collections.abc import Mapping
from typing import Any

from skmirai.lab._part import Question, fact
from skmirai.lab._protocol import BEST, SETTINGS
from skmirai.lab._training.memory import training_memory
from skmirai.lab._work.context import LabContext
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.load_words import LOAD_HEADER, load_in_words, load_row
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, size
from skmirai.utils import hardware


def describe_hardware(context: LabContext) -> dict[str, Any]:
    """Processors, memory and graphics cards, and which cards train."""
    from skmirai.neural_network import gpu_names

    found = hardware()
    return {
        **found,
        "gib": found["memory"] / 2**30,
        "training on": gpu_names() or ["processor"],
    }


def _in_words(results: Mapping[str, Figures]) -> dict[str, str]:
    """Sentences about cores and memory of what networks are trained on."""
    if "part_02" not in results:
        return {}
    found = results["part_02"]
    cards = [
        f"{card['name']}, {_counted(card['cuda cores'])}" for card in found["gpus"]
    ]
    return {
        "cores_here": f"The cards here: {'; '.join(cards)}."
        if cards
        else f"Here no card was found: {found['processor']}, {found['cores']} cores to "
        f"use.",
        "memory_here": "The cards here: "
        + "; ".join(f"{card['name']}, {_held(card)}" for card in found["gpus"])
        + "."
        if cards
        else f"Here no card was found, and training keeps all in the "
        f"{found['gib']:.1f} GiB of main memory.",
    }


def _counted(n_cores: int | None) -> str:
    return "number of cores unknown" if n_cores is None else f"{n_cores:,} CUDA cores"


def _held(card: Mapping[str, Any]) -> str:
    return "memory unknown" if card["memory"] is None else size(card["memory"])


def _show_hardware(material: Material, found: Figures) -> str:
    rows = [
        ["processor", found["processor"]],
        ["cores to use", found["cores"]],
        ["memory", size(found["memory"])],
        ["of it free", size(found["free memory"])],
    ]
    for card in found["gpus"]:
        cores = _counted(card["cuda cores"])
        rows.append(["graphics card", f"{card['name']}, {cores}, {_held(card)}"])
        if card["busy"] is not None:
            rows.append(["busy before training", f"{card['busy']} %"])
        if card["used memory"] is not None:
            rows.append(["taken of its memory before", size(card["used memory"])])
    if not found["gpus"]:
        rows.append(["graphics card", "none found"])
    rows.append(["networks are trained on", ", ".join(found["training on"])])
    return table(["", "here"], rows)


def describe_memory(context: LabContext) -> dict[str, Any]:
    """Bytes that training keeps, for two configurations of the lab."""
    n_columns = context.table.shape[1] - context.table.n_dropped
    n_train = len(context.splits().train)
    networks = {"2 x 20, SGD, batch 10,000": SETTINGS}
    networks["6 x 20, Adam, batch 5,000"] = {**SETTINGS, **BEST}
    return {
        name: training_memory(n_columns, n_train, parameters)
        for name, parameters in networks.items()
    }


def _show_memory(material: Material, found: Figures) -> str:
    networks = [name for name in found if name not in ("part", "seconds")]
    kinds = list(found[networks[0]])
    rows = [[kind, *(size(found[name][kind]) for name in networks)] for kind in kinds]
    blocks = [table(["", *networks], rows)]
    if material.has(_MEASURED):
        load = material.figures[_MEASURED]["load"]
        text = "Measured while the first of these was trained (part 13), mean and peak:"
        blocks += [text, table(["", *LOAD_HEADER], [["2 x 20", *load_row(load)]])]
    return "\n\n".join(blocks)


def _memory_in_words(results: Mapping[str, Figures]) -> dict[str, Any]:
    """Share of what grows with the batch, and what was seen of it."""
    if "part_03" not in results:
        return {}
    held = results["part_03"]["2 x 20, SGD, batch 10,000"]
    rows = held["batch"] + held["activations"]
    found: dict[str, Any] = {
        "held": {
            "rows": size(rows),
            "weights": size(held["parameters"] + held["gradients"]),
            "percent": 100 * rows / (sum(held.values()) - held["table"]),
        }
    }
    if _MEASURED in results:
        seen = " ".join(load_in_words(results[_MEASURED]["load"]))
        found["held_measured"] = seen
    return found


#: The training whose load part 3 shows beside what was computed.
_MEASURED = "batch_10000"

_QUESTIONS = (
    Question(
        1,
        "How many CUDA cores does the graphics card have?",
        "The T4 of the published run has 2,560, an RTX 3090 10,496.<< {cores_here}>> A "
        "CUDA core is an arithmetic unit, not a processor: 32 threads form a warp and "
        "do one instruction together, each on its own numbers, and where they part at "
        "a branch the ways are gone one after the other. The cores lie in "
        "multiprocessors, 40 of 64 in a T4 and 82 of 128 in an RTX 3090, which are "
        "independent of each other: each has its schedulers and works at other warps, "
        "of other parts of the work. A matrix product is many equal sums, and so fits.",
        sources=("NVIDIA, CUDA", "NVIDIA, T4", "NVIDIA, Ampere GA102"),
    ),
    Question(
        2,
        "How much memory does the graphics card have?",
        "The T4 has 16 GB, of which `nvidia-smi` shows 15,360 MiB, an RTX 3090 24 GB."
        "<< {memory_here}>>",
        sources=("NVIDIA, T4", "NVIDIA, Ampere GA102"),
    ),
    Question(
        3,
        "What lies in that memory while a network is trained?",
        "Parameters; their gradients; what the optimizer remembers (two numbers per "
        "parameter for Adam, none for plain SGD); a batch of rows with labels and "
        "weights; the activations of every layer, since the gradients need them; and "
        "the workspace of the libraries, with the driver's context a few hundred MiB "
        "on a card. Compiled epochs also keep the whole table there, which they take "
        "their batches from. With a network this small nearly all that the network "
        "itself needs is rows and their activations<<: {held[rows]} of 2 x 20 with "
        "batches of 10,000, {held[percent]:.1f} %, against {held[weights]} of "
        "parameters and gradients>>.<< While it was trained (part 13), "
        "{held_measured}>> Libraries, program and copies of the table come on top of "
        "what can be computed, so that far more is seen.",
        sources=("Goodfellow, Bengio and Courville 2016",),
    ),
)

PARTS = (
    fact(
        2,
        "The graphics card",
        "What this machine has, and what networks are trained on.",
        find=describe_hardware,
        show=_show_hardware,
        in_worker=True,
        figures=_in_words,
    ),
    fact(
        3,
        "Hardware and memory",
        "Parameters, their gradients, the optimizer's state, a batch of rows, and the "
        "activations of every layer, which the gradients need. The activations and "
        "the batch grow with the batch size, the rest does not. Computed for 32-bit "
        "numbers from the architecture; the workspace of the libraries comes on top.",
        find=describe_memory,
        show=_show_memory,
        looks_at=(2,),
        figures=_memory_in_words,
        questions=_QUESTIONS,
    ),
)
