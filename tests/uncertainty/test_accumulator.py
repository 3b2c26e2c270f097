"""UncertaintyAccumulator: blocks of rows and passes, and what it refuses."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmirai.uncertainty import PredictiveUncertainty, UncertaintyAccumulator
from tests.uncertainty.passes import FIELDS, dirichlet


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples=0 must be >= 1"),
        ({"n_passes": 0}, "n_passes=0 must be >= 1"),
        ({"keep_samples": True}, "keep_samples=True needs n_passes"),
    ],
)
def test_accumulator_options(options, message):
    with pytest.raises(ValueError, match=message):
        UncertaintyAccumulator(**{"n_samples": 4, "classes": [0, 1], **options})


@pytest.mark.parametrize(
    ("rows", "block", "message"),
    [
        (slice(0, 2), np.full((3, 3, 2), 0.5), r"\(3, 3, 2\); .*expects \(t, 2, 2\)"),
        (slice(2, 9), np.full((3, 7, 2), 0.5), r"of 4 rows expects \(t, 2, 2\)"),
        (slice(0, 2), np.full((3, 2, 4), 0.25), r"expects \(t, 2, 2\): pass exactly"),
        (slice(0, 4, 2), np.full((3, 2, 2), 0.5), "must have step 1"),
        (slice(0, 2), np.full((0, 2, 2), 0.5), "at least one pass"),
        (slice(0, 2), np.full((1, 2, 2), 0.4), r"proba_block\[0, 0\] sums to 0.8"),
        (slice(0, 2), np.full((2, 2), 0.5), r"proba_block has shape \(2, 2\); exp"),
    ],
)
def test_refused_blocks_leave_no_trace(rows, block, message):
    samples = dirichlet((3, 4), n_classes=2)
    accumulator = UncertaintyAccumulator(4, [0, 1], keep_samples=True, n_passes=3)
    with pytest.raises(ValueError, match=message):
        accumulator.update(rows, block)
    accumulator.update(slice(0, 4), samples)
    assert_array_equal(
        accumulator.result().proba,
        PredictiveUncertainty.from_samples(samples, [0, 1]).proba,
    )


def test_accumulator_rows_must_be_a_slice():
    with pytest.raises(TypeError, match=r"rows=\[0, 1\] must be a slice"):
        UncertaintyAccumulator(4, [0, 1]).update([0, 1], np.full((1, 2, 2), 0.5))


def test_rows_with_different_numbers_of_passes_are_refused():
    accumulator = UncertaintyAccumulator(4, [0, 1])
    with pytest.raises(ValueError, match="row 0 received 0 passes; expected 1"):
        accumulator.result()
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    accumulator.update(slice(0, 3), np.full((1, 3, 2), 0.5))
    with pytest.raises(
        ValueError, match="row 3 received 2 passes; expected 3 in every"
    ):
        accumulator.result()
    accumulator = UncertaintyAccumulator(4, [0, 1], n_passes=5)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    with pytest.raises(
        ValueError, match="row 0 received 2 passes; expected 5 in every"
    ):
        accumulator.result()


def test_kept_passes_must_not_overlap():
    accumulator = UncertaintyAccumulator(4, [0, 1], keep_samples=True, n_passes=4)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    with pytest.raises(
        ValueError, match=r"passes 1 to 2 of .* were given before: first"
    ):
        accumulator.update(slice(3, 4), np.full((2, 1, 2), 0.5), first_pass=1)
    with pytest.raises(ValueError, match=r"first_pass=3 with 2 passes .* n_passes=4"):
        accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5), first_pass=3)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5), first_pass=2)
    assert accumulator.result().n_passes == 4


def test_kept_samples_widen_to_the_widest_type():
    a, b = dirichlet((1, 4)).astype(np.float32), dirichlet((1, 4), seed=1)
    for first, second in ((a, b), (b, a)):
        accumulator = UncertaintyAccumulator(4, range(3), keep_samples=True, n_passes=2)
        accumulator.update(slice(0, 4), first, 0)
        accumulator.update(slice(0, 4), second, 1)
        samples = accumulator.result().samples
        assert samples.dtype == np.float64
        assert_array_equal(samples, np.concatenate([first, second]))


def test_a_result_is_not_changed_by_later_updates():
    accumulator = UncertaintyAccumulator(4, [0, 1, 2])
    accumulator.update(slice(0, 4), dirichlet((2, 4)))
    early = accumulator.result()
    before = {name: getattr(early, name).copy() for name in FIELDS}
    accumulator.update(slice(0, 4), dirichlet((2, 4), seed=1))
    assert accumulator.result().n_passes == 4
    for name in FIELDS:
        assert_array_equal(getattr(early, name), before[name])
