"""What classifiers predict follows from their output layer's values."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from skmirai.neural_network._engine.heads import (
    log_probabilities,
    probabilities,
    winners,
)


class PredictsByLogits(ABC):
    """Classes and their probabilities from the values before the last activation."""

    classes_: np.ndarray

    @abstractmethod
    def _decision_values(self, X: Any) -> np.ndarray:
        """Output layer's values before its activation, (n_samples, n_outputs)."""

    def decision_function(self, X: Any) -> np.ndarray:
        """Logits, which do not saturate as probabilities do.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Log odds of ``classes_[1]`` for two classes, one logit for each
            class otherwise.
        """
        values = self._decision_values(X)
        return values[:, 0] if values.shape[1] == 1 else values

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, dropout switched off.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return probabilities(self._decision_values(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log probabilities in the order of ``classes_``, finite also where
            the probability rounds to 0.
        """
        return log_probabilities(self._decision_values(X))

    def predict(self, X: Any) -> np.ndarray:
        """Most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
        """
        found = winners(self._decision_values(X))  # NotFittedError comes first
        return self.classes_[found]
