"""Part 5: the accuracy of those who learn nothing."""

from typing import Any

from skmirai.lab._part import Question, fact
from skmirai.lab._work.context import LabContext, class_counts
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, number
from skmirai.metrics import chance_accuracy

_MAJORITY = 0.8408


def naive_accuracies(context: LabContext) -> dict[str, Any]:
    """Accuracy of the larger class, and of two ways to guess."""
    _, y = context.table.open()
    guesses = {
        strategy: chance_accuracy(
            y, strategy=strategy, random_state=context.random_state
        )._asdict()
        for strategy in ("uniform", "prior")
    }
    return {"majority": max(class_counts(y)) / len(y), **guesses}


def _show(material: Material, found: Figures) -> str:
    expected = material.exact(_MAJORITY)
    majority = number(found["majority"])
    rows = [["always the larger class", majority, None, number(expected)]]
    for name, strategy in (
        ("guesses, both classes alike", "uniform"),
        ("guesses in proportion to the classes", "prior"),
    ):
        drawn = found[strategy]
        interval = f"{drawn['low']:.4f} to {drawn['high']:.4f}"
        rows.append([name, number(drawn["mean"]), interval, number(drawn["expected"])])
    return table(["classifier", "accuracy", "95 % of the draws", "expected"], rows)


_QUESTIONS = (
    Question(
        4,
        "What accuracy does a classifier reach that always answers the larger class, "
        "and what does guessing reach?",
        "Always the larger class is right in as many rows as it has<<, "
        "{part_05[majority]:.4f} of them here>>. Guesses that name both classes "
        "equally often are right in half of the rows, whatever their shares<< "
        "({part_05[uniform][mean]:.4f} here, 95 % of the draws between "
        "{part_05[uniform][low]:.4f} and {part_05[uniform][high]:.4f})>>; guesses in "
        "the proportion of the classes, p and 1 - p, in p² + (1 - p)²<< "
        "({part_05[prior][mean]:.4f} here)>>. An accuracy is only worth something "
        "above the first of these.",
    ),
)

PARTS = (
    fact(
        5,
        "What is reached without learning",
        "A classifier must beat the larger class. Random guessing is simulated, with "
        "the interval that holds 95 % of the draws.",
        find=naive_accuracies,
        show=_show,
        published={"majority": _MAJORITY},
        questions=_QUESTIONS,
    ),
)
