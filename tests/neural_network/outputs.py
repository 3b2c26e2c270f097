"""All that a fitted estimator says of rows; importing this starts no Keras."""

import skmirai


def outputs(estimator, X):
    """Predictions of every kind by their names."""
    found = {
        name: getattr(estimator, name)(X)
        for name in ("predict", "predict_proba", "decision_function")
        if hasattr(estimator, name)
    }
    for masks in ("shared", "per_row"):
        uncertainty = skmirai.predict_uncertainty(
            estimator, X, n_passes=12, masks=masks, random_state=0
        )
        found[masks] = uncertainty.to_frame().to_numpy()
    return found
