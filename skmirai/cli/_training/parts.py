"""Rows that a model is trained on, and those that are kept from it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skmirai.cli._training.rows import TrainingRows

#: Rows to learn from.
TRAIN = "train"

#: Blocks that the rows of each class are cut into: of so many rows, if these are not
#: fewer or more blocks. With twenty alone, the benign rows beside an attack were two of
#: them, and it was chance which part they fell to.
_ROWS, _FEWEST, _MOST = 50, 20, 100


def parts_of(
    rows: "TrainingRows",
    shares: Mapping[str, float],
    *,
    of_classes: bool,
    blocks: bool,
    random_state: int,
) -> dict[str, np.ndarray]:
    """Deal rows out to parts: whole groups, blocks of each class, or single rows.

    What a part gets does not depend on the parts behind it.

    Parameters
    ----------
    rows : TrainingRows
        The rows. Their groups, if there are some, are kept together.
    shares : mapping of str to float
        Parts that are kept from training, and the share of the rows of each, in (0, 1);
        together below 1.
    of_classes : bool
        Whether every part gets rows of every class.
    blocks : bool
        Whether neighbouring rows stay together: those of each class are cut, in their
        order, into blocks, of which every part gets some at random.
    random_state : int
        Seed.

    Returns
    -------
    dict of str to ndarray of int
        Numbers of rows by part, ascending; those that are left are "train".

    Raises
    ------
    ValueError
        If shares leave nothing to train on, or groups leave a part without a class.
    """
    if sum(shares.values()) >= 1:
        told = ", ".join(f"{share:g} to {name}" for name, share in shares.items())
        raise ValueError(
            f"{told}: nothing is left to train on, keep less than all of the rows"
        )
    rng = np.random.RandomState(random_state)
    if rows.groups is not None:
        side = _of_groups(rows, shares, of_classes, rng)
    else:
        side = np.full(len(rows.y), len(shares))
        classes = rows.y if of_classes else np.zeros(len(rows.y))
        for label in np.unique(classes):
            own = np.flatnonzero(classes == label)
            n_blocks = min(max(len(own) // _ROWS, _FEWEST), _MOST)
            n_units = min(n_blocks, len(own)) if blocks else len(own)
            unit = np.arange(len(own)) * n_units // len(own)
            side[own] = _dealt(n_units, [*shares.values()], rng)[unit]
    return {
        name: np.flatnonzero(side == number)
        for number, name in enumerate([*shares, TRAIN])
    }


def _dealt(n_units: int, shares: list[float], rng: np.random.RandomState) -> np.ndarray:
    """Number of the part of each unit; every part gets one, and some are left."""
    side, drawn, start = np.full(n_units, len(shares)), rng.permutation(n_units), 0
    for number, share in enumerate(shares):
        room = n_units - start - (len(shares) - number)
        n_own = min(max(1, round(n_units * share)), room)
        side[drawn[start : start + n_own]] = number
        start += n_own
    return side


def _of_groups(
    rows: "TrainingRows",
    shares: Mapping[str, float],
    of_classes: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Number of the part of each row; no group is torn apart."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    side, left, n_parts = np.full(len(rows.y), len(shares)), 1.0, len(shares) + 1
    for number, (name, share) in enumerate(shares.items()):
        rest = np.flatnonzero(side == len(shares))
        groups = rows.groups[rest]  # type: ignore[index]
        n_folds = min(max(2, round(left / share)), len(np.unique(groups)))
        splitter = StratifiedGroupKFold if of_classes else GroupKFold
        folds = splitter(
            n_folds, shuffle=True, random_state=rng.randint(np.iinfo(np.int32).max)
        )
        _, own = next(folds.split(rest, rows.y[rest], groups))
        side[rest[own]] = number
        left -= share
        _insist_on_classes(rows, side == number, name, n_parts, of_classes)
    _insist_on_classes(rows, side == len(shares), TRAIN, n_parts, of_classes)
    return side


def _insist_on_classes(
    rows: "TrainingRows",
    own: np.ndarray,
    name: str,
    n_parts: int,
    of_classes: bool,
) -> None:
    lacking = np.setdiff1d(rows.y, rows.y[own])
    if of_classes and len(lacking):
        raise ValueError(
            f"the part to {name} has no row of the class {lacking.tolist()[0]!r}, "
            f"whose groups are too few for {n_parts} parts: give another "
            "--random-state, more groups, or take --blocks in place of --groups"
        )
