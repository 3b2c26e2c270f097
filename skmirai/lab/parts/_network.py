"""Part 9: the networks, before they are trained."""

import math
from typing import Any

from skmirai.lab._part import fact
from skmirai.lab._protocol import SETTINGS
from skmirai.lab._work.context import LabContext
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, number

_N_PARAMETERS = {"2 x 20": 2_301, "4 x 50": 12_351}

#: Optimizer and all else as the networks are trained from part 10 on.
_AS_TRAINED = {
    name: SETTINGS[name]
    for name in ("activation", "optimizer", "learning_rate", "dropout_rate")
}


def count_parameters(context: LabContext) -> dict[str, Any]:
    """Parameters of the lab's networks, and Keras's summaries of them."""
    from skmirai.neural_network import build_dnn

    n_columns = context.table.shape[1] - context.table.n_dropped
    found: dict[str, Any] = {}
    for n_layers, n_nodes in ((2, 20), (4, 20), (2, 50), (4, 50), (6, 20)):
        model = build_dnn(n_columns, n_layers, n_nodes, **_AS_TRAINED)
        lines: list[str] = []
        model.summary(print_fn=lines.append, line_length=70)
        found[f"{n_layers} x {n_nodes}"] = {
            "trainable": sum(math.prod(v.shape) for v in model.trainable_variables),
            "summary": "\n".join(lines),
        }
    return found


def _show(material: Material, found: Figures) -> str:
    networks = [name for name in found if " x " in name]
    rows = [
        [name, f"{found[name]['trainable']:,}", number(_N_PARAMETERS.get(name), 0)]
        for name in networks
    ]
    why = (
        "The sigmoid of the last unit turns any number into one between 0 and 1, the "
        "probability of an attack, and together with the cross-entropy it has a "
        "gradient that does not vanish where the answer is wrong."
    )
    about = (
        "Keras's summaries, compiled with the SGD that trains the networks. It counts "
        "two numbers of the optimizer itself, the number of updates and the learning "
        "rate, in the total; Adam would add two more for every weight."
    )
    shown = [why, table(["network", "trainable parameters", "expected"], rows), about]
    shown += [f"```text\n{found[name]['summary']}\n```" for name in _N_PARAMETERS]
    return "\n\n".join(shown)


PARTS = (
    fact(
        9,
        "The network",
        "Hidden layers of sigmoid units and one sigmoid unit at the end, trained on "
        "the binary cross-entropy.",
        find=count_parameters,
        show=_show,
        in_worker=True,
        published={"n_parameters": _N_PARAMETERS},
    ),
)
