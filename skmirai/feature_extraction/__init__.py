"""From packets to features: the 115 AfterImage statistics of Kitsune and N-BaIoT."""

from skmirai.feature_extraction._feature_names import FEATURE_NAMES

__all__ = ["FEATURE_NAMES"]
