"""Parts 10 and 12: the first training, and one with weighted classes."""

from skmirai.lab._protocol import Run
from skmirai.lab._runs import run_name, runs_part, runs_section
from skmirai.lab._writing.material import Material

UNWEIGHTED = Run(
    "1",
    10,
    "2 x 20, no class weights",
    {"class_weight": None},
    {"accuracy": 0.9084, "loss": 0.1724},
)

#: What the changes of parts 14 to 17 are compared with.
BALANCED = Run(
    "2",
    12,
    "2 x 20, balanced class weights",
    {},
    {"accuracy": 0.9003, "loss": 0.2337},
    baseline=UNWEIGHTED,
)


def _show_balanced(material: Material) -> str:
    name, note = run_name(BALANCED.name), ""
    if material.has(name):
        weights = material.figures[name]["class_weight"]
        text = ", ".join(f"{weight:.8f}" for weight in weights)
        note = f"Weights of benign and attack: {text}."
    return runs_section(material, 12, [BALANCED], note)


PARTS = (
    runs_part(
        10,
        "First training",
        "Two layers of 20 units, no class weights.",
        UNWEIGHTED,
    ),
    runs_part(
        12,
        "Class weights",
        "Errors on the rare class cost more, so that both classes count alike.",
        BALANCED,
        looks_at=(10,),
        section=_show_balanced,
    ),
)
