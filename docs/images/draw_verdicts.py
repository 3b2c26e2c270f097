"""Draw the picture of the README: the verdicts on a capture, and where there is doubt.

Run ``python docs/images/draw_verdicts.py``: it simulates two captures of the same
kind, learns from one, judges the other, and writes ``verdicts.png`` beside itself. It
needs no recorded data.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator

from skmirai import MiraiDNNClassifier
from skmirai.datasets import make_mirai_traffic
from skmirai.uncertainty import AbstainingClassifier

HERE = Path(__file__).parent
N_PACKETS, ATTACK = 20_000, 0.4
GREY = "#7d8791"
COLOURS = {"benign": "#3d8ecf", "attack": "#e07b39", "abstain": "#2fa37c"}
VERDICTS = {
    "attack": "called an attack",
    "benign": "called benign",
    "abstain": "left to a person",
}

#: No background, and text that can be read on a light page and on a dark one.
RC = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        (
            "text.color",
            "axes.labelcolor",
            "axes.edgecolor",
            "xtick.color",
            "ytick.color",
        ),
        GREY,
    ),
}


def capture(seed):
    """Simulate a capture; return features, the truth of each packet, and seconds."""
    traffic = make_mirai_traffic(
        N_PACKETS,
        attack_fraction=ATTACK,
        flood_fraction=0.05,
        clock="relative",
        drop_index=True,
        random_state=seed,
        return_packets=True,
    )
    times = traffic.packets.records["time"]
    onset = times[np.argmax(traffic.target)]
    truth = np.where(traffic.y_true, "attack", "benign")
    return traffic.data, truth, times - onset


def judge():
    """Learn from one capture, with a budget of false alarms; judge another one."""
    X, y, _ = capture(0)
    detector = AbstainingClassifier(
        MiraiDNNClassifier(scaler="auto", random_state=0),
        max_false_alarm_rate=0.001,
        benign_label="benign",
        random_state=0,
    ).fit(X, y)
    X, y, seconds = capture(1)
    return seconds, y, detector.predict(X), detector.estimator_.predict_proba(X)[:, 0]


def draw(seconds, truth, verdict, attack):
    """Draw each packet by its time and its probability of an attack."""
    figure, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
    shown = (seconds > -60) & (seconds < 34)
    edge = 1e-6
    height = np.clip(attack, edge, 1 - edge)
    for name, about in VERDICTS.items():
        said = verdict == name
        n_attacks = np.count_nonzero(truth[said] == "attack")
        here = shown & said
        ax.scatter(
            seconds[here],
            height[here],
            s=18 if name == "abstain" else 3,
            color=COLOURS[name],
            alpha=0.9 if name == "abstain" else 0.4,
            lw=0,
            label=f"{about}: {said.sum():,} packets, {n_attacks:,} of the attack",
            zorder=2 + (name == "abstain"),
        )
    ax.axvline(0, color=GREY, lw=0.8, ls="--")
    ax.annotate("the attack begins ", (0, 0.999), color=GREY, ha="right", fontsize=9)
    ax.set_yscale("logit", one_half="1/2")
    ax.set(xlabel="seconds since the attack began", xlim=(-60, 34))
    ax.set(ylabel="probability of an attack", ylim=(edge / 3, 1 - edge / 3))
    ax.yaxis.set_minor_locator(NullLocator())
    legend = figure.legend(
        loc="outside lower center", ncols=1, frameon=False, markerscale=2
    )
    for handle in legend.legend_handles:
        handle.set(alpha=1, sizes=[40])
    return figure


if __name__ == "__main__":
    with plt.rc_context(RC):
        draw(*judge()).savefig(HERE / "verdicts.png", dpi=150)
