"""
Monte Carlo dropout: ask a network a hundred times
===================================================

A network that was trained with dropout holds many thinner ones: each drops other units.
Where they agree, little hangs on which one is asked; where they contradict each other,
the network has learned too little. This article looks at what a hundred of them say of
packets of a Mirai attack, what the spread is made of, and where it misleads.

The recorded packets are read from the folder that ``SKMIRAI_DATA`` names; without it,
simulated ones take their place.
"""

# %%
# Packets
# -------
# Of two captures of one network of cameras [1]_, before and during the attack, the
# first parts train the network, and the last parts test it.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skmirai import MiraiDNNClassifier
from skmirai.datasets import make_mirai_traffic
from skmirai.feature_extraction import AfterImageExtractor, read_packets
from skmirai.inspection import UncertaintyDisplay
from skmirai.metrics import aurc_score

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)
N_BENIGN, N_ATTACK, EVERY = 30_000, 10_000, 4


def captures():
    """Return the packets of the benign capture, and of the one of the attack."""
    folder = DATA / "kitsune"
    if folder.is_dir():
        return (
            read_packets(folder / "mirai_benign_head.pcap.tsv.gz"),
            read_packets(folder / "mirai_attack_10000.pcap"),
        )
    print(f"No recorded packets in {folder}: these are GENERATED\n")
    n_packets = N_BENIGN + N_ATTACK
    packets = make_mirai_traffic(
        n_packets,
        attack_fraction=N_ATTACK / n_packets,
        flood_fraction=0,
        random_state=0,
        return_packets=True,
    ).packets
    return packets[:N_BENIGN], packets[N_BENIGN:]


extractor = AfterImageExtractor(clock="relative")
benign, attack = (extractor.transform(packets)[::EVERY] for packets in captures())
parts = [np.split(rows, [int(0.7 * len(rows))]) for rows in (benign, attack)]
X_train, X_test = (np.vstack(side) for side in zip(*parts, strict=True))
y_train, y_test = (
    np.repeat(["benign", "attack"], [len(rows) for rows in side])
    for side in zip(*parts, strict=True)
)
print(f"{len(X_train):,} rows to train on, {len(X_test):,} later ones to test")

# %%
# A hundred thinned networks
# --------------------------
# With ``masks="shared"``, the default, each pass is one thinned network that sees all
# rows. ``return_samples`` keeps what each of them says.

clf = MiraiDNNClassifier(dropout_rate=0.3, random_state=0).fit(X_train, y_train)
found = clf.predict_uncertainty(
    X_test, n_passes=100, random_state=0, return_samples=True
)
wrong = found.label != y_test
shares = (found.samples.argmax(axis=2) == found.proba.argmax(axis=1)).mean(axis=0)
print(f"{wrong.sum():,} of {len(wrong):,} rows are wrong")
print(f"the networks agree on {np.mean(shares == 1):.1%} of the rows")
print(f"among these {np.mean(wrong[shares == 1]):.2%} are wrong, ", end="")
print(f"among the others {np.mean(wrong[shares < 1]):.1%}")

# %%
# What the spread is made of
# --------------------------
# The entropy of the mean probability is the whole uncertainty. It splits into the mean
# entropy of the single networks, which more training would not remove, and mutual
# information: what they contradict each other by. Which of them finds the errors is a
# matter of the table. The area under the risk-coverage curve tells: the mean share of
# errors among the rows that are kept, the least uncertain ones first. One that knows
# nothing has the share of errors itself.

measures = ("predictive_entropy", "expected_entropy", "mutual_information")
areas = pd.Series(
    {
        "(share of errors)": wrong.mean(),
        **{name: aurc_score(wrong, getattr(found, name)) for name in measures},
        "confidence": aurc_score(wrong, -found.confidence),
        "the best there could be": aurc_score(wrong, wrong),
    },
    name="area",
)
print(areas.round(4).to_string())

# %%
# Certain, and right or wrong
# ---------------------------
# Left, two rows as the hundred networks see them: the one that they contradict each
# other on most, and one of which all are sure. Right, how uncertain right and wrong
# predictions are. Wrong ones without any doubt are the price of a network that is sure
# of what it has never seen: no number of passes finds these.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
doubtful = found.mutual_information.argmax()
certain = found.predictive_entropy.argmin()
attack_column = list(found.classes).index("attack")
for row, name in ((doubtful, "most contradicted"), (certain, "least uncertain")):
    left.hist(
        found.samples[:, row, attack_column],
        bins=np.linspace(0, 1, 31),
        alpha=0.6,
        label=f"{name}, truly {y_test[row]}",
    )
left.set(xlabel="probability of an attack", ylabel="thinned networks")
left.set_title("Two rows, as a hundred networks see them")
left.legend()
UncertaintyDisplay.from_predictions(
    y_test,
    found.label,
    found.predictive_entropy,
    name="predictive entropy",
    unit="nats",
    ax=right,
)
right.set_title("Uncertainty of right and wrong predictions")

# %%
# How many passes
# ---------------
# ``mc_error`` is what the number of passes leaves of chance in the mean: it halves with
# four times as many. More can be added to a result later.

few = clf.predict_uncertainty(X_test, n_passes=25, random_state=1)
more = few.merge(found)
for result in (few, found, more):
    print(f"{result.n_passes} passes: mean error {result.mc_error.mean():.5f}")

# %%
# References
# ----------
# .. [1] Y. Mirsky, T. Doitshman, Y. Elovici and A. Shabtai, "Kitsune: An ensemble of
#    autoencoders for online network intrusion detection", NDSS 2018.
