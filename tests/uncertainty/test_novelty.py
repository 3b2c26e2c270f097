"""p-values of novelty against counting, distances against loops."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.neighbors import NearestNeighbors

from skmirai.uncertainty import NoveltyReference, conformal_p_values

NUMBERS = st.lists(st.integers(-5, 5) | st.floats(-9, 9), min_size=1, max_size=20)


@given(NUMBERS, NUMBERS)
def test_p_values_count(scores, calibration):
    found = conformal_p_values(scores, calibration)
    counted = [
        (1 + sum(c >= score for c in calibration)) / (1 + len(calibration))
        for score in scores
    ]
    np.testing.assert_array_equal(found, counted)


@pytest.mark.parametrize(
    ("scores", "calibration", "message"),
    [
        ([1.0], [], "calibration is empty"),
        ([np.nan], [1.0], "scores holds NaN"),
        ([1.0], [np.nan], "calibration holds NaN"),
    ],
)
def test_p_values_of_nothing(scores, calibration, message):
    with pytest.raises(ValueError, match=message):
        conformal_p_values(scores, calibration)


@pytest.fixture(scope="module")
def rows():
    """Signals of 900 rows, in groups of different widths, and their indecision."""
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(900, 4)) * [1, 5, 0.1, 0]
    signals[::3] *= 4
    return signals.astype(np.float32), rng.gumbel(size=900)


@pytest.fixture(scope="module")
def reference(rows):
    return NoveltyReference.learn(*rows, n_kept=300, random_state=1)


def by_loops(reference, signals, indecision):
    """The definition, one row after the other."""

    def lowered(score):  # equal scores that were rounded otherwise are equal
        return score - 1e-3 * (1 + abs(score))

    def p(score, known):
        return (1 + sum(k >= score for k in known)) / (1 + len(known))

    values = []
    for row, undecided in zip(signals, indecision, strict=True):
        apart = reference.signals.astype(float) - row / reference.scale
        fifth = np.sort(np.sqrt((apart**2).sum(axis=1)))[4]
        surprise = -np.log(p(lowered(fifth), reference.scores[:, 0]))
        surprise -= np.log(p(lowered(undecided), reference.scores[:, 1]))
        values.append(p(surprise, reference.surprise))
    return values


def test_p_values_are_those_of_the_definition(reference):
    rng = np.random.default_rng(2)
    signals = (rng.normal(size=(60, 4)) * [2, 9, 0.2, 0]).astype(np.float32)
    indecision = rng.gumbel(size=60)
    found = reference.p_values(signals, indecision)
    np.testing.assert_allclose(found, by_loops(reference, signals, indecision))


def test_distances_are_those_of_scikit_learn(rows):
    """With one score the p-value is the place of the distance among others."""
    signals, _ = rows
    reference = NoveltyReference.learn(signals[:, :3], n_kept=300, random_state=1)
    near = NearestNeighbors(n_neighbors=5).fit(reference.signals)
    new = signals[:50, :3] * 3
    distance = near.kneighbors(new / reference.scale)[0][:, -1]
    order = np.argsort(distance)
    p = reference.p_values(new)[order]
    assert (np.diff(p) <= 0).all()
    assert p[0] > 0.5
    assert p[-1] < 0.02


def test_p_values_keep_their_promise():
    """Rows like those of training have a p-value of at most alpha with that share."""
    alphas, n_draws = (0.02, 0.1, 0.5), 250
    below = np.zeros(len(alphas), int)
    for seed in range(n_draws):
        rng = np.random.default_rng(seed)
        signals = rng.standard_t(3, size=(401, 2))
        indecision = signals[:, 0] + rng.normal(size=len(signals))
        known = NoveltyReference.learn(signals[:400], indecision[:400], random_state=0)
        p = known.p_values(signals[400:], indecision[400:])
        below += [int(p[0] <= alpha) for alpha in alphas]
    for count, alpha in zip(below, alphas, strict=True):
        assert binomtest(count, n_draws, alpha, "greater").pvalue > 1e-3
        # and hardly less: p-values are no larger than they need to be
        assert binomtest(count, n_draws, alpha - 1 / 101, "less").pvalue > 1e-3


def test_rows_are_judged_alone(reference, rows):
    signals, indecision = rows
    together = reference.p_values(signals, indecision)
    order = np.random.default_rng(0).permutation(len(signals))
    shuffled = reference.p_values(signals[order], indecision[order])
    np.testing.assert_array_equal(shuffled, together[order])
    for n in range(0, 900, 90):
        alone = reference.p_values(signals[n : n + 1], indecision[n : n + 1])
        np.testing.assert_array_equal(alone, together[n : n + 1])


def test_far_or_undecided_rows_are_novel(reference):
    middle = np.zeros((1, 4), np.float32)
    sure, unsure = np.array([-2.0]), np.array([50.0])
    assert reference.p_values(middle, sure) > 0.5
    assert reference.p_values(middle, unsure) < 0.1
    assert reference.p_values(middle + 1e3, sure) < 0.1
    assert reference.p_values(middle + 1e3, unsure) <= 2 / 301


def test_equal_seed_equal_reference(rows):
    one, same, other = (
        NoveltyReference.learn(*rows, n_kept=50, random_state=seed).__getstate__()
        for seed in (3, 3, 4)
    )
    for name, values in one.items():
        np.testing.assert_array_equal(values, same[name])
    assert one["signals"].shape == (50, 4)
    assert not np.array_equal(one["signals"], other["signals"])


def test_pickles_hold_arrays_only(reference, rows):
    reference.p_values(*rows)  # a tree is there now
    pickled = pickle.dumps(reference)
    n_bytes = sum(values.nbytes for values in reference.__getstate__().values())
    assert len(pickled) < n_bytes + 2000
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(again.p_values(*rows), reference.p_values(*rows))


def test_arrays_cannot_be_changed(reference):
    with pytest.raises(ValueError, match="read-only"):
        reference.signals[0] = 1


@pytest.mark.parametrize("n_rows", [4, 5, 7])
def test_few_rows_are_enough(n_rows):
    signals = np.arange(2.0 * n_rows).reshape(n_rows, 2)
    p = NoveltyReference.learn(signals, random_state=0).p_values(signals)
    assert ((p > 0) & (p <= 1)).all()


@pytest.mark.parametrize("width", [0, 1e-30])
def test_constant_units_may_wake_up(width):
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(400, 2)) * [1, width]
    reference = NoveltyReference.learn(signals, random_state=0)
    known, awake = np.array([[0.0, 0.0]]), np.array([[0.0, 1e20]])
    assert reference.p_values(known) > 0.1 > 0.03 > reference.p_values(awake)


def test_too_few_rows():
    with pytest.raises(ValueError, match="from 3 rows: it takes at least 4"):
        NoveltyReference.learn(np.zeros((3, 2)))


def test_what_does_not_fit(reference, rows):
    signals, indecision = rows
    with pytest.raises(ValueError, match=r"\(900, 3\); expected \(n_samples, 4\)"):
        reference.p_values(signals[:, :3], indecision)
    with pytest.raises(ValueError, match="indecision must be given"):
        reference.p_values(signals)
    state = reference.__getstate__()
    for change, message in (
        ({"scale": state["scale"][:3]}, "do not fit together"),
        ({"scale": -state["scale"]}, "do not fit together"),
        ({"scores": np.ones((5, 3))}, "do not fit together"),
        ({"surprise": np.ones((5, 1))}, "do not fit together"),
        ({"surprise": []}, "surprise must hold finite numbers"),
        ({"signals": np.full_like(state["signals"], np.nan)}, "signals must hold"),
    ):
        with pytest.raises(ValueError, match=message):
            NoveltyReference(**state | change)
