"""Files of classifiers around a network: calibrated ones, and those that abstain."""

from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression

from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.uncertainty import AbstainingClassifier
from skmirai.utils._forms import PARAMS_AND_STATE, Form, Parts
from skmirai.utils._kinds import Kind, shown
from skmirai.utils._sklearn import (
    CalibratedClassifier,
    SigmoidCalibration,
    TemperatureScaling,
)

#: By the names in files.
WRAPPERS: dict[str, type] = {
    "sklearn.calibration.CalibratedClassifierCV": CalibratedClassifierCV,
    "skmirai.uncertainty.AbstainingClassifier": AbstainingClassifier,
}


# -- calibrated --------------------------------------------------------------------

#: What each method learns for a class: the class of the calibrator, and its numbers.
_CALIBRATORS: dict[str, tuple[type, tuple[str, ...]]] = {
    "temperature": (TemperatureScaling, ("beta_",)),
    "sigmoid": (SigmoidCalibration, ("a_", "b_")),
    "isotonic": (
        IsotonicRegression,
        ("X_thresholds_", "y_thresholds_", "X_min_", "X_max_", "increasing_"),
    ),
}


def _packed_calibrated(calibrated: CalibratedClassifier) -> list[Any]:
    _, names = _CALIBRATORS[calibrated.method]
    learned = [[vars(c)[name] for name in names] for c in calibrated.calibrators]
    return [calibrated.estimator, calibrated.method, calibrated.classes, learned]


def _calibrated(packed: Any) -> CalibratedClassifier:
    estimator, method, classes, learned = packed
    if method not in _CALIBRATORS:
        raise ValueError(f"{shown(method)} is none of {[*_CALIBRATORS]}")
    own = estimator.classes_
    if not _are_of(classes, own, method):
        raise ValueError("a calibrated classifier has other classes than what it asks")
    n_calibrators = 1 if method == "temperature" or len(own) == 2 else len(own)
    if len(learned) != n_calibrators:
        raise ValueError(
            f"{len(learned)} calibrators instead of {n_calibrators} for {method!r}"
        )
    return CalibratedClassifier(
        estimator,
        [_calibrator(method, values) for values in learned],
        classes=classes,
        method=method,
    )


def _are_of(classes: Any, own: NDArray, method: str) -> bool:
    """Tell whether scikit-learn calibrates a classifier of its own classes to these.

    Before it trains folds for a temperature, it numbers classes of text. For the other
    methods a fold may lack some.
    """
    if method != "temperature":
        return bool(np.isin(own, classes).all())
    numbers = np.arange(len(classes) if isinstance(classes[0], str) else 0)
    return np.array_equal(own, classes) or np.array_equal(own, numbers)


def _calibrator(method: str, values: list[Any]) -> Any:
    cls, names = _CALIBRATORS[method]
    state = dict(zip(names, values, strict=True))
    for name, value in state.items():
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "fb" or not np.isfinite(numbers).all():
            raise ValueError(f"{name} of a calibrator holds {shown(value)}")
        if numbers.ndim != (1 if name.endswith("thresholds_") else 0):
            raise ValueError(f"{name} of a calibrator has {numbers.ndim} dimensions")
    if method != "isotonic":
        calibrator = cls()
        vars(calibrator).update(state)
        return calibrator
    calibrator = cls(out_of_bounds="clip")
    X, y = state["X_thresholds_"], state["y_thresholds_"]
    if not (len(X) == len(y) > 0 and (np.diff(X) > 0).all()):
        raise ValueError("the steps of an isotonic calibrator are not in order")
    own = {**vars(calibrator), "_sklearn_version": sklearn.__version__}
    calibrator.__setstate__({**own, **state})  # which makes its interpolation anew
    return calibrator


CALIBRATED = Kind(
    "calibrated",
    lambda value: type(value) is CalibratedClassifier and value.method in _CALIBRATORS,
    _packed_calibrated,
    _calibrated,
    most=256,
)


def _checked_calibration(cls: type, parts: Parts) -> CalibratedClassifierCV:
    """Return calibrated classifiers that know the classes that their mean is of."""
    estimator = PARAMS_AND_STATE.put_together(cls, parts)
    fitted = parts["state"].get("calibrated_classifiers_")
    if fitted is None:
        return estimator
    if not (
        isinstance(fitted, list)
        and fitted
        and all(type(each) is CalibratedClassifier for each in fitted)
        and all(
            np.array_equal(each.classes, parts["state"]["classes_"]) for each in fitted
        )
    ):
        raise ValueError("a CalibratedClassifierCV holds no classifiers of its classes")
    return estimator


# -- abstaining --------------------------------------------------------------------


def _checked_abstention(cls: type, parts: Parts) -> AbstainingClassifier:
    """Return a classifier whose threshold is one of what it asks."""
    estimator = PARAMS_AND_STATE.put_together(cls, parts)
    estimator._validate_params()
    state = parts["state"]
    if "estimator_" not in state:
        return estimator
    if not (
        type(state["threshold_"]) is float
        and not np.isnan(state["threshold_"])
        and type(state["seed_"]) is int
        and type(state["n_passes_"]) is int
        and state["n_passes_"] >= 1
        and type(state["only_alarms_"]) is bool
        and state["by_"] in ("benign_probability", *UNCERTAINTY_MEASURES)
        and np.array_equal(state["estimator_"].classes_, state["classes_"])
        and state["abstain_label_"] not in (classes := state["classes_"].tolist())
        and state["benign_label_"] in [None, *classes][state["only_alarms_"] :]
        and (state["only_alarms_"] or state["by_"] != "benign_probability")
    ):
        raise ValueError(
            "an AbstainingClassifier needs a threshold of a named measure, a label "
            "that is none of the classes of what it asks, and for false alarms one "
            "that is the benign of them"
        )
    return estimator


FORMS: dict[type, Form] = {
    CalibratedClassifierCV: Form(PARAMS_AND_STATE.parts_of, _checked_calibration),
    AbstainingClassifier: Form(PARAMS_AND_STATE.parts_of, _checked_abstention),
}
