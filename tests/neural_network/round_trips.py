"""Estimators go to a file and come back."""

import skmirai

#: Settings that give an estimator much to remember.
STATEFUL = {"dropout_rate": 0.3, "batch_norm": True, "warm_start": True}


def trip(estimator, folder):
    """Save an estimator, by its own method where it has one, and load it."""
    path = folder / "saved.skmirai"
    if hasattr(estimator, "save"):
        estimator.save(path)
    else:
        skmirai.save(estimator, path)
    return skmirai.load(path)


def plain_params(estimator):
    """Parameters, also of what is within, by name; of objects their types."""
    plain = (bool, int, float, str, type(None))
    params = estimator.get_params()
    return {k: repr(v) if type(v) in plain else type(v) for k, v in params.items()}
