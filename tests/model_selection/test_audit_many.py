"""audit_leakage on tables of many leaks, many classes and many rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import audit_leakage, duplicate_groups
from skmirai.model_selection._audit._finding import DOUBTFUL
from skmirai.model_selection._audit._rows import more_than_chance
from skmirai.model_selection._audit._single_values import _ends_of_others
from skmirai.model_selection._audit._together import MOST
from tests.model_selection.planted import clean, found, smells


def with_separating(X, y, n_columns=60):
    noise = np.random.default_rng(1).normal(0, np.linspace(0.05, 0.15, n_columns))
    rng = np.random.default_rng(2)
    tells = y[:, None] + noise * rng.normal(size=(len(y), n_columns))
    names = [f"tell{k}" for k in range(n_columns)]
    return pd.concat([X, pd.DataFrame(tells, columns=names)], axis=1), y, names


class Counting(DecisionTreeClassifier):
    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        return super().fit(X, y, sample_weight)


def n_fits(n_columns):
    X, y, _ = with_separating(*clean(), n_columns)
    Counting.fits = 0
    audit_leakage(X.drop(columns="service"), y, estimator=Counting(max_depth=3))
    return Counting.fits


def test_fits_do_not_grow_with_the_columns_that_smell():
    assert n_fits(1) < n_fits(MOST) == n_fits(MOST + 1) == n_fits(60)


def test_many_separating_columns_and_their_remedy():
    X, y, names = with_separating(*clean())
    audit = audit_leakage(X, y)
    assert smells(audit) == {"single feature"}
    assert len(audit.findings) == MOST + 1
    (joint,) = (f for f in audit.findings if len(f.columns) > 1)
    assert {*joint.columns} == {*joint.arguments["drop_columns"]} == {*names}
    assert audit.to_frame()["columns"].str.contains("tell59").any()
    ones = [f for f in audit.findings if f is not joint]
    assert all(f.effect < 0.05 for f in ones)  # the others say the same
    assert joint.effect > 0.2
    assert audit.findings[0] is joint
    scores = [float(f.seen.split("accuracy of ")[1].split()[0]) for f in ones]
    rest = float(joint.seen.split("accuracy of ")[1].split()[0])
    assert min(scores) >= rest
    dropped = joint.arguments["drop_columns"]
    assert not audit_leakage(X.drop(columns=dropped), y).findings


@pytest.mark.parametrize("n_columns", [2, 3])
@pytest.mark.parametrize("kind", ["alike", "equal", "words"])
def test_few_columns_that_say_the_same_are_measured_together(n_columns, kind):
    X, y = clean()
    for k in range(n_columns):
        noise = np.random.default_rng(k).normal(0, 0.05, len(y))
        X[f"tell{k}"] = {
            "alike": y + noise,
            "equal": y * (k + 1),
            "words": np.where(y == 1, f"scan{k}", f"web{k}"),
        }[kind]
    findings = audit_leakage(X, y).findings
    (joint,) = (f for f in findings if f.smell in DOUBTFUL and len(f.columns) > 1)
    assert joint.columns == tuple(f"tell{k}" for k in range(n_columns))
    assert joint.arguments == {"drop_columns": [*joint.columns]}
    assert joint.effect > 0.2
    ones = [f for f in findings if f.smell == joint.smell and f is not joint]
    assert len(ones) == n_columns
    assert all(abs(f.effect) < 0.01 for f in ones)
    assert "each has a finding of its own" in joint.seen


def test_columns_of_the_set_up_are_out_one_and_all():
    X, y = clean()
    X = X.assign(number=np.arange(len(X)), record=np.arange(len(X))[::-1])
    audit = audit_leakage(X, y, estimator=DummyClassifier())
    counters = [f for f in audit.findings if f.smell == "counter"]
    assert [len(f.columns) for f in counters] == [1, 1]


def test_many_columns_with_a_value_of_one_class():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2_000)
    ttl = rng.choice([30, 62, 252], (2_000, 20))
    X = np.where((y == 0)[:, None] & (rng.random((2_000, 20)) < 0.5), 31, ttl)
    audit = audit_leakage(X, y, estimator=DummyClassifier())
    assert smells(audit) == {"single value"}
    assert [len(f.columns) for f in audit.findings] == [1] * MOST + [20]


def test_one_finding_for_a_column_with_values_of_several_classes():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(8), 500)
    port = np.where(rng.random(4_000) < 0.6, y, rng.integers(10, 12, 4_000))
    X = pd.DataFrame({"port": [f"p{n}" for n in port]})
    finding = found(audit_leakage(X, y), "single value")
    assert finding.n_rows == (port < 10).sum()
    assert finding.seen.count("all of class") == 4
    assert finding.seen.endswith("; and of 4 classes more")


def test_many_classes_are_scored():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 100, 6_000)
    X = np.column_stack([rng.normal(size=(6_000, 5)), y + rng.normal(0, 0.05, 6_000)])
    audit = audit_leakage(X, y)
    assert audit.estimator == "random trees"
    finding = found(audit, "single feature")
    assert finding.score_with > 0.95
    assert finding.score_without < 0.05


def test_classes_of_one_group_each_are_one_finding():
    X, _ = clean()
    groups = np.arange(len(X)) // 10
    finding = found(audit_leakage(X, groups % 60, groups=groups), "one-sided classes")
    assert finding.n_rows == len(X)
    assert finding.seen.startswith("classes 0, 1, 2, 3, 4, 5 and 54 more (600 rows)")


@pytest.mark.parametrize("sided", [False, True])
@pytest.mark.parametrize("max_rows", [1_000, 50_000])
def test_few_copies_among_many_rows(sided, max_rows):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 30, (20_000, 8))
    tested = np.arange(20_000) >= 16_000 if sided else None

    def seen(rows):
        return more_than_chance(
            [*rows.T],
            duplicate_groups(rows),
            digits=None,
            tested=tested,
            max_rows=max_rows,
        )

    assert not seen(X)
    assert not seen(rng.integers(0, 4, (20_000, 5)))  # full of coincidences
    X[-20:] = X[:20]
    assert seen(X)


def test_ends_of_other_classes_are_those_of_their_rows():
    rng = np.random.default_rng(0)
    values, classes = rng.normal(size=200), rng.integers(0, 6, 200)
    low, high = _ends_of_others(values, classes, 6)
    for code in range(6):
        others = values[classes != code]
        assert (low[code], high[code]) == (others.min(), others.max())
