"""Classifiers that say what the columns of a table are, and tables."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator

from skmirai.uncertainty import PredictiveUncertainty


class Scores(ClassifierMixin, BaseEstimator):
    """Say what the columns of X are: probabilities of the classes."""

    def __init__(self, classes=(0, 1)):
        self.classes = classes

    def fit(self, X, y):
        self.classes_, self.trained_on_ = np.array(self.classes), np.array(X)
        return self

    def predict_proba(self, X):
        return np.asarray(X)

    def predict(self, X):
        return self.classes_[np.argmax(X, axis=1)]


class PassingScores(Scores):
    """Say them in passes, which a seed draws."""

    def predict_uncertainty(self, X, *, n_passes, random_state):
        noise = np.random.RandomState(random_state).uniform(0, 0.2, n_passes)
        passes = np.asarray(X) + noise[:, None, None]
        passes /= passes.sum(axis=2, keepdims=True)
        return PredictiveUncertainty.from_samples(passes, self.classes_)


def scores(attack):
    return np.column_stack([1 - np.asarray(attack), attack])


def frozen(kind=Scores, **parameters):
    return FrozenEstimator(kind(**parameters).fit([[0.0]], [0]))


def table(n_rows=4_000, n_classes=2, seed=0):
    return make_classification(
        n_rows, n_informative=6, n_classes=n_classes, flip_y=0.1, random_state=seed
    )
