"""From packets to features: the 115 AfterImage statistics of Kitsune and N-BaIoT."""

from skmirai.feature_extraction._afterimage import AfterImageExtractor
from skmirai.feature_extraction._feature_names import DECAYS, FEATURE_NAMES
from skmirai.packets import (
    PacketReader,
    PacketReport,
    PacketTable,
    PacketWarning,
    read_packets,
)

__all__ = [
    "DECAYS",
    "FEATURE_NAMES",
    "AfterImageExtractor",
    "PacketReader",
    "PacketReport",
    "PacketTable",
    "PacketWarning",
    "read_packets",
]
