"""What an audit says that findings are worth, its report, and its errors."""

from html import escape

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import csr_array
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import (
    BlockedStratifiedKFold,
    audit_leakage,
)
from tests.model_selection.planted import (
    clean,
    found,
    in_a_step,
    with_a_twin,
    with_counter,
    with_the_label,
)


def test_effect_of_a_column_is_the_estimators_score_with_and_without():
    X, y = with_counter(*in_a_step(*clean()))
    X = X.drop(columns="service")
    model = HistGradientBoostingClassifier(max_iter=10)
    finding = found(audit_leakage(X, y, estimator=model), "counter")

    def score(table):
        answers = np.empty_like(y)
        for train, test in BlockedStratifiedKFold(3).split(table, y):
            answers[test] = model.fit(table[train], y[train]).predict(table[test])
        return balanced_accuracy_score(y, answers)

    table = X.to_numpy(float)
    without = table * [1, 1, 1, 0]
    alone = table * [0, 0, 0, 1]
    assert finding.score_with == score(table)
    assert finding.score_without == score(without)
    assert finding.alone == score(alone)
    assert finding.effect == finding.score_with - finding.score_without > 0.05


def test_effect_of_groups_is_the_gap_between_two_splits():
    rng = np.random.default_rng(0)
    one, label = rng.normal(size=(100, 4)), rng.integers(0, 2, 100)
    X, y = np.repeat(one, 5, axis=0), np.repeat(label, 5)
    finding = found(audit_leakage(X, y), "duplicates")
    assert finding.score_with > 0.95  # the twins are known by heart
    assert finding.score_without < 0.65  # and say nothing else


def test_classes_that_only_test_rows_have_are_scored():
    X, y = clean()
    X = X.drop(columns="service").to_numpy()
    new = np.where(np.arange(200) < 50, 2, y[:200])
    model = HistGradientBoostingClassifier(max_iter=10)
    audit = audit_leakage(X[200:], y[200:], X_test=X[:200], y_test=new, estimator=model)
    finding = found(audit, "one-sided classes")
    answers = model.fit(X[200:], y[200:]).predict(X[:200])
    known = new < 2
    recalls = [(answers[new == c] == c).mean() for c in (0, 1, 2)]
    assert recalls[2] == 0
    assert finding.score_with == pytest.approx(np.mean(recalls))
    assert finding.score_without == balanced_accuracy_score(new[known], answers[known])
    assert finding.n_rows == 50


def test_split_whose_test_rows_lack_a_class_is_scored_beside_blocks():
    X, y = clean()
    X, y = X.drop(columns="service").to_numpy(), y + (X["flags"] > 3).to_numpy()
    order = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y > 0)]
    X, y = X[order], y[order]
    model = HistGradientBoostingClassifier(max_iter=10)
    audit = audit_leakage(
        X[:500], y[:500], X_test=X[500:], y_test=y[500:], estimator=model
    )
    finding = found(audit, "one-sided classes")
    answers = model.fit(X[:500], y[:500]).predict(X[500:])
    recalls = [(answers[y[500:] == c] == c).mean() for c in (1, 2)]
    assert finding.score_with == np.mean(recalls)
    assert finding.score_without == audit.score
    assert np.isfinite(audit.score)


def test_score_beside_a_lacking_class_is_without_new_ones():
    X, _ = clean()
    X = X.drop(columns="service").to_numpy()
    y = np.digitize(X[:, 1], [-0.5, 0.5])
    train, test = np.arange(300), 300 + np.flatnonzero(y[300:] < 2)
    labels = np.where(np.arange(len(test)) < 60, 7, y[test])  # 7 is new, 2 lacks
    model = HistGradientBoostingClassifier(max_iter=10)
    audit = audit_leakage(
        X[train], y[train], X_test=X[test], y_test=labels, estimator=model
    )
    new, lacking = sorted(
        (f for f in audit.findings if f.smell == "one-sided classes"),
        key=lambda f: "no test row" in f.seen,
    )
    own = labels < 7
    answers = model.fit(X[train], y[train]).predict(X[test][own])
    recalls = [(answers[labels[own] == c] == c).mean() for c in (0, 1)]
    assert lacking.score_with == new.score_without == np.mean(recalls)
    assert lacking.seen == (
        "no test row is of class 2: its score says nothing about such rows"
    )


def test_classes_of_one_or_two_rows_have_no_score():
    X = np.column_stack([np.arange(40), np.random.default_rng(0).normal(size=40)])
    for n_rows in (1, 2):
        y = np.arange(40) // n_rows
        finding = found(audit_leakage(X, y), "counter")
        assert np.isnan(finding.score_with)


def test_sparse_test_side_is_scored_by_an_estimator_of_dense_tables():
    X, y = np.random.default_rng(0).normal(size=(400, 6)), np.arange(400) % 2
    sides = (X[:250], X[150:])
    dense, sparse = (
        audit_leakage(
            kind(sides[0]), y[:250], X_test=kind(sides[1]), y_test=y[150:],
            estimator=HistGradientBoostingClassifier(max_iter=5),
        ).to_frame()
        for kind in (np.asarray, csr_array)
    )  # fmt: skip
    assert np.isfinite(sparse["score_with"]).all()
    pd.testing.assert_frame_equal(dense, sparse)


def test_test_rows_of_one_class_have_no_score_and_the_finding_says_so():
    X, y = in_a_step(*clean())
    audit = audit_leakage(X[:500], y[:500], X_test=X[500:], y_test=y[500:])
    finding = found(audit, "one-sided classes")
    assert np.isnan(finding.score_with)
    assert finding.seen.endswith("it has no score, since test rows are of one class")


def test_class_of_one_capture_is_scored_where_others_can_be_learnt():
    X, y = clean()
    captures = np.arange(len(y)) // 100
    y = np.where(captures == 5, 2, y)
    finding = found(audit_leakage(X, y, groups=captures), "one-sided classes")
    assert finding.score_with < finding.score_without
    y = (captures == 5).astype(int)
    audit = audit_leakage(X, y, groups=captures)
    finding = found(audit, "one-sided classes")
    assert np.isnan(finding.score_with)
    assert "it has no score, since some folds would learn" in str(audit)
    assert "none on whole groups left out" in str(audit)


def test_findings_are_the_same_for_every_kind_of_table():
    X, y = with_counter(*with_a_twin(*clean()))
    reference = audit_leakage(X, y).to_frame()
    arrow = audit_leakage(pa.Table.from_pandas(X, preserve_index=False), y)
    pd.testing.assert_frame_equal(arrow.to_frame(), reference)
    numbers = X.drop(columns="service").to_numpy(float)
    dense, sparse = (
        audit_leakage(table, y).to_frame() for table in (numbers, csr_array(numbers))
    )
    pd.testing.assert_frame_equal(dense, sparse)
    assert dense["smell"].tolist() == reference["smell"].tolist()


def test_own_estimator_takes_the_table_as_it_is():
    X, y = with_counter(*clean())
    clf = MiraiDNNClassifier(n_layers=1, n_nodes=4, epochs=1, random_state=0)
    finding = found(audit_leakage(X, y, estimator=clf), "counter")
    assert np.isfinite([finding.alone, finding.score_with, finding.score_without]).all()


def test_estimator_that_fails_does_not_lose_the_findings():
    X, y = with_counter(*clean())
    with pytest.warns(UserWarning, match="LogisticRegression.*cannot be fitted"):
        audit = audit_leakage(X, y, estimator=LogisticRegression())  # no text
    finding = found(audit, "counter")
    assert np.isnan(finding.score_with)


def test_report():
    X, y = with_counter(*with_the_label(*clean()))
    audit = audit_leakage(X, y)
    frame = audit.to_frame()
    assert frame["smell"].tolist() == ["counter", "single feature"]
    assert frame["columns"].tolist() == ["number", "score"]
    np.testing.assert_allclose(
        frame["effect"], frame["score_with"] - frame["score_without"]
    )
    text, page = str(audit), audit._repr_html_()
    for finding in audit.findings:
        assert finding.seen in text
        assert finding.remedy in text
        assert f"{finding.effect:+.3f}" in text
        assert f">{finding.smell}</td>" in page
        assert escape(finding.seen) in page
        assert escape(finding.remedy) in page, "long texts are not cut"
    assert audit.drop_columns() == ["number"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": np.zeros(600)}, "all rows are of class 0"),
        ({"y": np.linspace(0, 1, 600)}, "y must hold class labels"),
        ({"y": np.zeros(3)}, "y has 3 values, but X has 600 rows"),
        ({"groups": np.zeros(3)}, "groups has 3 values"),
        ({"groups": np.zeros(600)}, "groups holds one group"),
        ({"groups": [None, *range(599)]}, "groups has a missing value in row 0"),
        ({"times": np.zeros(3)}, "inconsistent numbers of samples"),
        ({"times": np.r_[np.nan, np.zeros(599)]}, "every row needs a time"),
        ({"X_test": np.zeros((3, 4))}, "y_test is missing"),
        ({"y_test": np.zeros(3)}, "X_test is missing"),
        ({"X_test": np.zeros((3, 2)), "y_test": [0, 1, 1]}, "X_test has 2 columns"),
        ({"X_test": clean()[0][:0], "y_test": []}, "X_test has no rows"),
        ({"X_test": clean()[0][:2], "y_test": ["0", "1"]}, "labels like '0', y labels"),
        ({"X_test": clean()[0][:2], "y_test": [0, np.nan]}, "y_test has a missing lab"),
        ({"X_test": clean()[0][:2], "y_test": [0.5, 0.1]}, "y_test must hold class"),
        ({"X": np.zeros(600)}, "X must be a table"),
        ({"X": np.zeros((600, 0))}, "X has no column"),
        ({"max_rows": 5}, "max_rows"),
    ],
)
def test_bad_input(changes, message):
    X, y = clean()
    given = {"X": X, "y": y, **changes}
    with pytest.raises(ValueError, match=message):
        audit_leakage(**given)


def test_test_labels_that_are_numbers_among_objects():
    X, y = with_counter(*clean())
    frames = [
        audit_leakage(X[:400], y[:400], X_test=X[400:], y_test=labels).to_frame()
        for labels in (y[400:], y[400:].astype(object))
    ]
    pd.testing.assert_frame_equal(*frames)


def test_one_row():
    with pytest.raises(ValueError, match="X has 1 rows"):
        audit_leakage([[1.0]], [0])
