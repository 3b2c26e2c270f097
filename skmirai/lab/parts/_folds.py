"""Part 21: cross-validation of the best configuration."""

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.model_selection import StratifiedKFold

from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_folds
from skmirai.lab._runs import run_name
from skmirai.lab._training.fits import classifier, fit
from skmirai.lab._training.judgement import judged
from skmirai.lab._work.context import LabContext
from skmirai.lab._work.tasks import Plan, Task, training_task
from skmirai.lab._writing.figures import Figures, mean_and_deviation
from skmirai.lab._writing.markdown import image, table
from skmirai.lab._writing.material import Material, number

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
            plan, name, 21, title, train_fold, plan.best, share=share, fold=fold
        )


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if not results.keys() >= set(_NAMES):
        return {}
    done = [results[name] for name in _NAMES]
    seconds = sum(fold["fit_seconds"] for fold in done)
    accuracies = mean_and_deviation(fold["accuracy"] for fold in done)
    balanced = mean_and_deviation(fold["balanced_accuracy"] for fold in done)
    found = {**accuracies, "seconds": seconds, "balanced": balanced}
    return {"folds": {**found, "against_passes": _against_passes(results, seconds)}}


def _against_passes(results: Mapping[str, Figures], seconds: float) -> str:
    """Compare the times with those of part 20, if it was run."""
    name = run_name("11")
    if name not in results:
        return f"Ten trainings took {seconds:.0f} s here."
    run = results[name]
    trained, asked = run["fit_seconds"], run["passes_seconds"]
    return (
        f"Here ten trainings took {seconds:.0f} s; one training with dropout took "
        f"{trained:.0f} s and its {len(run['passes'])} passes {asked:.0f} s, "
        f"{trained + asked:.0f} s in all (trainings side by side, so that these are "
        f"times of work)."
    )


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
            number(fold["balanced_accuracy"]),
            *(number(recall) for recall in fold["recalls"]),
            number(fold["loss"]),
            ", ".join(f"{weight:.4f}" for weight in fold["class_weight"]),
            number(fold["fit_seconds"], 1),
        ]
        for k, fold in folds
    ]
    header = ["fold", "accuracy", "balanced accuracy", "recall, benign"]
    header += ["recall, attack", "loss", "class weights", "training, s"]
    shown = [table(header, rows)]
    if material.has("folds"):
        found = material.figures["folds"]
        text = (
            f"Mean {found['mean']:.4f}, standard deviation {found['sd']:.4f} (the sum "
            f"divided by n)"
        )
        if known := material.of_publication(material.figures["published"]["folds"]):
            text += f"; published: {known[0]} and {known[1]}"
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
        "{folds[mean]:.4f} and {folds[sd]:.4f}[[<< (published: "
        "{published[folds][0]:.4f} and {published[folds][1]:.4f})>>]], the latter "
        "divided by n; balanced accuracy "
        "{folds[balanced][mean]:.4f} and {folds[balanced][sd]:.4f}. Any two of the "
        "trainings share eight ninths of their rows, so that the folds are not ten "
        "independent trials, and their spread gives no unbiased standard error of the "
        "mean (Bengio and Grandvalet, 2004).",
        sources=("Bengio and Grandvalet 2004",),
    ),
    Question(
        20,
        "What is the main advantage of dropout over cross-validation, for the "
        "uncertainty of the test accuracy? Think of a network that trains for 24 "
        "hours.",
        "One training instead of ten. A network that trains for a day takes nine days "
        "in ten folds (each has nine tenths of the rows), or ten machines; with "
        "dropout it takes about its day and then minutes for the passes. "
        "<<{folds[against_passes]} >>They do not tell the same. Cross-validation is "
        "about the procedure: how the accuracy varies with the rows that it is "
        "trained and tested on, for a network that is not the one in use. Passes are "
        "about that one network and about single rows: how far an answer depends on "
        "single units, when it is given. The spread of the accuracy over passes does "
        "not hold what other training rows would have changed, and so is no stand-in "
        "for the spread over folds.",
        sources=("Gal and Ghahramani 2016",),
    ),
)

PARTS = (
    Part(
        21,
        "Cross-validation",
        "The configuration of part 19 in ten stratified folds of the training rows, "
        "shuffled with seed 1234; network and class weights anew for each.",
        published={"folds": _PUBLISHED},
        tasks=_tasks,
        figures=_figures,
        section=_show,
        questions=_QUESTIONS,
    ),
)
