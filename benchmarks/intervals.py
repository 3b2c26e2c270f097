"""Do intervals of a score hold the true one? Blocks beside single rows.

Run: ``python benchmarks/intervals.py``. Labels are right or wrong in runs, as packets
of one stream are: a latent AR(1) series is below the level that gives the true
accuracy. For each memory and length, ``--repeats`` such tables are drawn; printed is
the share of the 95 % intervals that hold the true accuracy, with blocks of automatic
length and with rows drawn one by one.
"""

import argparse

import numpy as np
from common import machine
from scipy.signal import lfilter
from scipy.stats import norm

from skmirai.metrics import bootstrap_interval

#: Correlation of neighbours, rows, true accuracy.
CASES = (
    (0.0, 2_000, 0.9),
    (0.5, 2_000, 0.95),
    (0.9, 2_000, 0.8),
    (0.95, 5_000, 0.9),
    (0.99, 20_000, 0.9),
)


def wrong_rows(
    rng: np.random.Generator, correlation: float, n_rows: int, accuracy: float
) -> np.ndarray:
    """Which rows are wrong, in runs."""
    shocks = rng.normal(size=n_rows + 500)
    latent = lfilter([np.sqrt(1 - correlation**2)], [1, -correlation], shocks)[500:]
    return (latent > norm.ppf(accuracy)).astype(int)


def coverage(
    correlation: float, n_rows: int, accuracy: float, repeats: int
) -> tuple[float, float, float]:
    """Share of the intervals that hold the accuracy, by blocks and by rows."""
    rng, y = np.random.default_rng(0), np.zeros(n_rows, int)
    held, lengths = np.zeros(2), []
    for seed in range(repeats):
        predicted = wrong_rows(rng, correlation, n_rows, accuracy)
        for k, length in enumerate(("auto", 1)):
            found = bootstrap_interval(
                lambda y, p: float(np.mean(y == p)),
                y,
                predicted,
                block_length=length,
                n_resamples=200,
                random_state=seed,
            )
            held[k] += found.low <= accuracy <= found.high
            if length == "auto":
                lengths.append(found.block_length)
    return held[0] / repeats, held[1] / repeats, float(np.median(lengths))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    given = parser.parse_args()
    print(machine())
    print("\n| neighbours' correlation | rows | accuracy | block | blocks | rows |")
    print("|---|---|---|---|---|---|")
    for correlation, n_rows, accuracy in CASES:
        blocks, rows, length = coverage(correlation, n_rows, accuracy, given.repeats)
        print(
            f"| {correlation} | {n_rows:,} | {accuracy} | {length:.0f} | {blocks:.3f} "
            f"| {rows:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
