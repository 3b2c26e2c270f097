"""Do intervals of a score hold the true one? Blocks beside single rows.

Run: ``python benchmarks/intervals.py``. Labels are right or wrong in runs, as packets
of one stream are: a latent AR(1) series is below the level that gives the true
accuracy. For each memory and length, ``--repeats`` such tables are drawn; printed is
the share of the 95 % intervals that hold the true accuracy, with blocks of automatic
length and with rows drawn one by one. In the second table labels come in runs, too, and
probabilities say as much of each row as a normal score that remembers: printed is the
same of the area under the ROC curve and of the logarithmic loss.
"""

import argparse

import numpy as np
from common import machine
from scipy.signal import lfilter
from scipy.special import expit
from scipy.stats import norm, rankdata

from skmirai.metrics import bootstrap_interval, bootstrap_intervals

#: Correlation of neighbours, rows, true accuracy.
CASES = (
    (0.0, 2_000, 0.9),
    (0.5, 2_000, 0.95),
    (0.9, 2_000, 0.8),
    (0.95, 5_000, 0.9),
    (0.99, 20_000, 0.9),
)

#: Correlation of neighbours and rows for scores of probabilities.
OF_PROBABILITIES = ((0.0, 2_000), (0.5, 2_000), (0.9, 2_000))

#: Deviations between the means of the two classes.
_APART = 2.0


def wrong_rows(
    rng: np.random.Generator, correlation: float, n_rows: int, accuracy: float
) -> np.ndarray:
    """Which rows are wrong, in runs."""
    return (series(rng, correlation, n_rows) > norm.ppf(accuracy)).astype(int)


def series(rng: np.random.Generator, correlation: float, n_rows: int) -> np.ndarray:
    """A series of standard normal values with a memory."""
    shocks = rng.normal(size=n_rows + 500)
    return lfilter([np.sqrt(1 - correlation**2)], [1, -correlation], shocks)[500:]


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


def area_and_loss(y: np.ndarray, logits: np.ndarray) -> dict[str, float]:
    """Area under the ROC curve and logarithmic loss."""
    n_attacks, ranks = y.sum(), rankdata(logits)
    pairs = n_attacks * (len(y) - n_attacks)
    below = ranks[y == 1].sum() - n_attacks * (n_attacks + 1) / 2
    losses = np.logaddexp(0, np.where(y == 1, -logits, logits))
    return {"ROC AUC": float(below / pairs), "log loss": float(losses.mean())}


def coverage_of_probabilities(
    correlation: float, n_rows: int, repeats: int
) -> list[float]:
    """Share of the intervals that hold area and loss, by blocks and by rows."""
    rng = np.random.default_rng(0)
    many = rng.normal(size=10**7) + _APART / 2  # of attacks; benign ones mirror them
    true = {
        "ROC AUC": norm.cdf(_APART / np.sqrt(2)),
        "log loss": np.logaddexp(0, -_APART * many).mean(),
    }
    held = {(name, length): 0 for name in true for length in ("auto", 1)}
    for seed in range(repeats):
        y = (series(rng, correlation, n_rows) > 0).astype(int)
        logits = _APART * (series(rng, correlation, n_rows) + _APART * (y - 0.5))
        wrong = np.abs(y - expit(logits))
        for length in ("auto", 1):
            found = bootstrap_intervals(
                lambda rows, y=y, logits=logits: area_and_loss(y[rows], logits[rows]),
                np.column_stack([wrong, wrong > 0.5]),
                block_length=length,
                bounds={"log loss": (0, np.inf)},
                n_resamples=100,
                random_state=seed,
            )
            for name, value in true.items():
                held[name, length] += found[name].low <= value <= found[name].high
    return [count / repeats for count in held.values()]


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
    print(
        "\n| neighbours' correlation | rows | AUC, blocks | AUC, rows | log loss, "
        "blocks | log loss, rows |\n|---|---|---|---|---|---|"
    )
    for correlation, n_rows in OF_PROBABILITIES:
        shares = coverage_of_probabilities(correlation, n_rows, given.repeats)
        figures = " | ".join(f"{share:.3f}" for share in shares)
        print(f"| {correlation} | {n_rows:,} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
