"""Reports as HTML: names from files are text, long words are whole, pages are right."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skmirai.model_selection import audit_leakage, baseline_report, drift_report
from skmirai.utils._page import html_page
from tests.pages import Page

BAD = "<script>alert('1')</script>"
N_ROWS = 400

rng = np.random.default_rng(0)
y = np.where(rng.random(N_ROWS) < 0.5, "benign", BAD)
X = pd.DataFrame(rng.normal(size=(N_ROWS, 2)), columns=[BAD, "b"])
X[BAD] += 3 * (y == BAD)


def audit():
    counted = X.assign(**{f"{BAD} number": np.arange(N_ROWS)})
    return audit_leakage(counted, np.sort(y), random_state=0)


def baselines():
    models = {BAD: LogisticRegression()}
    return baseline_report(
        LogisticRegression(), X, y, kinds=y, baselines=models, random_state=0
    )


def drift():
    moved = X.assign(**{BAD: X[BAD] + np.arange(N_ROWS) / 50})
    return drift_report(
        *(LogisticRegression(), moved, y),
        times=np.arange(N_ROWS),
        n_windows=3,
        n_resamples=20,
        random_state=0,
    )


@pytest.mark.parametrize("report", [audit, baselines, drift])
def test_names_from_files_are_text(report):
    found = report()
    html = found._repr_html_()
    assert "<script" not in html
    page = Page(html_page("T", html))
    page.check()
    assert any(BAD in text for tag, text in page.texts if tag != "title")
    tables = re.findall(r"<div[^>]*overflow-x:auto[^>]*><table", html)
    assert len(tables) == html.count("<table"), "wide tables scroll on their own"
    assert "background" not in html


def test_words_of_an_audit_are_whole():
    found = audit()
    page = Page(html_page("T", found._repr_html_()))
    cells = [text for tag, text in page.texts if tag == "td"]
    for finding in found.findings:
        assert {finding.seen, finding.remedy} <= {*cells}
        assert f"{finding.effect:.3f}" in cells
    clean = audit_leakage(X[["b"]], y, random_state=0)
    assert clean._repr_html_().count("<p>") == 1
