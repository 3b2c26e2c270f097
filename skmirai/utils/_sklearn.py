"""The only place that imports scikit-learn's private names."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sklearn.base import _clone_parametrized as clone_parametrized
from sklearn.calibration import _CalibratedClassifier as CalibratedClassifier
from sklearn.calibration import _SigmoidCalibration as SigmoidCalibration
from sklearn.calibration import _TemperatureScaling as TemperatureScaling
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import _score as scores_of
from sklearn.model_selection._validation import (
    _warn_or_raise_about_fit_failures as tell_of_failed_fits,
)
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._openmp_helpers import (
    _openmp_effective_n_threads as openmp_effective_n_threads,
)
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
)
from sklearn.utils._set_output import _wrap_data_with_container as wrap_output
from sklearn.utils.metaestimators import _safe_split as safe_split
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_method_params as sliced_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

if TYPE_CHECKING:
    F = TypeVar("F", bound=Callable[..., Any])

    # scikit-learn's decorators have no types; these keep those of what they decorate
    def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[F], F]: ...

    def validate_params(
        parameter_constraints: dict[str, list[Any]],
        *,
        prefer_skip_nested_validation: bool,
    ) -> Callable[[F], F]: ...
else:
    from sklearn.base import _fit_context as fit_context
    from sklearn.utils._param_validation import validate_params

#: Attributes in which an estimator keeps its callbacks' state during a fit.
CALLBACK_STATE = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")

__all__ = [
    "CALLBACK_STATE",
    "BaseScorer",
    "BaseSearchCV",
    "CalibratedClassifier",
    "HasMethods",
    "Interval",
    "Options",
    "SigmoidCalibration",
    "StrOptions",
    "TemperatureScaling",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "clone_parametrized",
    "fit_context",
    "num_samples",
    "openmp_effective_n_threads",
    "safe_indexing",
    "safe_split",
    "scores_of",
    "sliced_params",
    "tell_of_failed_fits",
    "validate_params",
    "wrap_output",
]
