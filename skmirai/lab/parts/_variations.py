"""Parts 14 to 17: more layers, batch normalisation, another activation, optimizer."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from skmirai.lab._comparison import Difference, difference
from skmirai.lab._part import Question
from skmirai.lab._protocol import Run
from skmirai.lab._runs import of_all_seeds, runs_part
from skmirai.lab._writing.figures import Figures
from skmirai.lab.parts._first_trainings import BALANCED

#: A loss as near to that of a constant answer as this counts as one.
_NEAR = 0.05


def _on_normalisation(results: Mapping[str, Figures]) -> dict[str, Any]:
    """Say what batch normalisation does at each depth, from the trainings."""
    told, gains = [], {}
    for run in _NORMALISED:
        assert run.baseline is not None
        before = of_all_seeds(run.baseline, results)
        after = of_all_seeds(run, results)
        if not (before and after):
            return {}
        name = run.title.partition(",")[0]
        accuracies, losses = (
            [float(np.mean([r[key] for r in side])) for side in (before, after)]
            for key in ("balanced_accuracy", "loss")
        )
        gains[name] = [
            b["loss"] - a["loss"] for b, a in zip(before, after, strict=False)
        ]
        told.append(
            f"{name}: loss {losses[0]:.4f}{_near_constant(losses[0])} to "
            f"{losses[1]:.4f}, balanced accuracy {accuracies[0]:.4f} to "
            f"{accuracies[1]:.4f}"
        )
    shallow, *deep = gains.items()
    lessons = [
        f"{name} gains {_more(difference(shallow[1], gained))} than {shallow[0]}"
        for name, gained in deep
    ]
    text = (
        f"Means over the seeds without it and with it, {'; '.join(told)}. Of loss, "
        f"{' and '.join(lessons)}."
    )
    return {"normalisation": {"told": text}}


def _more(gain: Difference) -> str:
    """Say by how much one gain is larger than another, and whether seeds explain it."""
    by = f"{abs(gain.value):.4f} {'more' if gain.value > 0 else 'less'}"
    if gain.low is None or gain.high is None:
        return f"{by} (one seed each)"
    told = "beyond" if gain.is_beyond_seeds else "within"
    return f"{by} ({gain.low:+.4f} to {gain.high:+.4f}, {told} the seeds)"


def _near_constant(loss: float) -> str:
    """Say that a loss is about that of a constant answer, or worse, if it is."""
    if loss < math.log(2) - _NEAR:
        return ""
    return " (near ln 2)" if loss < math.log(2) + _NEAR else " (above ln 2)"


_ABOUT_SIZE = (
    Question(
        13,
        "How many trainable parameters has the 4 x 50 network, and how many the 2 x 20 "
        "one?",
        "4 x 50: (92 + 1) · 50 + 3 · (50 + 1) · 50 + 51 = 12,351. 2 x 20: (92 + 1) · "
        "20 + (20 + 1) · 20 + 21 = 2,301. Each unit has a weight for every input and a "
        "bias.<< The networks that were trained here have {run_5[n_parameters]:,} and "
        "{run_2[n_parameters]:,}.>><< Keras's summaries, in part 9, count "
        "{part_09[4 x 50][trainable]:,} and {part_09[2 x 20][trainable]:,}.>>",
    ),
)

_ABOUT_NORMALISATION = (
    Question(
        14,
        "Why does batch normalisation matter in deep networks?",
        "What a layer learns by is a product over all layers behind it. The slope of a "
        "sigmoid is at most 1/4 and the weights of a new network do not make up for "
        "it, so that gradients vanish layer by layer: the first layers of a deep "
        "network hardly move, and the loss can stay near ln 2 = 0.6931, that of one "
        "half as the answer to every row. Normalised after the activation, as here, "
        "the signals of every unit have the same spread over a batch; on the way back "
        "the gradient is divided by the spread that they had before, so that weak "
        "signals no longer mean weak gradients.<< {normalisation[told]}>> The price: "
        "it takes the figures of single batches in training and moving averages in "
        "prediction, so that validation curves may jump.[[ Together with dropout it "
        "hurt the published run (about 0.84).]] Why it helps is not settled: it was "
        "meant to keep the distributions that layers see from moving (Ioffe and "
        "Szegedy, 2015); a smoother loss seems to be what does it (Santurkar et al., "
        "2018).",
        sources=(
            "Glorot and Bengio 2010",
            "Ioffe and Szegedy 2015",
            "Santurkar et al. 2018",
        ),
    ),
)

_DEEPER = Run(
    "3",
    14,
    "4 x 20",
    {"n_layers": 4},
    {"accuracy": 0.8854, "loss": 0.2595},
    baseline=BALANCED,
)
_WIDER = Run(
    "4",
    14,
    "2 x 50",
    {"n_nodes": 50},
    {"accuracy": 0.9012, "loss": 0.2327},
    baseline=BALANCED,
)
_BOTH = Run(
    "5",
    14,
    "4 x 50",
    {"n_layers": 4, "n_nodes": 50},
    {"accuracy": 0.8965, "loss": 0.2497},
    baseline=BALANCED,
)
_NORMALISED = (
    Run(
        "6",
        15,
        "2 x 20, batch normalisation",
        {"batch_norm": True},
        {"accuracy": 0.9174, "loss": 0.2063},
        baseline=BALANCED,
    ),
    # not in the lab, but what its question is about
    *(
        Run(
            name,
            15,
            f"{deep.title}, batch normalisation",
            {**deep.settings, "batch_norm": True},
            baseline=deep,
        )
        for name, deep in (("6 deep", _DEEPER), ("6 deep and wide", _BOTH))
    ),
)

PARTS = (
    runs_part(
        14,
        "Wider and deeper",
        "More layers, more units.",
        _DEEPER,
        _WIDER,
        _BOTH,
        looks_at=(9, 12),
        questions=_ABOUT_SIZE,
    ),
    runs_part(
        15,
        "Batch normalisation",
        "Standardised activations after each layer. The lab does it with two layers; "
        "its question is about deep networks, so that those of part 14 are trained "
        "with it too.",
        *_NORMALISED,
        looks_at=(12, 14),
        figures=_on_normalisation,
        questions=_ABOUT_NORMALISATION,
    ),
    runs_part(
        16,
        "Activation",
        "ReLU instead of sigmoid.",
        Run(
            "7",
            16,
            "2 x 20, ReLU",
            {"activation": "relu"},
            {"accuracy": 0.9164, "loss": 0.2083},
            baseline=BALANCED,
        ),
        looks_at=(12,),
    ),
    runs_part(
        17,
        "Optimizer",
        "Adam instead of SGD.",
        Run(
            "8",
            17,
            "2 x 20, Adam",
            {"optimizer": "adam"},
            {"accuracy": 0.9220, "loss": 0.1727},
            baseline=BALANCED,
        ),
        looks_at=(12,),
    ),
)
