"""Which rows `skmirai train` uses for what."""

import numpy as np
import pytest

from skmirai.cli._training.parts import parts_of
from skmirai.cli._training.rows import TrainingRows


def rows_of(y, groups=None):
    return TrainingRows(np.zeros((len(y), 1)), np.asarray(y), groups, {})


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("counts", [(300, 100), (300, 4), (25, 21)])
def test_every_part_has_every_class(blocks, counts):
    y = np.repeat(["benign", "mirai"], counts)
    shares = {"compare": 0.2, "calibrate": 0.15, "budget": 0.25}
    how = {"of_classes": True, "blocks": blocks, "random_state": 0}
    parts = parts_of(rows_of(y), shares, **how)
    assert [*parts] == [*shares, "train"]
    together = np.concatenate([*parts.values()])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(y)))
    for own in parts.values():
        assert {*y[own]} == {"benign", "mirai"}
    assert len(parts["compare"]) == pytest.approx(0.2 * len(y), rel=0.5)
    # what is kept first does not depend on what is kept besides
    alone = parts_of(rows_of(y), {"compare": 0.2}, **how)
    if min(counts) > 4:
        np.testing.assert_array_equal(parts["compare"], alone["compare"])


def test_blocks_keep_neighbours_together():
    y = np.repeat([0, 1], 500)
    how = {"of_classes": True, "random_state": 0}
    torn = {}
    for blocks in (False, True):
        parts = parts_of(rows_of(y), {"compare": 0.2}, blocks=blocks, **how)
        side = np.isin(np.arange(1000), parts["compare"])
        torn[blocks] = (np.diff(side.astype(int)) != 0).sum()
    assert torn[True] <= 2 * 2 * 4 < 100 < torn[False]


def test_groups_are_kept_together():
    groups = np.repeat(np.arange(40), 5)
    y = groups % 2
    parts = parts_of(
        rows_of(y, groups),
        {"compare": 0.25, "budget": 0.25},
        of_classes=True,
        blocks=False,
        random_state=0,
    )
    held = [set(groups[own]) for own in parts.values()]
    assert sum(map(len, held)) == 40
    assert all(5 <= len(own) <= 22 for own in held)


def test_groups_that_are_too_few():
    groups = np.repeat([0, 1, 2], 10)
    y = np.repeat([0, 1, 0], 10)
    with pytest.raises(ValueError, match=r"no row of the class \d, whose groups"):
        parts_of(
            rows_of(y, groups),
            {"compare": 0.3},
            of_classes=True,
            blocks=False,
            random_state=0,
        )


def test_shares_that_leave_nothing():
    shares = {"compare": 0.5, "budget": 0.5}
    how = {"of_classes": True, "blocks": False, "random_state": 0}
    with pytest.raises(ValueError, match=r"0\.5 to compare, 0\.5 to budget: nothing"):
        parts_of(rows_of([0, 1] * 10), shares, **how)
