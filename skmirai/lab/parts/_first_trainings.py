"""Parts 10 and 12: the first training, and one with weighted classes."""

from skmirai.lab._material import Material
from skmirai.lab._protocol import Run
from skmirai.lab._runs import run_name, runs_part, runs_section

_BALANCED = Run(
    "2",
    12,
    "2 x 20, balanced class weights",
    {},
    {"accuracy": 0.9003, "loss": 0.2337},
)


def _show_balanced(material: Material) -> str:
    name, note = run_name(_BALANCED.name), ""
    if material.has(name):
        weights = material.figures[name]["class_weight"]
        text = ", ".join(f"{weight:.8f}" for weight in weights)
        note = f"Weights of benign and attack: {text}."
    return runs_section(material, 12, [_BALANCED], note)


PARTS = (
    runs_part(
        10,
        "First training",
        "Two layers of 20 units, no class weights.",
        Run(
            "1",
            10,
            "2 x 20, no class weights",
            {"class_weight": None},
            {"accuracy": 0.9084, "loss": 0.1724},
        ),
    ),
    runs_part(
        12,
        "Class weights",
        "Errors on the rare class cost more, so that both classes count alike.",
        _BALANCED,
        section=_show_balanced,
    ),
)
