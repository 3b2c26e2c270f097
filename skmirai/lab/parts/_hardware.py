"""Parts 2 and 3: the machine, and what training keeps in its memory."""

from collections.abc import Mapping
from typing import Any

from skmirai.lab._context import LabContext
from skmirai.lab._figures import Figures
from skmirai.lab._markdown import table
from skmirai.lab._material import Material, size
from skmirai.lab._memory import training_memory
from skmirai.lab._part import Question, fact
from skmirai.lab._protocol import BEST, SETTINGS
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
    """Processor, and what networks are trained on."""
    if "part_02" not in results:
        return {}
    found = results["part_02"]
    devices = ", ".join(found["training on"])
    return {
        "hardware": f"{found['processor']}, {found['cores']} cores to use; networks "
        f"trained on the {devices}"
    }


def _show_hardware(material: Material, found: Figures) -> str:
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
    return table(["", *networks], rows)


_QUESTIONS = (
    Question(
        1,
        "How many cores does the graphics card have?",
        "It depends on the card: the T4 of the published run has 2,560 CUDA cores, an "
        "RTX 3090 has 10,496. They are simple, and all do the same step on other "
        "numbers. This run: {hardware}.",
    ),
    Question(
        2,
        "How much memory does it have?",
        "The T4 has 15,360 MiB, an RTX 3090 24 GB. This machine has {part_02[gib]:.1f} "
        "GiB of main memory, which is where training on the processor keeps "
        "everything; part 2 lists the memory of graphics cards, if there are any.",
    ),
    Question(
        3,
        "What is in the memory while a network is trained?",
        "Parameters, a batch of rows with labels and weights, the activations of every "
        "layer (the gradients need them), the gradients, what the optimizer remembers "
        "(Adam two numbers per parameter, plain SGD none), and the workspace of the "
        "libraries; here also the whole table, which compiled epochs read their "
        "batches from. Part 3 counts the bytes: with a network this small the rows and "
        "their activations are nearly everything, the parameters next to nothing.",
    ),
)

PARTS = (
    fact(
        2,
        "Hardware",
        "What this machine has: processors, memory, graphics cards.",
        find=describe_hardware,
        show=_show_hardware,
        in_worker=True,
        figures=_in_words,
    ),
    fact(
        3,
        "What training keeps in memory",
        "Parameters, their gradients, the optimizer's state, a batch of rows, and the "
        "activations of every layer, which the gradients need. The activations and "
        "the batch grow with the batch size, the rest does not. Computed for 32-bit "
        "numbers from the architecture; the workspace of the libraries comes on top.",
        find=describe_memory,
        show=_show_memory,
        questions=_QUESTIONS,
    ),
)
