"""audit_leakage on tables as people have them: gaps, ties, few values, odd types."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skmirai.model_selection import BlockedStratifiedKFold, audit_leakage
from tests.model_selection.planted import clean, found, smells


def test_column_without_a_value():
    X, y = clean()
    late = np.where(np.arange(len(X)) > 450, X["rate"], np.nan)
    X = X.assign(empty=np.nan, none=[None] * len(X), late=late, id=np.arange(len(X)))
    finding = found(audit_leakage(X, y), "counter")
    assert np.isfinite([finding.score_with, finding.score_without]).all()


def test_rows_of_two_times_are_no_clock():
    X, y = clean()
    days = pd.to_datetime(np.repeat(["2024-01-01", "2024-01-02"], len(X) // 2))
    assert not audit_leakage(X, y, times=days).findings


@pytest.mark.parametrize("kind", ["float64", "Int64"])
def test_counter_with_a_gap(kind):
    X, y = clean()
    number = pd.Series(np.arange(len(X)), dtype=kind)
    number[5] = np.nan if kind == "float64" else pd.NA
    assert smells(audit_leakage(X.assign(number=number), y)) == {"counter"}


def test_clock_with_a_gap():
    X, y = clean()
    seconds = 1.7e9 + np.sort(np.random.default_rng(0).uniform(0, 7_200, len(X)))
    seconds[5] = np.nan
    assert smells(audit_leakage(X.assign(at=seconds), y)) == {"clock"}


def test_large_numbers_are_no_dates():
    X, y = clean()
    rates = np.random.default_rng(0).lognormal(18, 3, len(X)).clip(0, 1e9)
    X = X.assign(speed=1_000_000_000, rate_in_bits=rates, huge=X["rate"] * 1e200)
    assert not smells(audit_leakage(X, y)) & {"clock", "counter"}


def test_score_of_a_table_of_few_values():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, (3_000, 4))
    y = (X.sum(axis=1) > 5) ^ (rng.random(3_000) < 0.03)
    model = HistGradientBoostingClassifier(max_iter=10)
    table = np.column_stack([X, np.arange(3_000)])
    audit = audit_leakage(table, y, estimator=model, max_rows=3_000)
    answers = np.empty(len(y), bool)
    for train, test in BlockedStratifiedKFold(3).split(X, y):
        answers[test] = model.fit(X[train], y[train]).predict(X[test])
    assert audit.score == balanced_accuracy_score(y, answers)


def test_all_rows_conflict():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(40, 5)), 10, axis=0)
    finding = found(audit_leakage(X, np.tile([0, 1], 200)), "conflicting labels")
    assert finding.n_rows == 400
    assert np.isnan(finding.effect)


def test_few_copies_in_a_table_of_few_values():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 5, (5_000, 12)), rng.integers(0, 2, 5_000)
    X[-250:], y[-250:] = X[:250], y[:250]
    assert found(audit_leakage(X, y), "duplicates").n_rows == 500


def test_effect_of_shared_rows_is_that_of_all_training_rows():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(4_000, 3)), rng.integers(0, 2, 4_000)
    X_test, y_test = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    X_test[:100], y_test[:100] = X[:100], y[:100]
    audit = audit_leakage(
        X, y, X_test=X_test, y_test=y_test, max_rows=300,
        estimator=KNeighborsClassifier(1),
    )  # fmt: skip
    finding = found(audit, "rows of both sides")
    assert 0.7 < finding.score_with < 0.8  # right about the half that it knows
    assert 0.35 < finding.score_without < 0.65


def test_columns_of_the_other_side_have_the_same_names_and_types():
    X, y = clean()
    sides = X.iloc[:400], X.iloc[300:]
    reordered = sides[1][[*X][::-1]]
    audit = audit_leakage(sides[0], y[:400], X_test=reordered, y_test=y[300:])
    assert found(audit, "rows of both sides").n_rows == 100
    with pytest.raises(ValueError, match="X_test has no column 'rate'"):
        audit_leakage(
            sides[0], y[:400],
            X_test=sides[1].rename(columns={"rate": "speed"}), y_test=y[300:],
        )  # fmt: skip
    text = sides[1].astype({"rate": str})
    with pytest.raises(ValueError, match="column 'rate' holds numbers in one of"):
        audit_leakage(sides[0], y[:400], X_test=text, y_test=y[300:])


def test_test_rows_behind_a_gap_do_not_remember():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4_000, 3))
    for row in range(1, len(X)):
        X[row] += 0.8 * X[row - 1]
    y = rng.integers(0, 2, 4_000)
    behind = audit_leakage(X[:2_500], y[:2_500], X_test=X[3_000:], y_test=y[3_000:])
    assert not behind.findings


def test_fields_of_one_protocol_are_no_twins():
    rng = np.random.default_rng(0)
    y, some = rng.integers(0, 2, 5_000), rng.random(5_000) < 0.03
    fields = [
        np.where(some, rng.normal(level, 1, 5_000), np.nan) for level in (1e3, 5e3)
    ]
    assert not audit_leakage(np.column_stack(fields), y).findings
    assert not audit_leakage(np.nan_to_num(np.column_stack(fields)), y).findings


def test_label_by_words_and_by_gaps():
    rng = np.random.default_rng(0)
    number = rng.integers(0, 60, 1_000)
    words = pd.DataFrame({"word": [f"s{n:03d}" for n in number]})
    assert smells(audit_leakage(words, number % 2)) == {"single feature"}
    y = rng.integers(0, 2, 1_000)
    gaps = np.where(y == 1, 1.0, np.nan)[:, None]
    assert smells(audit_leakage(gaps, y)) == {"single feature"}


def test_numbers_among_objects_and_spans_of_time():
    rng = np.random.default_rng(0)
    X, y = pd.DataFrame(rng.normal(size=(300, 2))), rng.integers(0, 2, 300)
    assert not audit_leakage(X.astype(object), y).findings
    spans = pd.to_timedelta(rng.exponential(size=300), unit="s")
    exact = [Decimal(int(n)) / 8 for n in rng.integers(0, 999, 300)]
    table = X.set_axis(["a", "b"], axis=1).assign(span=spans, exact=exact)
    assert not audit_leakage(table, y).findings


def test_model_that_cannot_predict_does_not_lose_the_findings():
    X, y = clean()
    X = X.assign(number=np.arange(len(X)))
    X.loc[10, "service"] = "ftp"
    model = make_pipeline(OneHotEncoder(), LogisticRegression())
    with pytest.warns(UserWarning, match="cannot predict"):
        audit = audit_leakage(X, y, estimator=model)
    assert smells(audit) == {"counter"}


def test_one_name_for_two_columns():
    X, y = clean()
    X.columns = ["a", "a", "b", "c"]
    with pytest.raises(ValueError, match="more than one column 'a'"):
        audit_leakage(X, y)


def test_missing_labels():
    X, y = clean()
    labels = np.where(y, "attack", "benign").astype(object)
    labels[7] = None
    with pytest.raises(ValueError, match="y has a missing label in row 7"):
        audit_leakage(X, labels)


def test_class_that_only_test_rows_have():
    X, y = clean()
    new = np.where(np.arange(100) < 50, 2, y[:100])
    audit = audit_leakage(X[100:], y[100:], X_test=X[:100], y_test=new)
    assert "no training row is of class 2" in found(audit, "one-sided classes").seen
