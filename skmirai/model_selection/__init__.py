"""Search spaces for tuning the estimators."""

from skmirai.model_selection._search_space import (
    param_distributions,
    search_distributions,
    suggest_params,
)

__all__ = ["param_distributions", "search_distributions", "suggest_params"]
