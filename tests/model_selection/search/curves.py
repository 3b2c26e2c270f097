"""An estimator that can train on, whose scores are known beforehand."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Curve(ClassifierMixin, BaseEstimator):
    """After so many epochs its score is that of a curve; it writes down its fits.

    Parameters are those by which a search recognises networks that can be trained on.
    """

    def __init__(
        self,
        height=0.0,
        peak=100,
        epochs=9,
        warm_start=False,
        schedule_epochs=None,
        learning_rate_schedule="constant",
        early_stopping=False,
        callbacks=None,
        validation_fraction=None,
        random_state=0,
        log=None,
    ):
        self.height = height
        self.peak = peak
        self.epochs = epochs
        self.warm_start = warm_start
        self.schedule_epochs = schedule_epochs
        self.learning_rate_schedule = learning_rate_schedule
        self.early_stopping = early_stopping
        self.callbacks = callbacks
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.log = log

    def fit(self, X, y):
        if self.log is not None:
            self.log.append((self.height, self.epochs))
        behind = self.trained_ if self.warm_start and hasattr(self, "trained_") else 0
        self.classes_ = np.unique(y)
        self.trained_ = behind + self.epochs
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return curve(self.height, self.peak, self.trained_)


def curve(height, peak, epochs):
    """It rises up to a peak, and falls from there."""
    return height + min(epochs, peak) / 100 - max(0, epochs - peak) / 10


class Log(list):
    """A list that all copies of an estimator share."""

    def __deepcopy__(self, memo):
        return self
