"""Part 20: dropout that stays on, and what its passes tell of single rows."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from skmirai.lab._best import configuration
from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_passes
from skmirai.lab._protocol import BEST, Run
from skmirai.lab._runs import (
    classes_table,
    run_name,
    run_tasks,
    runs_done,
    train_and_keep,
)
from skmirai.lab._work.context import LabContext
from skmirai.lab._writing.curves import curves
from skmirai.lab._writing.figures import Figures, mean_and_deviation
from skmirai.lab._writing.markdown import image, table
from skmirai.lab._writing.material import Material, number

_N_PASSES = 100

_ALWAYS_ON = Run(
    "11",
    20,
    "6 x 20, Adam 0.005, 300 epochs, dropout 0.2 then 0.5",
    {**BEST, "dropout_rate": [0.2, 0.5, 0.5, 0.5, 0.5, 0.5]},
    {"pass_accuracy": 0.9133, "pass_loss": 0.2235},
)
_RESULT = run_name(_ALWAYS_ON.name)
_PASSES = (0.9132, 0.0002)

#: Measures of doubt: their names in the report and in the result of predictions.
_MEASURES = {
    "predictive entropy": "predictive_entropy",
    "expected entropy": "expected_entropy",
    "mutual information": "mutual_information",
}


def _run(best: Mapping[str, Any]) -> Run:
    """The best configuration with dropout: 0.2 after the first layer, then 0.5."""
    if best == BEST:
        return _ALWAYS_ON
    rates = [0.2, *[0.5] * (best["n_layers"] - 1)]
    plain = configuration({**best, "dropout_rate": 0})
    then = " then 0.5" if len(rates) > 1 else ""
    title = f"own: {plain}, dropout 0.2{then}"
    return replace(_ALWAYS_ON, title=title, settings={**best, "dropout_rate": rates})


def train_always_on(
    context: LabContext, settings: Mapping[str, Any], *, seed: int, **how: Any
) -> dict[str, Any]:
    """Train with dropout, then ask many times with dropout switched on."""
    found, clf = train_and_keep(context, settings, seed=seed, dropout_on=True, **how)
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
    found["doubt"] = {
        name: _worth(many, measure, many.label == y)
        for name, measure in _MEASURES.items()
    }
    return found


def _worth(asked: Any, measure: str, right: np.ndarray) -> dict[str, float | None]:
    """How well a measure of doubt tells right answers from wrong ones.

    Parameters
    ----------
    asked : PredictiveUncertainty
        Answers of many passes.
    measure : str
        Name of one of its measures, in nats.
    right : ndarray of bool, shape (n_rows,)
        Whether each answer is right.

    Returns
    -------
    dict
        "right", "wrong": means of the measure; "auroc": how often a wrong answer has
        more of it than a right one; all None where answers are all right or all
        wrong. "surest": accuracy of the 90 % of the rows with the least of it.
    """
    doubt = getattr(asked, measure)
    surest = asked.select(coverage=0.9, by=measure)
    found: dict[str, float | None] = {"right": None, "wrong": None, "auroc": None}
    if 0 < right.sum() < len(right):
        found = {
            "right": float(doubt[right].mean()),
            "wrong": float(doubt[~right].mean()),
            "auroc": float(roc_auc_score(~right, doubt)),
        }
    return {**found, "surest": float(right[surest].mean())}


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
    (run,) = runs_done([_ALWAYS_ON], material.figures)
    known = material.of_publication(material.figures["published"]["passes"] or None)
    of = run.published
    history = found["history"]
    both = [
        [
            "dropout off, as elsewhere",
            *map(number, (found["accuracy"], None, found["loss"], None)),
            *map(number, (found["val_accuracy"], found["val_loss"])),
        ],
        [
            "dropout on, one pass, as in the lab",
            number(found["pass_accuracy"]),
            number(material.of_publication(of.get("pass_accuracy"))),
            number(found["pass_loss"]),
            number(material.of_publication(of.get("pass_loss"))),
            number(history["val_accuracy_dropout_on"][-1]),
            number(history["val_loss_dropout_on"][-1]),
        ],
    ]
    header = [run.title, "test accuracy", "published", "test loss", "published"]
    header += ["validation accuracy", "validation loss"]
    rows = [
        ["mean of the passes", number(passes["mean"]), known and number(known[0])],
        [
            f"standard deviation (divided by n = {passes['n']})",
            number(passes["sd"], 5),
            known and number(known[1], 5),
        ],
        ["that of thinned networks", number(passes["thinned_sd"], 5), None],
        ["time of the passes, s", number(passes["seconds"], 1), None],
    ]
    spread = {
        "units drawn for each row": found["passes"],
        "one thinned network for all rows": found["thinned"],
    }
    plot_passes(spread, found["accuracy"], material.pictures / "passes.png")
    shown = [
        table(header, both),
        classes_table(material, [run]),
        table([f"{passes['n']} passes", "here", "published"], rows),
        _show_doubt(found["doubt"]),
        curves(material, 20, {_RESULT: run}),
        image("passes.png", "Accuracy of each pass, beside the one with dropout off"),
    ]
    return "\n\n".join(shown)


def _show_doubt(doubt: Mapping[str, Mapping[str, Any]]) -> str:
    """Table of what each measure of doubt is worth, and what it means."""
    rows = [
        [
            name,
            *(number(worth[key]) for key in ("right", "wrong")),
            number(worth["auroc"], 3),
            number(worth["surest"]),
        ]
        for name, worth in doubt.items()
    ]
    header = ["measure of doubt, thinned networks", "mean where right, nats"]
    header += ["where wrong", "AUROC of errors", "accuracy of the surest 90 % by it"]
    return f"{table(header, rows)}\n\n{_about_doubt(doubt)}"


def _about_doubt(doubt: Mapping[str, Mapping[str, Any]]) -> str:
    total, shared = (
        doubt[name]["auroc"] for name in ("predictive entropy", "mutual information")
    )
    text = (
        "Predictive entropy is the whole doubt of the mean answer: the sum of expected "
        "entropy, what single networks doubt, and mutual information, what they "
        "disagree on. "
    )
    if shared is None:
        return text + "Answers are all right or all wrong here: there is no comparison."
    best = max(doubt, key=lambda name: doubt[name]["auroc"])
    if shared < 0.5:
        text += (
            f"Here mutual information points the wrong way: an AUROC of {shared:.3f} "
            f"says that it is larger where the answer is right. Where rows of both "
            f"classes look alike, thinned networks agree that it is about one half: "
            f"there are the errors, and nothing to disagree on. Where the answer is "
            f"right, they may still differ in how sure they are. "
        )
    else:
        text += (
            f"Here mutual information points the right way, with an AUROC of "
            f"{shared:.3f}, predictive entropy with {total:.3f}. "
        )
    told = f"The measure that finds errors best here is {best}"
    if doubt[best]["auroc"] <= 0.5:
        told = "No measure finds errors better than chance here"
    return f"{text}{told} ({doubt[best]['auroc']:.3f}; chance is 0.5)."


_ABOUT_PASSES = (
    Question(
        18,
        "What are mean and standard deviation of the test accuracy over 100 passes "
        "with dropout?",
        "{passes[mean]:.4f} and {passes[sd]:.4f}[[<< (published: "
        "{published[passes][0]:.4f} and {published[passes][1]:.4f})>>]], the latter "
        "divided by n. With dropout off the accuracy is {run_11[accuracy]:.4f}. Each "
        "row draws its own units in every pass, so that what the draws do to single "
        "rows averages out over the test rows: the spread tells how many rows there "
        "are, and how many of them are near the border, and not how sure the network "
        "is. If one thinned network answers all rows, the accuracies of {passes[n]} "
        "such networks spread by {passes[thinned_sd]:.4f}. Such passes were proposed "
        "for the doubt about single rows (Gal and Ghahramani, 2016).",
        sources=("Gal and Ghahramani 2016",),
    ),
)

PARTS = (
    Part(
        20,
        "Dropout that stays on",
        "The configuration of part 19 with dropout that is never switched off, 0.2 "
        "after the first hidden layer and 0.5 after the others. The network is asked "
        "100 times, with units dropped at random each time. The spread of its answers "
        "tells how far they depend on single units.",
        runs=(_ALWAYS_ON,),
        published={"passes": _PASSES},
        tasks=lambda plan: run_tasks([_run(plan.best)], plan, train_always_on),
        figures=_figures,
        section=_show_always_on,
        questions=_ABOUT_PASSES,
    ),
)
