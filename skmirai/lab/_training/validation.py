"""Figures of the validation rows after every epoch, in the ways that can be meant."""

from typing import Any

import numpy as np
from sklearn.metrics import log_loss


class ValidationCurves:
    """A scikit-learn callback that evaluates the validation rows after every epoch.

    One pass over the rows gives both losses. The estimator's own validation, of
    ``fit(X, y, X_val=..., y_val=...)``, gives the first alone, and a second pass
    would cost as much as the training of an epoch.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Validation rows.
    y : ndarray of int, shape (n_rows,)
        Their labels, 0 or 1.
    dropout_on : bool, default=False
        Whether to evaluate a second time with units dropped at random, which is
        what a layer that always drops units does to a validation.

    Attributes
    ----------
    history : dict of str to list of float
        For each epoch "val_loss", weighted by class as the training loss is and as
        the estimator reports it; "val_loss_unweighted", as Keras's ``fit`` reports
        it, which applies ``class_weight`` to training rows alone; "val_accuracy";
        and, with units dropped, "val_loss_dropout_on" (without class weights) and
        "val_accuracy_dropout_on".
    """

    def __init__(
        self, X: np.ndarray, y: np.ndarray, *, dropout_on: bool = False
    ) -> None:
        self.X, self.y, self.dropout_on = X, y, dropout_on

    def setup(self, estimator: Any, context: Any) -> None:
        """Start."""
        self.history: dict[str, list[float]] = {}
        self._rows: Any = None

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing to do before an epoch."""

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any
    ) -> None:
        """Evaluate after an epoch."""
        if context.task_name != "epoch":
            return
        if self._rows is None:  # the columns are scaled alike after every epoch
            self._rows = fitted_estimator.pipeline_[:-1].transform(self.X)
        values = fitted_estimator.pipeline_["dnn"].decision_values(self._rows)
        values, y = values[:, 0].astype(np.float64), self.y
        # cross-entropy of the sigmoid of a value, which need not be computed for it
        losses = np.logaddexp(0, values) - y * values
        weights = fitted_estimator.class_weight_[y]
        self._add("val_accuracy", np.mean((values > 0) == y))
        self._add("val_loss", np.mean(losses * weights))
        self._add("val_loss_unweighted", np.mean(losses))
        if self.dropout_on:
            n_epochs = len(self.history["val_loss"])
            asked = fitted_estimator.predict_uncertainty(
                self.X, n_passes=1, masks="per_row", random_state=n_epochs
            )
            proba = asked.proba[:, 1].astype(np.float64)
            self._add("val_accuracy_dropout_on", np.mean(asked.label == y))
            self._add("val_loss_dropout_on", log_loss(y, proba, labels=[0, 1]))

    def teardown(self, estimator: Any, context: Any) -> None:
        """Let the rows go."""
        self._rows = None

    def _add(self, name: str, value: float) -> None:
        self.history.setdefault(name, []).append(float(value))
