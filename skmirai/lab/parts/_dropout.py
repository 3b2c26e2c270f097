"""Part 18: half of the units dropped while training."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skmirai.lab._comparison import compared
from skmirai.lab._part import Question
from skmirai.lab._protocol import Run
from skmirai.lab._runs import of_all_seeds, runs_part
from skmirai.lab._writing.figures import Figures

_WITHOUT = Run(
    "9a",
    18,
    "2 x 20 again, no dropout",
    {},
    {"accuracy": 0.9028, "loss": 0.2334, "val_accuracy": 0.9028, "val_loss": 0.2330},
    first_seed=1000,  # else it would be run 2
)
_WITH = Run(
    "9b",
    18,
    "2 x 20, dropout 0.5",
    {"dropout_rate": 0.5},
    {"accuracy": 0.8831, "loss": 0.2726, "val_accuracy": 0.8835, "val_loss": 0.2725},
    first_seed=1000,
    baseline=_WITHOUT,
)


def _on_dropout(results: Mapping[str, Figures]) -> dict[str, Any]:
    """What dropout does to validation and test accuracy, from the trainings."""
    without, with_it = (of_all_seeds(run, results) for run in (_WITHOUT, _WITH))
    if not (without and with_it):
        return {}
    found = {
        metric: compared([r[metric] for r in without], [r[metric] for r in with_it])
        for metric in ("accuracy", "val_accuracy")
    }
    curves = [result["history"] for result in without]
    gap = np.mean([c["accuracy"][-1] - c["val_accuracy"][-1] for c in curves])
    return {"dropout": {**found, "gap": float(gap), "n": len(without)}}


_ABOUT_DROPOUT = (
    Question(
        15,
        "What is the validation accuracy with dropout?",
        "{run_9b[val_accuracy]:.4f}, against {run_9a[val_accuracy]:.4f} without[[ "
        "(published: {published[9b][val_accuracy]:.4f} and "
        "{published[9a][val_accuracy]:.4f})]]; over the seeds: "
        "{dropout[val_accuracy]}. Dropout acts against overfitting (Srivastava et "
        "al., 2014), which shows where training accuracy is ahead of validation "
        "accuracy. In the last epoch without dropout it was so by {dropout[gap]:+.4f}; "
        "where that is little or below 0, there is nothing to act against. A small "
        "network on many rows learns few of them by heart, and each unit that is "
        "missing in training makes it smaller still.",
        sources=("Srivastava et al. 2014",),
    ),
    Question(
        16,
        "And the test accuracy with dropout?",
        "{run_9b[accuracy]:.4f}, against {run_9a[accuracy]:.4f} without[[ (published: "
        "{published[9b][accuracy]:.4f} and {published[9a][accuracy]:.4f})]]; over the "
        "seeds: {dropout[accuracy]}. Validation and test rows are drawn alike and "
        "neither was used for training, so that they tell the same but for chance.",
    ),
)

PARTS = (
    runs_part(
        18,
        "Dropout",
        "Half of the units dropped at random while training.",
        _WITHOUT,
        _WITH,
        figures=_on_dropout,
        questions=_ABOUT_DROPOUT,
    ),
)
