"""Passes of a classifier with dropout, what our code makes of them, and brute force."""

import math

import numpy as np

from skmirai.uncertainty import PredictiveUncertainty

#: What a result holds of each row, and what follows from it.
FIELDS = ("proba", "std", "votes", "expected_entropy", "predictive_entropy")
DERIVED = (
    "label",
    "confidence",
    "mutual_information",
    "mutual_information_corrected",
    "variation_ratio",
    "mc_error",
)


def result_of(samples, **options):
    """Result of passes, of shape (n_passes, n_rows, n_classes)."""
    return PredictiveUncertainty.from_samples(
        samples, [f"class {c}" for c in range(samples.shape[-1])], **options
    )


def dirichlet(shape=(6, 10), n_classes=3, seed=0):
    """Random passes, ``shape`` is (n_passes, n_rows)."""
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), shape)


def brute_force(samples):
    """Loops over rows, passes and classes, with math.log."""
    n_passes, n_samples, n_classes = samples.shape
    out = {name: [] for name in ("proba", "std", "votes", "total", "aleatoric")}
    entropy = lambda row: math.fsum(-p * math.log(p) for p in row if p > 0)  # noqa: E731
    for i in range(n_samples):
        rows = [[float(p) for p in samples[t, i]] for t in range(n_passes)]
        mean = [math.fsum(row[c] for row in rows) / n_passes for c in range(n_classes)]
        out["proba"].append(mean)
        out["std"].append(
            [
                math.sqrt(math.fsum((row[c] - mean[c]) ** 2 for row in rows) / n_passes)
                for c in range(n_classes)
            ]
        )
        modes = [row.index(max(row)) for row in rows]
        out["votes"].append([modes.count(c) for c in range(n_classes)])
        out["total"].append(entropy(mean))
        out["aleatoric"].append(math.fsum(map(entropy, rows)) / n_passes)
    return {name: np.array(values) for name, values in out.items()}
