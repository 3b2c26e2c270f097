"""How uncertain are predicted class probabilities, and for which reason.

All entropies are in nats. They are computed in float64, whatever the input,
from the probabilities as given: rows are checked to sum to one but are not
renormalised. A value that rounding put above 1 is taken as 1.
"""

from collections.abc import Mapping
from types import MappingProxyType

from skmirai.metrics._uncertainty import (
    _confidence,
    _mutual_information,
    _predictive_entropy,
    _variation_ratio,
)
from skmirai.metrics._uncertainty._expected_entropy import expected_entropy
from skmirai.metrics._uncertainty._measure import UncertaintyMeasure
from skmirai.metrics._uncertainty._mutual_information import mutual_information
from skmirai.metrics._uncertainty._predictive_entropy import predictive_entropy
from skmirai.metrics._uncertainty._variation_ratio import variation_ratio
from skmirai.utils._probabilities import entropy

#: What each measure of uncertainty is. Attributes of results, what they select by,
#: their frames and docstrings follow from it: a measure is one entry here, and its
#: function in a file of this package.
UNCERTAINTY_MEASURES: Mapping[str, UncertaintyMeasure] = MappingProxyType(
    {
        "predictive_entropy": UncertaintyMeasure(
            "entropy of ``proba``: the total uncertainty",
            of_statistics=_predictive_entropy.of_statistics,
            unit="nats",
        ),
        "expected_entropy": UncertaintyMeasure(
            "mean entropy of the single passes: the aleatoric part",
            of_passes=entropy,
            unit="nats",
        ),
        "mutual_information": UncertaintyMeasure(
            "``predictive_entropy - expected_entropy``: the epistemic part",
            of_statistics=_mutual_information.of_statistics,
            unit="nats",
        ),
        "mutual_information_corrected": UncertaintyMeasure(
            "``mutual_information * n_passes / (n_passes - 1)``; NaN for one pass",
            of_statistics=_mutual_information.corrected,
            unit="nats",
            min_passes=2,
        ),
        "variation_ratio": UncertaintyMeasure(
            "share of passes that do not vote for the most voted class",
            of_statistics=_variation_ratio.of_statistics,
        ),
        "confidence": UncertaintyMeasure(
            "the largest mean probability: small where uncertain",
            of_statistics=_confidence.of_statistics,
            high_is_uncertain=False,
        ),
    }
)

__all__ = [
    "UNCERTAINTY_MEASURES",
    "UncertaintyMeasure",
    "expected_entropy",
    "mutual_information",
    "predictive_entropy",
    "variation_ratio",
]
