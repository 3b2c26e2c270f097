"""Curves and confusion matrices of the runs of a part, as the report shows them."""

from collections.abc import Mapping
from types import MappingProxyType

from skmirai.lab._plots import plot_confusion, plot_histories
from skmirai.lab._protocol import Run
from skmirai.lab._writing.markdown import image
from skmirai.lab._writing.material import Material

#: Why the two kinds of curves do not begin at the same height.
HOW_TO_READ = (
    "In the curves, training values are means over the batches of an epoch, taken "
    "while the weights still change and, with dropout, with units missing. Validation "
    "values are taken after the epoch, with all units. This is why validation is "
    "often ahead of training at first, and with dropout all along: its accuracy "
    "higher, its loss lower. The first epoch sets no limit of an axis; a note in the "
    "corner says how far curves go beyond it."
)

#: Which of them have the same axes, below the table of runs.
SAME_AXES = (
    "Runs of the table above that have as many epochs have the same axes, in all parts."
)

#: The question that the curves of a part answer.
_ASKS: Mapping[int, str] = MappingProxyType(
    {
        10: "Does the network learn, and does it hold on other rows?",
        12: "What do class weights change?",
        14: "Do more layers or more units help?",
        15: "What does batch normalisation change?",
        16: "What does ReLU change?",
        17: "What does Adam change?",
        18: "What does dropout change, in training and after it?",
        19: "How far does the best configuration get, and how steadily?",
        20: "How does a network learn whose dropout stays on?",
    }
)


def curves(material: Material, part: int, runs: Mapping[str, Run]) -> str:
    """Draw how some runs were trained, and which class they take for which.

    Parameters
    ----------
    material : Material
        Figures and pictures.
    part : int
        Number of the part, for the question and for the names of the pictures.
    runs : mapping of str to Run
        The runs by the names of their results, all of which are there.

    Returns
    -------
    str
        The pictures. Axes are those of all trainings of as many epochs. Confusion
        matrices are left out where the results hold none.
    """
    found = {run.title: material.figures[name] for name, run in runs.items()}
    n_epochs = {result["n_epochs"] for result in found.values()}
    compared = [
        result["history"]
        for name, result in material.figures.items()
        if name.startswith("run_") and result["n_epochs"] in n_epochs
    ]
    picture = f"part_{part:02}.png"
    plot_histories(
        {name: result["history"] for name, result in found.items()},
        material.pictures / picture,
        title=_ASKS.get(part, ""),
        weighted=[run.title for run in runs.values() if run.parameters["class_weight"]],
        scale=compared,
    )
    shown = [image(picture, f"Loss and accuracy over the epochs: {'; '.join(found)}")]
    matrices = {
        name: result["confusion"]
        for name, result in found.items()
        if "confusion" in result
    }
    if matrices:
        picture = f"part_{part:02}_confusion.png"
        plot_confusion(matrices, material.pictures / picture)
        text = f"Confusion matrices on the test rows: {'; '.join(matrices)}"
        shown.append(image(picture, text))
    return "\n\n".join(shown)
