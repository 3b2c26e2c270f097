"""Which kinds of attacks are detected: rates, their bars, the display of both."""

from skmirai.inspection._detection._display import DetectionRateDisplay

__all__ = ["DetectionRateDisplay"]
