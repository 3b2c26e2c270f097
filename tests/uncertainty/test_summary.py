"""Results in notebooks: the summary says what the arrays do, and stays small."""

import re

import numpy as np
import pytest

from skmirai.uncertainty import PredictiveUncertainty, RegressionUncertainty
from skmirai.utils._page import html_page
from tests.pages import Page

RNG = np.random.default_rng(0)
BAD = "<script>alert(1)</script>"


def made(n_rows=50, classes=("benign", "mirai"), n_passes=8, **settings):
    proba = RNG.dirichlet(np.ones(len(classes)), (n_passes, n_rows))
    return PredictiveUncertainty.from_samples(proba, classes, **settings)


def tables(result):
    """Texts of the summary: the head, and the rows of its tables."""
    html = result._repr_html_()
    page = Page(html_page("T", html))
    page.check()
    (head,) = [text for tag, text in page.texts if tag == "b"]
    rows = [
        re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", line)
        for line in re.findall(r"<tr>(.*?)</tr>", html)
    ]
    return head, rows


def test_summary_says_what_the_arrays_do():
    result = made()
    head, rows = tables(result)
    assert head == "PredictiveUncertainty: 50 rows, 2 classes, 8 passes"
    counts = [(result.label == name).sum() for name in result.classes]
    k = int(np.argmax(counts))
    name = result.classes[k]
    mean = result.proba[:, k].mean()
    assert rows[1] == [name, str(counts[k]), f"{counts[k] / 50:.1%}", f"{mean:.3f}"]
    by_name = {row[0]: row[1:] for row in rows}
    for measure, unit in (
        ("predictive_entropy", ", nats"),
        ("mutual_information", ", nats"),
        ("variation_ratio", ""),
        ("confidence", ""),
    ):
        values = getattr(result, measure)
        expected = np.quantile(values, [0, 0.05, 0.5, 0.95, 1])
        shown = by_name[measure.replace("_", " ") + unit]
        assert shown == [f"{value:.4f}" for value in expected]
    order = np.argsort(-result.predictive_entropy, kind="stable")[:5]
    assert [int(row[0]) for row in rows[-5:]] == order.tolist()
    assert [row[1] for row in rows[-5:]] == result.label[order].tolist()
    assert rows[-5][2] == f"{result.predictive_entropy[order[0]]:.4f}"


def test_very_small_measures_keep_their_digits():
    passes = [[[1 - 1e-9, 1e-9]], [[1 - 3e-9, 3e-9]]]
    result = PredictiveUncertainty.from_samples(passes, [0, 1])
    by_name = {row[0]: row for row in tables(result)[1]}
    shown = by_name["predictive entropy, nats"][1]
    assert float(shown) == pytest.approx(result.predictive_entropy[0], rel=0.05)


def test_ties_are_in_the_order_of_the_rows():
    passes = np.tile([[0.5, 0.5]], (2, 9, 1))
    _, rows = tables(PredictiveUncertainty.from_samples(passes, [0, 1]))
    assert [row[0] for row in rows[-5:]] == ["0", "1", "2", "3", "4"]


def test_one_pass_has_no_correction():
    head, rows = tables(made(n_passes=1, keep_samples=True))
    assert head.endswith("1 pass, samples kept")
    assert not [row for row in rows if "corrected" in row[0]]
    assert not [cell for row in rows for cell in row if cell == "nan"]


def test_names_of_classes_are_text():
    html = made(classes=(BAD, "a & b"))._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html


@pytest.mark.parametrize("n_classes", [12, 13, 300])
def test_it_stays_small(n_classes):
    few = len(made(60)._repr_html_())
    many = made(20_000, n_passes=2)._repr_html_()
    assert len(many) < 1.2 * few
    html = made(40, [f"class {k}" for k in range(n_classes)])._repr_html_()
    assert len(html) < 30_000
    more = n_classes - 12
    assert ("; 288 more" in html) == (n_classes == 300)
    assert ("; 1 more" in html) == (more == 1)


def test_no_rows():
    result = made(5)
    none = PredictiveUncertainty(
        classes=result.classes,
        proba=result.proba[:0],
        std=result.std[:0],
        votes=result.votes[:0],
        expected_entropy=result.expected_entropy[:0],
        n_passes=8,
    )
    assert tables(none) == ("PredictiveUncertainty: 0 rows, 2 classes, 8 passes", [])


def test_values():
    result = RegressionUncertainty.from_samples(RNG.normal(size=(6, 40)))
    head, rows = tables(result)
    assert head == "RegressionUncertainty: 40 rows, 6 passes"
    by_name = {row[0]: row[1:] for row in rows[:4]}
    for name in ("mean", "std", "mc_error"):
        expected = np.quantile(getattr(result, name), [0, 0.05, 0.5, 0.95, 1])
        shown = by_name[name.replace("_", " ")]
        assert shown == [f"{value:.4g}" for value in expected]
    order = np.argsort(-result.std)[:5]
    assert [int(row[0]) for row in rows[-5:]] == order.tolist()
    one = RegressionUncertainty.from_samples(np.ones((1, 3)))
    assert not [row for row in tables(one)[1] if row[0] == "mc error"]


def test_values_of_many_outputs():
    result = RegressionUncertainty.from_samples(RNG.normal(size=(6, 40, 9)))
    head, rows = tables(result)
    assert head == "RegressionUncertainty: 40 rows, 9 outputs, 6 passes"
    assert rows[1][0] == "mean 0"
    assert "; 3 more outputs" in result._repr_html_()
    assert int(rows[-5][0]) == np.argmax(result.std.max(axis=1))
