"""The pictures that pages have drawn show what the pages say about them."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

plt = pytest.importorskip("matplotlib.pyplot")

DOCS = Path(__file__).parents[1] / "docs"
SCRIPTS = DOCS / "_ext" / "pictures"
PLOT = re.compile(
    r"^\.\. plot::\n   :filename-prefix: (\w+)\n   :class: both-themes\n"
    r"   :alt: (.*)\n\n"
    r"   from pictures\.(\w+) import (\w+)\n\n   \4\(\)$",
    re.MULTILINE,
)


@pytest.fixture
def pictures(monkeypatch):
    """Module of pictures by its name, as Sphinx imports it."""
    plt.switch_backend("agg")
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    yield lambda name: import_module(f"pictures.{name}")
    plt.close("all")


@pytest.mark.parametrize(
    ("page", "module"),
    [("benchmarks", "benchmarks"), ("uncertainty_pictures", "uncertainty")],
)
def test_every_picture_is_shown_and_told(page, module):
    source = (SCRIPTS / f"{module}.py").read_text(encoding="utf-8")
    drawn = re.findall(r"^@drawn\ndef (\w+)", source, re.MULTILINE)
    found = PLOT.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))
    assert [(m, name) for *_, m, name in found] == [(module, name) for name in drawn]
    # without names of their own the figures of a page would all be the first one
    assert [prefix for prefix, *_ in found] == [f"{module}_{name}" for name in drawn]
    assert all(len(told) > 60 for _, told, *_ in found)


def test_charts_hold_the_numbers_of_the_tables(pictures):
    ax = pictures("benchmarks").epochs()
    keras = ax.containers[0]
    assert keras.get_label() == "Keras fit"
    assert [bar.get_width() for bar in keras] == [2.1, 4.8, 32, 1.8, 11]
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert "| 2 x 20, SGD, 100 | 0.29 s | 32 |" in page
    assert ax.figure.patch.get_facecolor()[3] == 0  # the page shows through
    masks = pictures("benchmarks").passes().containers[0]
    assert [bar.get_width() for bar in masks] == [0.45, 1.13]
    assert "| 6 x 20 | 1.13 s |" in page


def distances(X, places):
    """Distance of each place to the nearest row."""
    return NearestNeighbors(n_neighbors=1).fit(X).kneighbors(places)[0].ravel()


@pytest.mark.slow
def test_what_rows_leave_open_is_among_them_and_what_was_not_seen_is_not(pictures):
    X, places, found = pictures("uncertainty").two_kinds()
    away = distances(X, places)
    assert away[found.expected_entropy.argmax()] < 0.2
    assert away[found.mutual_information.argmax()] > 1
    assert found.mutual_information[away < 0.1].mean() < 0.05
    np.testing.assert_allclose(
        found.predictive_entropy,
        found.expected_entropy + found.mutual_information,
        atol=1e-6,
    )


@pytest.mark.slow
def test_passes_part_where_there_are_no_rows(pictures):
    X, places, found = pictures("uncertainty").passes()
    boundary = np.abs(found.proba[:, 1] - 0.5) < 0.1
    away = distances(X, places)
    spread = found.samples[:, :, 1].std(axis=0)
    assert (
        spread[boundary & (away > 1)].mean()
        > 2 * spread[boundary & (away < 0.1)].mean()
    )


@pytest.mark.slow
def test_errors_fall_with_the_rows_that_are_left(pictures):
    curves, wrong = pictures("uncertainty").risk_coverage()
    at_80 = {
        n: np.interp(0.8, coverage, risk) for n, (coverage, risk) in curves.items()
    }
    best = at_80.pop("best possible")
    assert best == 0
    assert all(best < risk < 0.8 * wrong.mean() for risk in at_80.values())


@pytest.mark.slow
def test_a_temperature_brings_what_is_said_closer_to_what_was(pictures):
    errors = pictures("uncertainty").calibration()
    assert errors["after"] < 0.5 * errors["before"]


@pytest.mark.slow
def test_far_away_there_is_no_doubt_but_novelty(pictures):
    found, score = pictures("uncertainty").far_away()
    assert found.predictive_entropy[0] > 0.1
    assert max(found.predictive_entropy[-1], found.mutual_information[-1]) < 1e-3
    assert score[0] < 1
    assert score[-1] == score.max() > 2


@pytest.mark.slow
def test_rows_of_an_unknown_kind_are_novel_and_certain(pictures):
    known, unknown, clf, rows = pictures("uncertainty").novelty()
    assert np.median(known) < 1
    assert unknown.min() > 2
    assert clf.predict_proba(rows).max(axis=1).min() > 0.99
