"""Parts 18 and 20: units dropped while training, and while predicting too."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import log_loss

from skmirai.lab._context import LabContext
from skmirai.lab._curves import curves
from skmirai.lab._figures import Figures, mean_and_deviation
from skmirai.lab._markdown import image, table
from skmirai.lab._material import Material, number
from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_passes
from skmirai.lab._protocol import BEST, Run
from skmirai.lab._runs import run_name, run_tasks, runs_part, train_and_keep

_N_PASSES = 100

#: Rates of the always-on dropout: 0.2 after the first hidden layer, then 0.5.
_RATES = [0.2, 0.5, 0.5, 0.5, 0.5, 0.5]
_ALWAYS_ON = Run(
    "11",
    20,
    "6 x 20, Adam 0.005, 300 epochs, dropout 0.2 then 0.5",
    {**BEST, "dropout_rate": _RATES},
    {"pass_accuracy": 0.9133, "pass_loss": 0.2235},
)
_RESULT = run_name(_ALWAYS_ON.name)
_PASSES = (0.9132, 0.0002)


def train_always_on(
    context: LabContext, settings: Mapping[str, Any], seed: int, model: str
) -> dict[str, Any]:
    """Train with dropout, then ask many times with dropout switched on."""
    found, clf = train_and_keep(context, settings, seed, model)
    X, y = context.table.open()
    test = context.splits().test
    X, y = X[test], y[test]
    start = time.perf_counter()
    drawn_by = context.random_state + seed
    passes = clf.mc_score(X, y, n_passes=_N_PASSES, random_state=drawn_by)
    found["passes_seconds"] = time.perf_counter() - start
    found["passes"] = passes.tolist()
    thinned = clf.mc_score(
        X, y, n_passes=_N_PASSES, masks="shared", random_state=drawn_by
    )
    found["thinned"] = thinned.tolist()
    one = clf.predict_uncertainty(X, n_passes=1, masks="per_row", random_state=drawn_by)
    found["pass_accuracy"] = float(passes[0])
    found["pass_loss"] = float(log_loss(y, one.proba[:, 1].astype(np.float64)))
    many = clf.predict_uncertainty(X, n_passes=_N_PASSES, random_state=drawn_by)
    right = many.label == y
    for name, rows in (("right", right), ("wrong", ~right)):
        doubt = many.mutual_information[rows]
        found[f"doubt_when_{name}"] = float(doubt.mean()) if rows.any() else None
    sure = many.select(coverage=0.9)
    found["accuracy_of_surest_90"] = float(right[sure].mean())
    return found


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if _RESULT not in results:
        return {}
    run = results[_RESULT]
    return {
        "passes": {
            **mean_and_deviation(run["passes"]),
            "thinned_sd": mean_and_deviation(run["thinned"])["sd"],
            "seconds": run["passes_seconds"],
            "n": len(run["passes"]),
        }
    }


def _show_always_on(material: Material) -> str:
    if not material.has(_RESULT):
        return ""
    found, passes = material.figures[_RESULT], material.figures["passes"]
    known = material.of_publication(_PASSES)
    one_pass = [
        [
            f"one pass, {metric}",
            number(found[f"pass_{metric}"]),
            number(material.of_publication(_ALWAYS_ON.published[f"pass_{metric}"])),
        ]
        for metric in ("accuracy", "loss")
    ]
    rows = [
        ["dropout off, accuracy", number(found["accuracy"]), None],
        *one_pass,
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
    plot_passes(spread, found["accuracy"], material.pictures / "passes.png")
    doubt = [found["doubt_when_right"], found["doubt_when_wrong"]]
    text = ""
    if None not in doubt:
        text = (
            f"Mutual information of units and answer: {doubt[0]:.4f} nats on average "
            f"where the answer is right, {doubt[1]:.4f} where it is wrong."
        )
    shown = [
        table(["", "here", "published"], rows),
        text,
        curves(material, 20, {_RESULT: _ALWAYS_ON}),
        image("passes.png", "Accuracy of each pass, beside the one with dropout off"),
    ]
    return "\n\n".join(filter(None, shown))


_ABOUT_DROPOUT = (
    Question(
        15,
        "What does dropout do to the validation accuracy?",
        "It went from {run_9a[val_accuracy]:.4f} to {run_9b[val_accuracy]:.4f}[[ "
        "(published: {published[9a][val_accuracy]:.4f} to "
        "{published[9b][val_accuracy]:.4f})]]. Dropout acts against overfitting. A "
        "small network on many rows has little of it, and then the units that are "
        "missing in training rather cost accuracy.",
    ),
    Question(
        16,
        "And to the test accuracy?",
        "It went from {run_9a[accuracy]:.4f} to {run_9b[accuracy]:.4f}[[ (published: "
        "{published[9a][accuracy]:.4f} to {published[9b][accuracy]:.4f})]]. Validation "
        "and test rows are drawn alike, and neither was used for training, so that "
        "the two differ by chance only.",
    ),
)

_ABOUT_PASSES = (
    Question(
        18,
        "What are mean and standard deviation of the accuracy over 100 passes with "
        "dropout?",
        "{passes[mean]:.4f} and {passes[sd]:.4f}[[ (published: "
        "{published[passes][0]:.4f} and {published[passes][1]:.4f})]]. Each row draws "
        "its own units in every pass, so that the errors average out over the test "
        "rows: the figure tells mostly how many rows there are, and not how sure the "
        "network is. If one thinned network answers all rows, the accuracies of "
        "{passes[n]} such networks spread by {passes[thinned_sd]:.4f}.",
    ),
)

PARTS = (
    runs_part(
        18,
        "Dropout",
        "Half of the units dropped at random while training.",
        Run(
            "9a",
            18,
            "2 x 20 again, no dropout",
            {},
            {
                "accuracy": 0.9028,
                "loss": 0.2334,
                "val_accuracy": 0.9028,
                "val_loss": 0.2330,
            },
            first_seed=1000,  # else it would be run 2
        ),
        Run(
            "9b",
            18,
            "2 x 20, dropout 0.5",
            {"dropout_rate": 0.5},
            {
                "accuracy": 0.8831,
                "loss": 0.2726,
                "val_accuracy": 0.8835,
                "val_loss": 0.2725,
            },
            first_seed=1000,
        ),
        questions=_ABOUT_DROPOUT,
    ),
    Part(
        20,
        "Dropout that stays on",
        "The network is asked 100 times, with units dropped at random each time. The "
        "spread of its answers tells how far they depend on single units.",
        runs=(_ALWAYS_ON,),
        published={"passes": _PASSES},
        tasks=lambda plan: run_tasks([_ALWAYS_ON], plan, train_always_on),
        figures=_figures,
        section=_show_always_on,
        questions=_ABOUT_PASSES,
    ),
)
