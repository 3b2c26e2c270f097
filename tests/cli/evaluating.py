"""Verdicts that are drawn, for tests of what they are worth."""

import numpy as np

from skmirai.cli._evaluating.verdicts import LabelledVerdicts


def drawn(n_rows=400, classes=("benign", "mirai"), seed=0, **more):
    """Draw labels and verdicts that agree more often than not."""
    rng = np.random.default_rng(seed)
    names = np.array(classes)
    codes = rng.integers(len(names), size=n_rows)
    logits = rng.normal(size=(n_rows, len(names)))
    logits[np.arange(n_rows), codes] += 1.5
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    doubts = {"predictive_entropy": -(proba * np.log(proba)).sum(axis=1)}
    given = {
        "truth": names[codes],
        "said": names[proba.argmax(axis=1)],
        "proba": proba,
        "benign": "benign",
        "doubts": doubts,
    }
    return LabelledVerdicts(list(classes), **given | more)
