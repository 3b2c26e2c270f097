"""Part 21: cross-validation of the best configuration."""

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.model_selection import StratifiedKFold

from skmirai.lab._context import LabContext
from skmirai.lab._figures import Figures, mean_and_deviation
from skmirai.lab._judgement import judged
from skmirai.lab._markdown import image, table
from skmirai.lab._material import Material, number
from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_folds
from skmirai.lab._protocol import BEST
from skmirai.lab._tasks import Plan, Task, training_task
from skmirai.lab._training import classifier, fit

_N_FOLDS = 10
_SEED = 1234
_NAMES = [f"fold_{fold}" for fold in range(_N_FOLDS)]
_PUBLISHED = (0.9168, 0.0032)


def train_fold(
    context: LabContext, settings: Mapping[str, Any], fold: int
) -> dict[str, Any]:
    """Train on nine tenths of the training rows, evaluate on the tenth."""
    X, y = context.table.open()
    train = context.splits().train
    folds = StratifiedKFold(_N_FOLDS, shuffle=True, random_state=_SEED)
    for_training, held_out = list(folds.split(train, y[train]))[fold]
    clf = classifier(context, settings)
    _, figures = fit(context, clf, X, y, train[for_training])
    rows = train[held_out]
    return {
        **figures,
        "class_weight": clf.class_weight_.tolist(),
        **judged(clf, X[rows], y[rows]),
    }


def _tasks(plan: Plan) -> Iterable[Task]:
    share = 1 - 1 / _N_FOLDS
    for fold, name in enumerate(_NAMES):
        title = f"fold {fold + 1} of {_N_FOLDS}"
        yield training_task(
            plan, name, 21, title, train_fold, BEST, share=share, fold=fold
        )


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if not results.keys() >= set(_NAMES):
        return {}
    done = [results[name] for name in _NAMES]
    seconds = sum(fold["fit_seconds"] for fold in done)
    accuracies = mean_and_deviation(fold["accuracy"] for fold in done)
    return {"folds": {**accuracies, "seconds": seconds}}


def _show(material: Material) -> str:
    folds = [
        (k + 1, material.figures[name])
        for k, name in enumerate(_NAMES)
        if material.has(name)
    ]
    if not folds:
        return ""
    rows = [
        [
            k,
            number(fold["accuracy"]),
            number(fold["loss"]),
            ", ".join(f"{weight:.4f}" for weight in fold["class_weight"]),
            number(fold["fit_seconds"], 1),
        ]
        for k, fold in folds
    ]
    shown = [table(["fold", "accuracy", "loss", "class weights", "training, s"], rows)]
    if material.has("folds"):
        found = material.figures["folds"]
        text = (
            f"Mean {found['mean']:.4f}, standard deviation {found['sd']:.4f} (the sum "
            f"divided by n)"
        )
        if material.published:
            text += f"; published: {_PUBLISHED[0]} and {_PUBLISHED[1]}"
        shown.append(f"{text}.")
    accuracies = {k: fold["accuracy"] for k, fold in folds}
    plot_folds(accuracies, material.pictures / "folds.png")
    return "\n\n".join(
        [*shown, image("folds.png", "Accuracy of each fold, their mean and spread")]
    )


_QUESTIONS = (
    Question(
        19,
        "What are mean and standard deviation over the ten folds?",
        "{folds[mean]:.4f} and {folds[sd]:.4f}[[ (published: {published[folds][0]:.4f} "
        "and {published[folds][1]:.4f})]].",
    ),
    Question(
        20,
        "How do dropout and cross-validation compare for uncertainty?",
        "Cross-validation trains ten networks ({folds[seconds]:.0f} s of training "
        "here) and tells how the accuracy of the whole procedure varies with the rows "
        "it learns from. Dropout trains one, and {passes[n]} passes take "
        "{passes[seconds]:.0f} s; it tells for every single row how far the answer "
        "depends on single units, at the time of prediction. Ten networks can also "
        "answer one row, as an ensemble, but someone must train and keep them.",
    ),
)

PARTS = (
    Part(
        21,
        "Cross-validation",
        "Ten stratified folds of the training rows; network and class weights anew "
        "for each.",
        published={"folds": _PUBLISHED},
        tasks=_tasks,
        figures=_figures,
        section=_show,
        questions=_QUESTIONS,
    ),
)
