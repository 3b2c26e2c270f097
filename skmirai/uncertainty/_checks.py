"""The parameters of a result over class probabilities, checked."""

from typing import Any

import numpy as np

from skmirai.uncertainty._moments import read_only
from skmirai.utils._probabilities import check_probabilities, entropy

# expected_entropy may exceed predictive_entropy by float32 rounding, no more.
_ENTROPY_TOLERANCE = 1e-6


def checked_passes(given: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    """Check ``n_passes``, ``samples`` and ``std`` beside a mean of this shape."""
    if given.n_passes < 1 or given.n_passes != int(given.n_passes):
        raise ValueError(
            f"n_passes={given.n_passes} must be an integer >= 1: the number of "
            "passes that the mean is taken over"
        )
    n_passes, std = int(given.n_passes), read_only(given.std, np.float64)
    if std.shape != shape:
        raise ValueError(
            f"std has shape {std.shape}; expected {shape}, that of the mean: "
            "from_samples computes both from the passes"
        )
    good = np.isfinite(std) & (std >= 0)
    if not good.all():
        where = tuple(np.argwhere(~good)[0].tolist())
        raise ValueError(
            f"std[{', '.join(map(str, where))}]={std[where]} must be finite and "
            ">= 0: compute it from finite passes"
        )
    if given.samples is None:
        return {"n_passes": n_passes, "std": std, "samples": None}
    samples = read_only(given.samples)
    if samples.shape != (n_passes, *shape):
        raise ValueError(
            f"samples has shape {samples.shape}; expected {(n_passes, *shape)}: "
            "all passes, or None"
        )
    return {"n_passes": n_passes, "std": std, "samples": samples}


def checked_parameters(given: Any) -> dict[str, Any]:
    """Return the fields of a ``PredictiveUncertainty``, checked and read-only.

    The entropy of the mean is among them, and ``expected_entropy`` does not exceed it.
    """
    classes = read_only(given.classes)
    # This also takes back a mean of values <= 1 that was rounded to above 1.
    proba = check_probabilities("proba", given.proba, ndim=None)
    if classes.ndim != 1 or len(set(classes.tolist())) != classes.size:
        raise ValueError(
            f"classes={classes.tolist()} must be one list of distinct labels: "
            "pass the estimator's classes_"
        )
    if proba.ndim != 2 or proba.shape[1] != classes.size:
        raise ValueError(
            f"proba has shape {proba.shape}; expected (n_samples, {classes.size}), "
            "one column for each of the classes"
        )
    votes = read_only(given.votes, np.int64)
    aleatoric = np.asarray(given.expected_entropy, dtype=np.float64)
    means = {k: read_only(v, np.float64) for k, v in given.pass_means.items()}
    for name, array, shape in (
        ("votes", votes, proba.shape),
        ("expected_entropy", aleatoric, proba.shape[:1]),
        *((f"pass_means[{k!r}]", v, proba.shape[:1]) for k, v in means.items()),
    ):
        if array.shape != shape:
            raise ValueError(
                f"{name} has shape {array.shape}; expected {shape} beside proba "
                f"of shape {proba.shape}: from_samples computes it from the passes"
            )
    values = checked_passes(given, proba.shape)
    cast = votes.sum(axis=1)
    if (cast != given.n_passes).any():
        row = int(np.argmax(cast != given.n_passes))
        raise ValueError(
            f"votes[{row}] adds up to {cast[row]}; expected "
            f"n_passes={given.n_passes}: count one vote for each pass"
        )
    total = entropy(proba)
    excess = ~(aleatoric <= total + _ENTROPY_TOLERANCE)
    if excess.any():
        row = int(np.argmax(excess))
        raise ValueError(
            f"expected_entropy[{row}]={aleatoric[row]:.6g} must not exceed the "
            f"entropy of proba[{row}], {total[row]:.6g}: both are in nats, of the "
            "same passes"
        )
    differ = (values["std"] != 0).any(axis=1)
    aleatoric = np.where(differ, np.minimum(aleatoric, total), total)
    return values | {
        "classes": classes,
        "proba": read_only(proba, np.float64),
        "votes": votes,
        "expected_entropy": read_only(aleatoric),
        "predictive_entropy": read_only(total),
        "pass_means": means,
    }
