"""Draw the picture of the first page: verdicts on packets, and how sure they are.

Run ``python docs/images/draw_verdict.py``: it simulates traffic, trains a network on
the first and the last third of either class, asks it about the third between, and
writes ``verdict-light.svg`` and ``verdict-dark.svg`` beside itself.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from skmirai import MiraiDNNClassifier
from skmirai.datasets import make_mirai_traffic
from skmirai.model_selection import BlockedStratifiedKFold
from skmirai.uncertainty import PredictiveUncertainty

#: Colours of text, lines, and the three verdicts, for both backgrounds.
COLOURS = {
    "light": {
        "text": "#1f2328",
        "line": "#d0d7de",
        "normal": "#0067a5",
        "attack": "#b8420b",
        "ask a person": "#8250df",
    },
    "dark": {
        "text": "#e6edf3",
        "line": "#3d444d",
        "normal": "#58b4f5",
        "attack": "#ff9352",
        "ask a person": "#c59bff",
    },
}

#: Share of the packets that get a verdict.
COVERAGE = 0.99


def judged_packets() -> tuple[np.ndarray, PredictiveUncertainty]:
    """Return what made each packet that was held out, and the answers about it."""
    bunch = make_mirai_traffic(
        20_000, attack_fraction=0.5, random_state=0, drop_index=True
    )
    folds = BlockedStratifiedKFold(n_splits=3).split(bunch.data, bunch.y_true)
    _, (train, test), _ = folds
    clf = MiraiDNNClassifier(scaler="auto", n_members=1, random_state=0)
    clf.fit(bunch.data[train], bunch.y_true[train])
    answers = clf.predict_uncertainty(
        bunch.data[test], random_state=0, return_samples=True
    )
    wrong = answers.label != bunch.y_true[test]
    kept = answers.select(coverage=COVERAGE)
    print(f"wrong: {wrong.mean():.2%}, with a verdict: {wrong[kept].mean():.2%}")
    return bunch.kind[test], answers


def verdicts(answers: PredictiveUncertainty) -> np.ndarray:
    """Return "normal", "attack" or "ask a person" for each row."""
    said = np.where(answers.proba[:, 1] > 0.5, "attack", "normal")
    return np.where(answers.select(coverage=COVERAGE), said, "ask a person")


def chosen(kinds: np.ndarray, answers: PredictiveUncertainty) -> list[int]:
    """Return six rows: two of either verdict, and two that are left to a person.

    Each is of another kind, of the most frequent ones with that verdict, and of the
    rows of its kind that with the median spread of the answers.
    """
    said, spread = verdicts(answers), answers.std[:, 1]
    rows: list[int] = []
    for verdict in ("normal", "attack", "ask a person"):
        among = np.flatnonzero((said == verdict) & ~np.isin(kinds, kinds[rows]))
        names, counts = np.unique(kinds[among], return_counts=True)
        for name in names[np.argsort(-counts, kind="stable")][:2]:
            of_kind = among[kinds[among] == name]
            rows.append(int(of_kind[np.argsort(spread[of_kind])[len(of_kind) // 2]]))
    return rows


def draw(
    kinds: np.ndarray, answers: PredictiveUncertainty, rows: list[int], theme: str
) -> Figure:
    """Return the picture in the colours of a theme."""
    colours, said = COLOURS[theme], verdicts(answers)
    figure = Figure(figsize=(7.2, 2.8), layout="constrained")
    ax = figure.subplots()
    jitter = np.random.default_rng(0).uniform(-0.26, 0.26, len(answers.samples))
    for height, row in enumerate(reversed(rows)):
        mean, verdict = answers.proba[row, 1], said[row]
        ax.axhline(height, color=colours["line"], linewidth=0.8, zorder=0)
        ax.scatter(
            answers.samples[:, row, 1],
            height + jitter,
            s=14,
            color=colours[verdict],
            alpha=0.45,
            linewidths=0,
        )
        ax.plot([mean, mean], [height - 0.36, height + 0.36], color=colours["text"])
        ax.text(1.04, height, verdict, color=colours[verdict], va="center", weight=700)
    ax.set_yticks(
        range(len(rows)), [kinds[row].replace("_", " ") for row in reversed(rows)]
    )
    ax.set_xticks([0, 0.5, 1], ["normal", "undecided", "attack"])
    ax.set_xlim(-0.02, 1.02)
    ax.tick_params(colors=colours["text"], length=0)
    ax.spines[:].set_visible(False)
    return figure


def main() -> None:
    """Write both pictures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    mpl.rcParams["svg.hashsalt"] = "skmirai"  # the same file each time
    kinds, answers = judged_packets()
    rows = chosen(kinds, answers)
    for theme in COLOURS:
        path = Path(__file__).with_name(f"verdict-{theme}.svg")
        figure = draw(kinds, answers, rows, theme)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        print(path.name)


if __name__ == "__main__":
    main()
