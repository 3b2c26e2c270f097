"""
Attacks that no training row showed
===================================

A classifier knows the attacks that it was trained on. What does it say of others, and
does anything tell that it has not seen their like? A family of attacks is left out of
training on two tables, and three scores look for its rows: the uncertainty of Monte
Carlo dropout, the distance from training rows, and
:meth:`~skmirai.MiraiDNNClassifier.novelty_score`, which joins distance and indecision.

NSL-KDD and UNSW-NB15 are read from the folder that ``SKMIRAI_DATA`` names; without it,
planted attacks take their place.
"""

# %%
# Two tables, a family held out of each
# -------------------------------------
# Of NSL-KDD that is r2l, attempts to get in from outside; rows to judge come from its
# test file. Of UNSW-NB15 it is Fuzzers; equal rows stay on one side.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from sklearn.datasets import make_blobs
from sklearn.metrics import RocCurveDisplay, roc_auc_score
from sklearn.model_selection import GroupShuffleSplit

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.model_selection import duplicate_groups

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)
R2L = (
    "ftp_write guess_passwd httptunnel imap multihop named phf sendmail snmpgetattack "
    "snmpguess spy warezclient warezmaster worm xlock xsnoop"
)


def nsl_kdd():
    """Return features, names, those of new attacks, and which rows are to be judged."""
    train, test = (load_nslkdd(DATA / "nslkdd")[part] for part in ("train", "test"))
    X = pd.concat([train.data, test.data], ignore_index=True)
    attack = np.concatenate([train.attack, test.attack])
    # other attacks that only the test file has are neither known nor of the family
    family = R2L.split()
    usable = np.isin(attack, [*train.attack, *family])
    judged = np.arange(len(X)) >= len(train.data)
    return X[usable], attack[usable], family, judged[usable]


def unsw_nb15():
    bunch = load_unsw_nb15(DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz")
    groups = duplicate_groups(bunch.data)
    judged = np.zeros(len(groups), bool)
    split = GroupShuffleSplit(1, test_size=0.4, random_state=0)
    judged[next(split.split(groups, groups=groups))[1]] = True
    of_family = np.isin(groups, groups[bunch.attack == "Fuzzers"])
    twins = of_family & (bunch.attack != "Fuzzers")
    return bunch.data[~twins], bunch.attack[~twins], ["Fuzzers"], judged[~twins]


def planted(where):
    """Blobs: benign rows, a known attack, and a new one somewhere."""
    centers = [[0, 0, 0, 0], [4, 0, 0, 0], where]
    X, kind = make_blobs([4_000, 2_000, 500], centers=centers, random_state=0)
    names = np.array(["normal", "flood", "new"])[kind]
    return pd.DataFrame(X), names, ["new"], np.arange(len(X)) % 2 > 0


if (DATA / "nslkdd").exists() and (DATA / "unsw_nb15").exists():
    tables = {"NSL-KDD, r2l": nsl_kdd(), "UNSW-NB15, Fuzzers": unsw_nb15()}
else:
    print(f"There are no tables in {DATA}: these attacks are PLANTED\n")
    tables = {
        "far away": planted([-1, 0, 0, 7]),
        "between the classes": planted([1.7, 0, 0, 0]),
    }

# %%
# Train without the family
# ------------------------
# ``novelty_rows`` asks ``fit`` to keep training rows to compare others with.


def missed_and_benign(X, names, family, judged):
    """Return three scores of missed new rows and of benign ones, and more."""
    attack = ~np.isin(names, ["normal", "Normal"])
    new = np.isin(names, family)
    clf = MiraiDNNClassifier(novelty_rows=5_000, epochs=10, random_state=0)
    clf.fit(X[~judged & ~new], attack[~judged & ~new])

    rows, is_new, is_attack = X[judged], new[judged], attack[judged]
    uncertainty = clf.predict_uncertainty(rows, n_passes=50, random_state=0)
    front = clf.pipeline_[:-1]
    kept = front.transform(X[~judged & ~new].sample(2_000, random_state=0))
    distances, _ = KDTree(kept).query(front.transform(rows), k=5)
    scores = pd.DataFrame(
        {
            "mutual information": uncertainty.mutual_information,
            "distance of the inputs": distances[:, -1],
            "novelty_score": clf.novelty_score(rows),
        }
    )
    missed = is_new & ~clf.predict(rows)
    print(f"called benign: {missed.sum() / is_new.sum():.1%} of the new attacks")
    known = scores["novelty_score"][~is_new]
    print(f"novelty_score above 2: {(known > 2).mean():.1%} of the known rows")
    judged_rows = missed | ~is_attack
    kind = np.where(is_new, "new", np.where(is_attack, "known attack", "benign"))
    return scores, scores[judged_rows], is_new[judged_rows], kind


found = {}
for title, table in tables.items():
    print(f"\n{title}")
    found[title] = missed_and_benign(*table)

# %%
# Which score finds the missed ones?
# ----------------------------------
# Above the diagonal a score is larger for missed new attacks than for benign rows;
# where the curve of mutual information lies below it, the missed attacks look *more*
# certain than benign traffic.

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
colours = {
    "mutual information": "#D55E00",
    "distance of the inputs": "#009E73",
    "novelty_score": "#0072B2",
}
areas = {}
for ax, (title, (_, scores, is_new, _)) in zip(axes, found.items(), strict=True):
    for name, colour in colours.items():
        areas[title, name] = roc_auc_score(is_new, scores[name])
        RocCurveDisplay.from_predictions(
            is_new,
            scores[name],
            name=name,
            ax=ax,
            curve_kwargs={"color": colour},
            plot_chance_level=name == "novelty_score",
        )
    ax.set(
        title=title,
        xlabel="share of benign rows above the threshold",
        ylabel="share of missed new attacks",
    )
    ax.legend(loc="lower right", fontsize="small", frameon=False)
print(pd.Series(areas).unstack().round(3).to_string())

# %%
# How the scores lie
# ------------------
# A score of 2 means: one in a hundred of the training rows looks at least as novel.

figure_scores, axes = plt.subplots(
    1, 2, figsize=(9, 3.2), layout="constrained", sharey=True
)
for ax, (title, (scores, _, _, kind)) in zip(axes, found.items(), strict=True):
    for name, colour in zip(
        ("benign", "known attack", "new"),
        ("#0072B2", "#E69F00", "#D55E00"),
        strict=True,
    ):
        ax.ecdf(
            scores["novelty_score"][kind == name],
            complementary=True,
            label=name,
            color=colour,
        )
    levels = np.linspace(0, 3, 50)
    ax.plot(levels, 10**-levels, color="grey", linestyle=":", label="as in training")
    ax.set(title=title, xlabel="novelty_score")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("share of rows above")
axes[1].legend(frameon=False)

# %%
# In words
# --------
# - No single score serves. Distance finds what lies far from training, indecision what
#   lies between the classes, and which of them a new attack is, nobody knows before.
# - Mutual information alone misleads: where the network is sure and wrong, its thinned
#   networks agree.
# - A score of 2 is one row in a hundred only where traffic is like that of training.
#   Where it is not, as in NSL-KDD's test file, known rows look novel as well: that is
#   true of them, and it costs false alarms.
#
# :doc:`/uncertainty` has the figures for all families, and for more scores [1]_.
#
# .. rubric:: References
#
# .. [1] Yang, Zhou, Li, Liu: Generalized out-of-distribution detection: a survey.
#    International Journal of Computer Vision, 2024.
