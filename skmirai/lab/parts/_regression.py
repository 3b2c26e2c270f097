"""Part 22: a number instead of a class."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai.lab._part import Part, Question
from skmirai.lab._plots import plot_histories
from skmirai.lab._protocol import SETTINGS
from skmirai.lab._training.fits import fit
from skmirai.lab._work.context import LabContext
from skmirai.lab._work.tasks import Plan, Task, training_task
from skmirai.lab._writing.markdown import image, table
from skmirai.lab._writing.material import Material, number
from skmirai.neural_network import MiraiDNNRegressor


def train_regressor(context: LabContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Predict a dropped column; beside it the mean and a linear model."""
    X, _ = context.table.open()
    target = context.table.target_column
    splits = context.splits()
    parameters = {k: v for k, v in SETTINGS.items() if k != "class_weight"}
    regressor = MiraiDNNRegressor(
        **{
            **parameters,
            **settings,
            "drop_columns": context.table.n_dropped,
            "scaler": context.scaler(),
            "random_state": context.random_state,
        }
    )
    y = np.ascontiguousarray(X[:, target])
    centre, spread = y[splits.train].mean(), y[splits.train].std()
    if not spread:
        raise ValueError(
            f"column {target}, the target, is {centre} in all training rows; there is "
            f"nothing to predict"
        )
    scaled = (y - centre) / spread
    _, found = fit(context, regressor, X, scaled, splits.train, splits.validation)
    kept = slice(context.table.n_dropped, None)
    linear = make_pipeline(StandardScaler(), Ridge()).fit(
        X[splits.train][:, kept], scaled[splits.train]
    )
    rows = X[splits.test]
    answers = {
        "network": regressor.predict(rows),
        "linear": linear.predict(rows[:, kept]),
        "mean": np.zeros(len(rows)),
    }
    for name, predicted in answers.items():
        predicted = centre + spread * predicted
        true = y[splits.test]
        found[f"rmse_{name}"] = float(root_mean_squared_error(true, predicted))
        found[f"r2_{name}"] = float(r2_score(true, predicted))
    regressor.save(context.store.model("regression"))
    return found


def _tasks(plan: Plan) -> Iterable[Task]:
    settings = {"optimizer": "adam", "learning_rate": 0.005}
    name = "regression"
    return [training_task(plan, name, 22, name, train_regressor, settings)]


def _show(material: Material) -> str:
    if not material.has("regression"):
        return ""
    found = material.figures["regression"]
    plot_histories(
        {"": found["history"]},
        material.pictures / "part_22.png",
        title="How far off are predicted packet sizes?",
    )
    rows = [
        [name, number(found[f"r2_{key}"]), number(found[f"rmse_{key}"], 2)]
        for name, key in (
            ("network, 2 x 20", "network"),
            ("ridge regression", "linear"),
            ("mean of the training rows", "mean"),
        )
    ]
    text = (
        "Target: `H_L1_mean`, the mean size in bytes of the packets that the host sent "
        "in about the last second."
    )
    header = ["model", "R² on the test rows", "root mean squared error"]
    picture = image("part_22.png", "Squared and absolute error over the epochs")
    return "\n\n".join([text, table(header, rows), picture])


_QUESTIONS = (
    Question(
        21,
        "What must be changed for regression?",
        "The output unit has no sigmoid, since the target is not a probability; the "
        "loss is the squared error instead of the cross-entropy; accuracy and class "
        "weights have no meaning and give way to an error in the unit of the target; "
        "the target is standardised like the columns. Here the network predicts the "
        "mean packet size of a host with R² {regression[r2_network]:.3f}, a linear "
        "model {regression[r2_linear]:.3f}, and the mean of the training rows "
        "{regression[r2_mean]:z.3f}.",
    ),
)

PARTS = (
    Part(
        22,
        "Regression",
        "A linear output and the squared error instead of a sigmoid and the "
        "cross-entropy. The target is a column of the same table that was dropped.",
        tasks=_tasks,
        section=_show,
        questions=_QUESTIONS,
    ),
)
