"""Names and order of the 115 AfterImage features."""

#: Decay rates lambda in 1/s, in the order of the columns.
DECAYS = (5, 3, 1, 0.1, 0.01)

_ONE_STREAM = ("weight", "mean", "variance")
_TWO_STREAMS = ("weight", "mean", "std", "magnitude", "radius", "covariance", "pcc")

#: Blocks of columns: what a stream is keyed by, and its statistics.
BLOCKS = {
    "MI_dir": _ONE_STREAM,
    "H": _ONE_STREAM,
    "HH": _TWO_STREAMS,
    "HH_jit": _ONE_STREAM,
    "HpHp": _TWO_STREAMS,
}

#: Names in the order of the files of N-BaIoT and, after a counter, of Kitsune.
FEATURE_NAMES: tuple[str, ...] = tuple(
    f"{block}_L{decay}_{statistic}"
    for block, statistics in BLOCKS.items()
    for decay in DECAYS
    for statistic in statistics
)
