"""BlockedStratifiedKFold: blocks of each class, gaps, and scikit-learn's tools."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai.model_selection import BlockedStratifiedKFold


@st.composite
def tables(draw):
    """Labels, times or None, number of folds, gap."""
    n_splits = draw(st.integers(2, 4))
    sizes = draw(st.lists(st.integers(n_splits, 15), min_size=2, max_size=3))
    y = np.array(draw(st.permutations(np.repeat(["a", "b", "c"][: len(sizes)], sizes))))
    times = draw(
        st.none() | st.lists(st.integers(0, 60), min_size=len(y), max_size=len(y))
    )
    purge = draw(st.integers(0, 4) | st.floats(0, 4))
    return y, times, n_splits, purge


def by_hand_of_folds(y, places, n_splits, purge):
    """Rows of every fold, from the definition."""
    for k in range(n_splits):
        test = np.zeros(len(y), bool)
        for name in np.unique(y):
            own = np.flatnonzero(y == name)
            own = own[np.argsort(places[own], kind="stable")]
            test[np.array_split(own, n_splits)[k]] = True
        near = np.abs(places[:, None] - places[test]).min(axis=1) <= purge
        train = ~test & ~near if purge > 0 else ~test
        yield np.flatnonzero(train), np.flatnonzero(test)


@given(tables())
def test_folds_are_blocks_of_each_class_with_gaps(table):
    y, times, n_splits, purge = table
    folds = BlockedStratifiedKFold(n_splits, purge=purge)
    X = np.zeros((len(y), 1))
    places = np.arange(len(y)) if times is None else np.array(times)
    expected = [*by_hand_of_folds(y, places, n_splits, purge)]
    if any(set(y[train]) != set(y) for train, _ in expected):
        with pytest.raises(ValueError, match="to train on in fold"):
            next(folds.split(X, y, times=times))
        return
    found = [*folds.split(X, y, times=times)]
    assert len(found) == folds.get_n_splits(X, y, times=times) == n_splits
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
        assert set(y[one[1]]) == set(y)
    tested = np.concatenate([test for _, test in found])
    np.testing.assert_array_equal(np.sort(tested), np.arange(len(y)))


@given(tables())
def test_the_remedy_of_the_error_is_the_widest_gap(table):
    y, times, n_splits, _ = table
    X = np.zeros((len(y), 1))
    with pytest.raises(ValueError, match="to train on in fold") as caught:
        next(BlockedStratifiedKFold(n_splits, purge=1e9).split(X, y, times=times))
    if "only purge=0" in str(caught.value):
        widest = np.nextafter(0, 1)
    else:
        widest = float(str(caught.value).split("less than ")[1].split()[0])
        with pytest.raises(ValueError, match="to train on in fold"):
            next(
                BlockedStratifiedKFold(n_splits, purge=widest).split(X, y, times=times)
            )
    less = np.nextafter(widest, 0)
    next(BlockedStratifiedKFold(n_splits, purge=less).split(X, y, times=times))


def test_memory_of_the_slowest_stream():
    """1 % of a packet's weight is left after 664 seconds."""
    y, times = np.tile([0, 1], 3000), np.arange(6000) * 0.5
    folds = BlockedStratifiedKFold(3, purge="afterimage")
    for train, test in folds.split(y, y, times=times):
        gap = np.abs(times[train][:, None] - times[test][[0, -1]]).min()
        assert 664.3 < gap < 665
    seconds = BlockedStratifiedKFold(3, purge=np.log2(100) / 0.01)
    for one, other in zip(
        folds.split(y, y, times=times), seconds.split(y, y, times=times), strict=True
    ):
        np.testing.assert_array_equal(one[0], other[0])


def test_a_short_capture_needs_a_larger_residual():
    y, times = np.tile([0, 1], 300), np.arange(600) * 0.5
    with pytest.raises(ValueError, match=r"residual must be above 0\.\d+") as caught:
        next(BlockedStratifiedKFold(3, purge="afterimage").split(y, y, times=times))
    least = float(str(caught.value).split("above ")[1])
    folds = BlockedStratifiedKFold(3, purge="afterimage", residual=least + 0.01)
    assert len([*folds.split(y, y, times=times)]) == 3
    with pytest.raises(ValueError, match="residual must be above"):
        next(
            BlockedStratifiedKFold(3, purge="afterimage", residual=least - 0.01).split(
                y, y, times=times
            )
        )


def test_dates_are_seconds():
    y, seconds = np.tile([0, 1], 20), np.arange(40.0)[::-1]
    dates = pd.Series(pd.to_datetime(1.5e9 + seconds, unit="s", utc=True))
    folds = BlockedStratifiedKFold(2, purge=3)
    for one, other in zip(
        folds.split(y, y, times=seconds), folds.split(y, y, times=dates), strict=True
    ):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    return X, (X[:, 0] + rng.normal(size=120) > 0).astype(int), rng.random(120) * 100


def by_hand(X, y, splits):
    return [
        LogisticRegression().fit(X[train], y[train]).score(X[test], y[test])
        for train, test in splits
    ]


def test_as_cv_of_scikit_learn(table):
    X, y, times = table
    folds = BlockedStratifiedKFold(4, purge=2)
    scores = by_hand(X, y, folds.split(X, y))
    clf = LogisticRegression()
    np.testing.assert_array_equal(cross_val_score(clf, X, y, cv=folds), scores)
    found = cross_validate(clf, X, y, cv=folds, return_indices=True)
    np.testing.assert_array_equal(found["test_score"], scores)
    search = GridSearchCV(clf, {"C": [1.0]}, cv=folds).fit(X, y)
    np.testing.assert_allclose(search.best_score_, np.mean(scores))
    timed = [*folds.split(X, y, times=times)]
    assert len(cross_val_predict(clf, X, y, cv=timed)) == 120
    assert "purge=2" in repr(folds)


def test_times_by_metadata_routing(table):
    X, y, times = table
    folds = BlockedStratifiedKFold(4, purge=2.5)
    expected = by_hand(X, y, folds.split(X, y, times=times))
    with sklearn.config_context(enable_metadata_routing=True):
        folds.set_split_request(times=True)
        clf = LogisticRegression()
        found = cross_validate(clf, X, y, cv=folds, params={"times": times})
        np.testing.assert_array_equal(found["test_score"], expected)
        pipe = make_pipeline(StandardScaler(), clf)
        search = GridSearchCV(pipe, {"logisticregression__C": [0.1, 1.0]}, cv=folds)
        search.fit(X, y, times=times)
    assert len(search.cv_results_["split3_test_score"]) == 2


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"n_splits": 1}, ValueError, "n_splits=1 must be at least 2"),
        ({"n_splits": 2.0}, TypeError, r"n_splits=2\.0 must be an integer"),
        ({"n_splits": True}, TypeError, "n_splits=True must be an integer"),
        ({"purge": -1}, ValueError, "purge=-1 must be finite and at least 0"),
        ({"purge": np.nan}, ValueError, "purge=nan must be finite"),
        ({"purge": "kitsune"}, ValueError, "purge='kitsune' must be .* 'afterimage'"),
        ({"purge": None}, TypeError, "purge=None must be"),
        ({"residual": 0}, ValueError, r"residual=0 must lie in \(0, 1\)"),
        ({"residual": 1.0}, ValueError, r"residual=1\.0 must lie in \(0, 1\)"),
        ({"residual": "1 %"}, TypeError, "residual='1 %' must be a number"),
        ({"n_splits": 7}, ValueError, "class 1 has 6 rows, .* n_splits=7 blocks"),
        ({"purge": "afterimage"}, ValueError, "needs the times of the rows"),
    ],
)
def test_settings_that_cannot_be_used(settings, error, message):
    y = np.repeat([0, 1], [20, 6])
    with pytest.raises(error, match=message):
        next(BlockedStratifiedKFold(**settings).split(y, y))


@pytest.mark.parametrize(
    ("y", "times", "message"),
    [
        (None, None, "y must hold class labels, got a target that is missing"),
        (np.linspace(0, 1, 12), None, "got a target that is continuous"),
        (np.eye(2)[[0, 1] * 6], None, "got a target that is multilabel-indicator"),
        (["a"] * 11 + ["b"], None, "class 'b' has 1 rows"),
        ([0, 1] * 5, None, "inconsistent numbers of samples"),
        ([0, 1] * 6, np.arange(11), "inconsistent numbers of samples"),
        (
            [0, 1] * 6,
            [0.0] * 11 + [np.nan],
            "times has nan in row 11 .* leave",
        ),
        ([0, 1] * 6, ["noon"] * 12, "times must be numbers of seconds or dates"),
        ([0, 1] * 6, np.zeros((12, 2)), "one value a row, got 2 axes"),
    ],
)
def test_rows_that_cannot_be_split(y, times, message):
    with pytest.raises(ValueError, match=message):
        next(BlockedStratifiedKFold(2).split(np.zeros((12, 1)), y, times=times))


def test_one_row():
    with pytest.raises(ValueError, match="class 0 has 1 rows"):
        next(BlockedStratifiedKFold(2).split(np.zeros((1, 1)), [0]))
