"""Verdicts of a model on rows that come in pieces of any size."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._models import (
    asked_in_the_end,
    is_calibrated,
    keeps_rows,
    passes_of,
    split,
)
from skmirai.metrics import predictive_entropy

if TYPE_CHECKING:
    import pandas as pd


class Verdicts:
    """What a model says of each row, the same however the rows are cut.

    A matrix product may round its last bit differently for another number of rows.
    So row i always goes through the network as row ``i % block`` of a block of
    constant size; a block that is not full yet is filled up with copies of a row.

    Parameters
    ----------
    model : estimator or Pipeline
        The fitted model.
    n_passes : int
        Monte Carlo passes, of each member of an ensemble; 0 leaves them out, as does
        a model with neither dropout nor members.
    threshold : float or None
        Probability from which on the verdict is the second of two classes; None
        takes the more probable class.
    block : int
        Rows that the network sees at a time.
    random_state : int
        Seed of the dropout masks, which all rows share.

    Attributes
    ----------
    abstain_label : label or None
        Verdict of rows that the model abstains from; None if it does not.
    n_rows : int
        Rows that were judged.

    Raises
    ------
    ValueError
        If a threshold is given and the model does not tell two classes apart.
    """

    def __init__(
        self,
        model: Any,
        *,
        n_passes: int,
        threshold: float | None,
        block: int,
        random_state: int,
    ) -> None:
        self._front, self._model = split(model)
        self._classes: Any = getattr(self._model, "classes_", None)
        self.abstain_label: Any = getattr(self._model, "abstain_label_", None)
        self._n_passes = passes_of(self._model, n_passes)
        self._is_calibrated = is_calibrated(self._model)
        self._keeps_rows = keeps_rows(self._model)
        self._threshold = threshold
        self._block = block
        self._random_state = random_state
        self.n_rows = 0
        if threshold is not None and (self._classes is None or len(self._classes) != 2):
            kind = (
                "a regressor"
                if self._classes is None
                else f"a classifier of {len(self._classes)} classes"
            )
            raise ValueError(
                f"--threshold {threshold} needs a model of two classes, but this is "
                f"{kind}: leave it out"
            )
        if threshold is not None and hasattr(self._model, "predict_abstain"):
            raise ValueError(
                f"--threshold {threshold} would undo what the model was fitted for: it "
                f"abstains by a threshold of its own; leave it out"
            )

    def __call__(self, X: "np.ndarray | pd.DataFrame") -> "pd.DataFrame":
        """Verdicts on the next rows.

        Parameters
        ----------
        X : ndarray or DataFrame of shape (n_rows, n_features)
            The rows, at least one.

        Returns
        -------
        DataFrame of n_rows rows
            Its index goes on counting the rows. Of a classifier: verdict,
            probability (of the second of two classes, or ``probability_<label>`` for
            each of more), predictive_entropy and, of passes, mutual_information, both
            in nats. Of a regressor: prediction and std, with the number of the target
            behind them where there are several. Of both novelty, if the model can tell.
        """
        import pandas as pd

        parts, start = [], 0
        while start < len(X):
            place = self.n_rows % self._block
            stop = min(len(X), start + self._block - place)
            rows = np.full(self._block, start)
            rows[place : place + stop - start] = np.arange(start, stop)
            found = self._of_block(
                X[rows] if isinstance(X, np.ndarray) else X.iloc[rows]
            )
            parts.append(found.iloc[place : place + stop - start])
            self.n_rows += stop - start
            start = stop
        found = pd.concat(parts, ignore_index=True)
        return found.set_axis(range(self.n_rows - len(X), self.n_rows))

    def _of_block(self, X: Any) -> "pd.DataFrame":
        import pandas as pd

        for step in self._front:
            X = step.transform(X)
        network, rows = asked_in_the_end(self._model, X)
        uncertainty = None
        if self._n_passes is not None:
            uncertainty = network.predict_uncertainty(
                rows, **self._n_passes, random_state=self._random_state
            )
        if self._classes is None:
            columns = _columns("prediction", self._model.predict(X))
            if uncertainty is not None:
                columns |= _columns("std", uncertainty.std)
            if self._keeps_rows:
                columns["novelty"] = network.novelty_score(rows)
            return pd.DataFrame(columns)
        proba = self._model.predict_proba(X)
        columns = self._of_classes(X, proba)
        if uncertainty is None or self._is_calibrated:
            columns["predictive_entropy"] = predictive_entropy(proba)
        else:
            columns["predictive_entropy"] = uncertainty.predictive_entropy
        if uncertainty is not None:
            columns["mutual_information"] = uncertainty.mutual_information
        if self._keeps_rows:
            columns["novelty"] = network.novelty_score(rows)
        return pd.DataFrame(columns)

    def _of_classes(self, X: Any, proba: np.ndarray) -> dict[str, np.ndarray]:
        if hasattr(self._model, "predict_abstain"):
            verdict = self._model.predict(X)
        elif self._threshold is None:
            verdict = self._classes[proba.argmax(axis=1)]
            # The rule of `predict` is one about logits, which are told apart where
            # probabilities have been rounded to the same number.
            level = (proba == proba.max(axis=1, keepdims=True)).sum(axis=1) > 1
            if level.any():
                verdict[level] = self._model.predict(X)[level]
        else:
            winners = (proba[:, 1] >= self._threshold).astype(int)
            verdict = self._classes[winners]
        if len(self._classes) == 2:
            return {"verdict": verdict, "probability": proba[:, 1]}
        each = zip(self._classes, proba.T, strict=True)
        return {"verdict": verdict} | {f"probability_{c}": p for c, p in each}


def _columns(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    if values.ndim == 1:
        return {name: values}
    return {f"{name}_{i}": values[:, i] for i in range(values.shape[1])}
