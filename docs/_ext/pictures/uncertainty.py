"""The figures of ``docs/uncertainty_pictures.md``, one function each.

The data are made here, and small. Each function returns what it has drawn, which
``tests/test_pictures.py`` compares with what the page says.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification, make_moons
from sklearn.frozen import FrozenEstimator

from pictures.style import BLUE, CLASSES, GREEN, GREY, ORANGE, drawn
from skmirai import MiraiDNNClassifier
from skmirai.metrics import expected_calibration_error, risk_coverage_curve

WIDTH, HEIGHT = 8, 3.4


def toy():
    """Two classes of two features, and a network that has learned them."""
    X, y = make_moons(1_200, noise=0.25, random_state=0)
    clf = MiraiDNNClassifier(
        2,
        64,
        dropout_rate=0.3,
        epochs=60,
        batch_size=64,
        novelty_rows=600,
        random_state=0,
    )
    return X, y, clf.fit(X, y)


def plane(n=90):
    """Places all over the plane, far beyond the rows too."""
    across, up = np.meshgrid(np.linspace(-4, 5, n), np.linspace(-3.5, 4, n))
    return across, up, np.column_stack([across.ravel(), up.ravel()])


def show_rows(ax, X, y):
    """Draw some of the training rows of both classes."""
    for k, colour in enumerate(CLASSES):
        ax.scatter(*X[y == k][:200].T, s=7, color=colour, lw=0.3, edgecolor="white")
    ax.set(xticks=[], yticks=[])


@drawn
def two_kinds():
    """Map of what the rows leave open, and of what the network does not know."""
    X, y, clf = toy()
    across, up, places = plane()
    found = clf.predict_uncertainty(places, random_state=0)
    kinds = {
        "expected entropy: aleatoric": found.expected_entropy,
        "mutual information: epistemic": found.mutual_information,
    }
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, HEIGHT), layout="constrained")
    for ax, (title, values) in zip(axes, kinds.items(), strict=True):
        drawn_map = ax.pcolormesh(
            across, up, values.reshape(across.shape), cmap="viridis", rasterized=True
        )
        bar = figure.colorbar(drawn_map, ax=ax, label="nats")
        bar.outline.set_visible(False)
        show_rows(ax, X, y)
        ax.set_title(title)
    return X, places, found


@drawn
def passes(n_passes=12):
    """Boundaries of single passes, and of their mean."""
    X, y, clf = toy()
    across, up, places = plane()
    found = clf.predict_uncertainty(
        places, n_passes=n_passes, random_state=0, return_samples=True
    )
    _, ax = plt.subplots(figsize=(5.2, 3.8), layout="constrained")
    show_rows(ax, X, y)
    for sample in found.samples:
        attack = sample[:, 1].reshape(across.shape)
        ax.contour(across, up, attack, [0.5], colors=GREY, linewidths=0.8)
    mean = found.proba[:, 1].reshape(across.shape)
    ax.contour(across, up, mean, [0.5], colors=GREEN, linewidths=2.5)
    ax.plot([], [], color=GREY, lw=0.8, label="one pass")
    ax.plot([], [], color=GREEN, lw=2.5, label=f"mean of {n_passes}")
    ax.legend(loc="lower right")
    return X, places, found


@drawn
def risk_coverage():
    """Errors that are left where the least certain rows get no verdict."""
    X, y = make_classification(
        4_000, n_informative=8, flip_y=0.05, class_sep=0.8, random_state=0
    )
    clf = MiraiDNNClassifier(dropout_rate=0.3, random_state=0).fit(X[:1_000], y[:1_000])
    found = clf.predict_uncertainty(X[1_000:], random_state=0)
    wrong = found.label != y[1_000:]
    orders = {
        "by predictive entropy": (found.predictive_entropy, BLUE),
        "by mutual information": (found.mutual_information, ORANGE),
        "best possible": (wrong + np.linspace(0, 0.5, len(wrong)), GREY),
    }
    _, ax = plt.subplots(figsize=(5.2, HEIGHT), layout="constrained")
    curves = {}
    for name, (uncertainty, colour) in orders.items():
        coverage, risk = risk_coverage_curve(wrong, uncertainty)[:2]
        curves[name] = coverage, risk
        rows = coverage >= 0.05  # fewer rows make no rate
        style = ":" if name == "best possible" else "-"
        ax.plot(coverage[rows], risk[rows], color=colour, ls=style, label=name)
    ax.axhline(wrong.mean(), color=GREY, lw=0.8, ls="--", label="rows left at random")
    ax.set(xlabel="share of rows with a verdict", ylabel="error rate among them")
    ax.set(xlim=(0, 1), ylim=(0, 1.5 * wrong.mean()))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    ax.legend(loc="upper center", ncols=2, fontsize=9)
    return curves, wrong


@drawn
def calibration():
    """What was said and what happened, before and after a temperature is learned."""
    X, y = make_classification(
        6_000, n_informative=8, flip_y=0.1, class_sep=0.7, random_state=0
    )
    train, rest, test = np.split(np.arange(len(y)), [1_000, 2_500])
    sure = MiraiDNNClassifier(dropout_rate=0, epochs=200, random_state=0)
    sure.fit(X[train], y[train])
    calm = CalibratedClassifierCV(FrozenEstimator(sure), method="temperature")
    calm.fit(X[rest], y[rest])
    _, ax = plt.subplots(figsize=(4.4, 3.8), layout="constrained")
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--", label="calibrated")
    errors = {}
    for name, model, colour in (("before", sure, ORANGE), ("after", calm, BLUE)):
        proba = model.predict_proba(X[test])
        errors[name] = expected_calibration_error(y[test], proba)
        order = np.argsort(proba[:, 1])
        bins = np.array_split(order, 10)
        said = [proba[rows, 1].mean() for rows in bins]
        was = [y[test][rows].mean() for rows in bins]
        ax.plot(said, was, "o-", ms=4, color=colour, label=name)
    ax.set(xlabel="said: probability of an attack", ylabel="was: share of attacks")
    ax.legend()
    return errors


@drawn
def far_away():
    """What a row looks like that moves away from all that was learned."""
    *_, clf = toy()
    start, direction = np.array([0.0, 1.0]), np.array([-0.6, 0.8])
    steps = np.linspace(0, 4, 200)
    places = start + steps[:, None] * direction
    found = clf.predict_uncertainty(places, random_state=0)
    score = clf.novelty_score(places)
    _, axes = plt.subplots(1, 2, figsize=(WIDTH, HEIGHT), layout="constrained")
    axes[0].plot(steps, found.predictive_entropy, label="predictive entropy")
    axes[0].plot(steps, found.mutual_information, label="mutual information")
    axes[0].set(ylabel="nats", title="doubt")
    axes[0].legend()
    axes[1].plot(steps, score, color=GREEN)
    axes[1].axhline(2, color=GREY, lw=0.8, ls="--")
    axes[1].set(ylabel="novelty_score", title="novelty")
    for ax in axes:
        ax.set_xlabel("distance from a place amid one class")
    return found, score


@drawn
def novelty():
    """Map of the novelty score, and rows of a kind that nobody labelled."""
    X, y, clf = toy()
    across, up, places = plane()
    score = clf.novelty_score(places)
    unknown = np.random.default_rng(0).normal((-2.6, 2.6), 0.25, (40, 2))
    figure, ax = plt.subplots(figsize=(5.6, 3.8), layout="constrained")
    values = score.reshape(across.shape)
    drawn_map = ax.pcolormesh(across, up, values, cmap="viridis", rasterized=True)
    bar = figure.colorbar(drawn_map, ax=ax, label="novelty_score")
    bar.outline.set_visible(False)
    show_rows(ax, X, y)
    ax.scatter(*unknown.T, marker="x", color="#20242a", s=24, lw=1.2)
    return clf.novelty_score(X), clf.novelty_score(unknown), clf, unknown
