"""Parts 7 and 8: rows to train on and rows to test on, in order and shuffled."""

from collections.abc import Mapping
from typing import Any

from skmirai.lab._part import fact
from skmirai.lab._protocol import N_BENIGN
from skmirai.lab._rows.splits import ordered_split
from skmirai.lab._work.context import LabContext, class_counts
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, counts, number

_ORDERED: Mapping[str, Any] = {
    "ordered_train": (N_BENIGN, 413_274),
    "ordered_rest": (0, 229_242),
}
_SHUFFLED: Mapping[str, Any] = {
    "sizes": {
        "train": 534_895,
        "rest": 229_242,
        "validation": 114_621,
        "test": 114_621,
    },
    "train": (84_952, 449_943),
    "rest": (36_669, 192_573),
    "class_weight": (3.14821899, 0.59440307),
}


def split_in_order(context: LabContext) -> dict[str, Any]:
    """Labels of a split that keeps the order of the file."""
    _, y = context.table.open()
    train, rest = ordered_split(len(y))
    return {"train": class_counts(y[train]), "rest": class_counts(y[rest])}


def _show_ordered(material: Material, found: Figures) -> str:
    rows = [
        [
            name,
            counts(found[key]),
            counts(material.exact(_ORDERED[f"ordered_{key}"])),
        ]
        for name, key in (("first 70 %", "train"), ("the others", "rest"))
    ]
    return table(["rows", "benign / attack", "expected"], rows)


def split_shuffled(context: LabContext) -> dict[str, Any]:
    """Labels of the shuffled split, and the class weights that follow."""
    _, y = context.table.open()
    splits = context.splits()
    train = class_counts(y[splits.train])
    if not all(train):
        raise ValueError(
            f"the {sum(train)} training rows of the shuffled split hold one class; "
            f"the lab needs a table with more rows of both"
        )
    validation, test = class_counts(y[splits.validation]), class_counts(y[splits.test])
    return {
        "train": train,
        "validation": validation,
        "test": test,
        "rest": [a + b for a, b in zip(validation, test, strict=True)],
        "class_weight": [sum(train) / (2 * count) for count in train],
    }


def _show_shuffled(material: Material, found: Figures) -> str:
    weights = ", ".join(f"{weight:.8f}" for weight in found["class_weight"])
    rows = [
        [
            name,
            f"{sum(found[key]):,}",
            number(material.exact(_SHUFFLED["sizes"][key]), 0),
            counts(found[key]),
            counts(material.exact(_SHUFFLED.get(key))),
        ]
        for name, key in (
            ("training", "train"),
            ("the rest", "rest"),
            ("validation", "validation"),
            ("test", "test"),
        )
    ]
    header = ["rows", "number", "expected", "benign / attack", "expected"]
    text = f"Balanced class weights of the training rows: {weights}"
    if material.same_labels:
        expected = ", ".join(f"{weight:.8f}" for weight in _SHUFFLED["class_weight"])
        text += f" (expected: {expected})"
    return f"{table(header, rows)}\n\n{text}."


PARTS = (
    fact(
        7,
        "A split in the order of the file",
        "The first 70 % of the rows to train on, the others to test. The benign rows "
        "all come first, so that the test rows hold attacks only: any constant "
        "classifier that says attack is right on all of them.",
        find=split_in_order,
        show=_show_ordered,
        published=_ORDERED,
    ),
    fact(
        8,
        "A shuffled split",
        "70 % of the rows, drawn at random, to train on; the rest in two halves to "
        "validate and to test. The rows of a packet and of the next one share their "
        "history, so that a random split flatters.",
        find=split_shuffled,
        show=_show_shuffled,
        published=_SHUFFLED,
    ),
)
