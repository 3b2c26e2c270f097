"""Bootstrap intervals: blocks, their length by its definition, groups, bounds."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t as student
from sklearn.metrics import log_loss, matthews_corrcoef, roc_auc_score

from skmirai.metrics import bootstrap_interval, bootstrap_intervals


def accuracy_score(y_true, y_pred):
    """That of scikit-learn, whose checks take a millisecond a draw."""
    return float(np.mean(y_true == y_pred))


def streams(n_rows, memory, share, seed=0):
    """Errors of streams: 1 in runs, with a known share of them."""
    rng = np.random.default_rng(seed)
    state, fresh = 0, rng.random(n_rows) < 1 / memory
    drawn = (rng.random(n_rows) < share).astype(int)
    errors = np.empty(n_rows, int)
    for row in range(n_rows):
        state = drawn[row] if fresh[row] or row == 0 else state
        errors[row] = state
    return errors


def test_blocks_grow_with_the_memory():
    y = np.zeros(5000, int)
    lengths = [
        bootstrap_interval(
            accuracy_score, y, streams(5000, memory, 0.3), n_resamples=2
        ).block_length
        for memory in (1, 5, 50)
    ]
    assert lengths[0] < 12 < lengths[1] < lengths[2]


def test_interval_is_that_of_the_draws():
    """Rows drawn one by one: the deviation is that of a binomial share."""
    y, predicted = np.zeros(400, int), streams(400, 1, 0.2)
    found = bootstrap_interval(
        accuracy_score, y, predicted, block_length=1, n_resamples=4000, random_state=0
    )
    share = 1 - predicted.mean()
    assert found.score == share
    deviation = math.sqrt(share * (1 - share) / 399)
    step = student.ppf(0.975, 399) * deviation / (share * (1 - share))
    expected = expit(logit(share) + np.array([-step, step]))
    np.testing.assert_allclose([found.low, found.high], expected, atol=0.003)
    wider = bootstrap_interval(
        accuracy_score, y, predicted, confidence_level=0.99, random_state=0
    )
    assert wider.low < found.low < found.high < wider.high


@pytest.mark.slow
@pytest.mark.parametrize("memory", [1, 20])
def test_intervals_hold_the_true_score(memory):
    """100 tables; of right intervals fewer than 86 hold it once in 2,000 times."""
    held = plain = 0
    for seed in range(100):
        predicted = streams(1500, memory, 0.2, seed)
        how = {"n_resamples": 100, "random_state": seed}
        y = np.zeros(1500, int)
        found = bootstrap_interval(accuracy_score, y, predicted, **how)
        held += found.low <= 0.8 <= found.high
        found = bootstrap_interval(accuracy_score, y, predicted, block_length=1, **how)
        plain += found.low <= 0.8 <= found.high
    assert held >= 86
    assert plain >= 86 if memory == 1 else plain < 60


def test_groups_are_drawn_whole():
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(20), 50))
    right = rng.random(20) < 0.7
    y, predicted = np.zeros(1000, int), (~right[groups]).astype(int)
    seen = []

    def score(y_true, y_pred):
        seen.append(y_pred.mean() * 20)
        return accuracy_score(y_true, y_pred)

    found = bootstrap_interval(score, y, predicted, groups=groups, random_state=0)
    np.testing.assert_allclose(seen, np.round(seen), atol=1e-9)
    assert found.block_length is None
    rows = bootstrap_interval(
        accuracy_score, y, predicted, block_length=1, random_state=0
    )
    assert found.high - found.low > 4 * (rows.high - rows.low)


def test_scores_of_other_bounds():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=800)
    proba = np.clip(0.5 + (y - 0.5) * 0.6 + rng.normal(0, 0.2, 800), 0.01, 0.99)
    for score, predicted, bounds in (
        (roc_auc_score, proba, (0, 1)),
        (log_loss, proba, (0, np.inf)),
        (matthews_corrcoef, (proba > 0.5).astype(int), (-1, 1)),
        (lambda y, p: -log_loss(y, p), proba, (-np.inf, 0)),
        (lambda y, p: float(np.mean(y - p)), proba, (-np.inf, np.inf)),
        (log_loss, np.column_stack([1 - proba, proba]), (0, np.inf)),
    ):
        how = {"bounds": bounds, "n_resamples": 30, "random_state": 0}
        found = bootstrap_interval(score, y, predicted, **how)
        assert bounds[0] < found.low < found.score < found.high < bounds[1]
        assert found.score == score(y, predicted)
        again = bootstrap_interval(score, y, predicted, **how)
        assert found == again
    names = np.where(y == 1, "attack", "benign")
    found = bootstrap_interval(
        roc_auc_score, names, 1 - proba, n_resamples=30, random_state=0
    )
    assert found.low < found.score < found.high


def test_no_error_at_all():
    """Of k independent blocks without an error: how likely all are right by luck."""
    y = np.zeros(100, int)
    found = bootstrap_interval(accuracy_score, y, y, block_length=10, random_state=0)
    assert (found.score, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 10))
    wrong = bootstrap_interval(accuracy_score, y, 1 - y, block_length=10)
    assert (wrong.low, wrong.score) == (0, 0)
    assert wrong.high == pytest.approx(1 - 0.025 ** (1 / 10))


def test_draws_that_lack_a_class_do_not_count():
    y, proba = np.repeat([0, 1], [995, 5]), np.linspace(0, 1, 1000)
    found = bootstrap_interval(
        roc_auc_score, y, proba, block_length=100, n_resamples=100, random_state=0
    )
    assert np.isfinite([found.low, found.high]).all()
    y[:5], y[-5:] = 1, 0  # both ends of the circle: two halves seldom hold row 0
    with pytest.raises(ValueError, match=r"no value for \d+ of 40 draws"):
        bootstrap_interval(
            lambda y, p: roc_auc_score(y, p) if y[0] else np.nan,
            y,
            proba,
            block_length=500,
            n_resamples=40,
            random_state=0,
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence_level": 1}, r"confidence_level=1 must lie in \(0, 1\)"),
        ({"n_resamples": 1}, "n_resamples=1 must be an integer of 2 or more"),
        ({"block_length": 0}, "block_length=0 must lie between 1 and half of the 10"),
        ({"block_length": 6}, "block_length=6 must lie between 1 and half of the 10"),
        ({"block_length": "all"}, "block_length='all' must be an integer or 'auto'"),
        ({"bounds": (1, 0)}, r"bounds=\(1, 0\) must be two numbers, the lower"),
        ({"groups": np.zeros(10)}, "groups holds one group"),
        ({"groups": np.zeros(9)}, "inconsistent numbers of samples"),
    ],
)
def test_settings_that_cannot_be_used(settings, message):
    y = np.arange(10) % 2
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(accuracy_score, y, y, **settings)


def test_rows_that_do_not_fit():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        bootstrap_interval(accuracy_score, [0, 1, 0], [0, 1])
    with pytest.raises(ValueError, match="1 rows are too few"):
        bootstrap_interval(accuracy_score, [0], [0])


def test_several_scores_of_the_same_draws():
    """Each is that of bootstrap_interval with the same seed and length."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=600)
    proba = np.clip(0.5 + (y - 0.5) * 0.6 + rng.normal(0, 0.2, 600), 0.01, 0.99)
    single = {"roc_auc": roc_auc_score, "log_loss": log_loss}
    bounds = {"log_loss": (0, np.inf)}
    how = {"n_resamples": 30, "random_state": 0}
    for apart in ({"groups": np.arange(600) // 30}, {"block_length": 10}, {}):
        found = bootstrap_intervals(
            lambda rows: {
                name: of(y[rows], proba[rows]) for name, of in single.items()
            },
            np.abs(y - proba),
            bounds=bounds,
            **apart,
            **how,
        )
        for name, of in single.items():
            alone = bootstrap_interval(
                of, y, proba, bounds=bounds.get(name, (0, 1)), **apart, **how
            )
            assert found[name] == alone


def test_a_score_without_a_value_leaves_the_others():
    y = np.arange(40) % 2
    found = bootstrap_intervals(
        lambda rows: {"mean": y[rows].mean(), "none": np.nan},
        y,
        block_length=3,
        n_resamples=9,
        random_state=0,
    )
    assert 0 < found["mean"].low < found["mean"].high < 1
    assert np.isnan(found["none"][:3]).all()


GROUPS = np.repeat([0, 1, 2], 10)


def of_all_draws(scores, groups):
    """Scores of each of the equally likely draws of groups, one after another."""
    names = np.unique(groups)
    return [
        scores(np.concatenate([np.flatnonzero(groups == name) for name in drawn]))
        for drawn in product(names, repeat=len(names))
    ]


def test_groups_that_agree_by_chance_tell_no_interval():
    right = np.tile(np.arange(10) < 7, 3)

    def scores(rows):
        return {"accuracy": right[rows].mean()}

    drawn = [found["accuracy"] for found in of_all_draws(scores, GROUPS)]
    np.testing.assert_allclose(drawn, 0.7)
    how = {"groups": GROUPS, "n_resamples": 4000, "random_state": 0}
    found = bootstrap_intervals(scores, ~right, **how)["accuracy"]
    assert found.score == pytest.approx(0.7)
    assert np.isnan(found[1:3]).all()
    alone = bootstrap_interval(accuracy_score, np.ones(30, bool), right, **how)
    np.testing.assert_equal(alone, found)
    # with a row more in one of them there is a spread, that of all 27 draws
    right[9] = True
    found = bootstrap_intervals(scores, ~right, **how)["accuracy"]
    share = right.mean()
    deviation = np.std([found["accuracy"] for found in of_all_draws(scores, GROUPS)])
    step = student.ppf(0.975, 2) * math.sqrt(3 / 2) * deviation
    step /= share * (1 - share)
    expected = expit(logit(share) + np.array([-step, step]))
    np.testing.assert_allclose(found[1:3], expected, atol=0.005)


def test_blocks_that_agree_by_chance_tell_no_interval():
    """Of rows that alternate each block of two holds one error."""
    wrong = np.arange(40) % 2
    found = bootstrap_intervals(
        lambda rows: {"error": wrong[rows].mean()}, wrong, block_length=2
    )["error"]
    assert found.score == 0.5
    assert np.isnan(found[1:3]).all()


def test_a_score_that_cannot_be_another_is_sure():
    """A model of one answer has half of balanced accuracy, whatever comes."""
    y, constant = np.arange(40) % 2, np.zeros(40)
    for apart in ({"groups": np.repeat([0, 1], 20)}, {"block_length": 4}):
        found = bootstrap_interval(
            roc_auc_score, y, constant, n_resamples=40, random_state=0, **apart
        )
        assert found[:3] == (0.5, 0.5, 0.5)


def test_no_loss_at_all_tells_no_interval():
    """Nobody knows how large a loss would be."""
    found = bootstrap_interval(
        lambda y, p: float(np.mean((y - p) ** 2)),
        np.arange(40.0),
        np.arange(40.0),
        bounds=(0, np.inf),
        block_length=4,
    )
    assert found.score == 0
    assert np.isnan(found[1:3]).all()


def test_rounding_is_no_spread():
    """Shares are 1 or a little less or more, by the order of the rows."""
    rng = np.random.default_rng(0)

    def scores(rows):
        weights = rng.random(len(rows))
        return {"all": sum(weights / weights.sum()), "more": 1 + 1e-15}

    how = {"block_length": 3, "n_resamples": 20, "random_state": 0}
    for one in bootstrap_intervals(scores, np.zeros(30), **how).values():
        assert one.low == pytest.approx(0.025 ** (1 / 10))
        assert one.high == 1


@pytest.mark.parametrize("n_groups", [2, 5, 12])
@pytest.mark.parametrize("n_with_attacks", [1, 2])
def test_what_one_group_alone_shows_has_no_interval(n_groups, n_with_attacks):
    rng = np.random.default_rng(n_groups)
    groups = np.repeat(np.arange(n_groups), 20)
    y = ((np.arange(len(groups)) % 3 == 0) & (groups < n_with_attacks)).astype(int)
    score = y + rng.normal(size=len(y))

    def scores(rows):
        own, attack = score[rows], y[rows] == 1
        return {
            "roc_auc": roc_auc_score(attack, own) if attack.any() else np.nan,
            "of_attacks": own[attack].mean() if attack.any() else np.nan,
            "labelled": float(attack.any()) or np.nan,
            "of_benign": own[~attack].mean(),
        }

    lacking = {
        name: any(
            math.isnan(scores(np.flatnonzero(groups != number))[name])
            for number in range(n_groups)
        )
        for name in scores(np.arange(len(y)))
    }
    of_attacks = n_with_attacks == 1
    assert lacking == dict.fromkeys(lacking, of_attacks) | {"of_benign": False}
    bounds = dict.fromkeys(["of_attacks", "of_benign"], (-np.inf, np.inf))
    how = {"groups": groups, "n_resamples": 60, "random_state": 0}
    found = bootstrap_intervals(scores, score, bounds=bounds, **how)
    for name, one in found.items():
        assert math.isnan(one.low) == math.isnan(one.high) == lacking[name], name
    if of_attacks:  # there is a value, so that no error is raised
        alone = bootstrap_interval(roc_auc_score, y, score, **how)
        np.testing.assert_equal(alone, found["roc_auc"])


def test_a_draw_may_lack_a_value_for_another_reason():
    """One group of benign rows, two of attacks: there are draws without attacks too."""
    groups = np.repeat(np.arange(3), 40)
    y, score = groups > 0, np.random.default_rng(0).normal(size=120)
    how = {"n_resamples": 60, "random_state": 0}
    found = bootstrap_interval(roc_auc_score, y, score, groups=groups, **how)
    assert 0 < found.score < 1
    assert np.isnan(found[1:3]).all()
    y[:20] = True  # benign rows are still of one group, attacks now of three
    found = bootstrap_interval(roc_auc_score, y, score, groups=groups, **how)
    assert np.isnan(found[1:3]).all()
    y[40:60] = False
    found = bootstrap_interval(roc_auc_score, y, score, groups=groups, **how)
    assert found.low < found.score < found.high
