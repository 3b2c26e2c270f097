"""Passes of several networks, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from skmirai.neural_network._uncertainty import AnyPasses, Passes
from skmirai.utils._sklearn import num_samples

if TYPE_CHECKING:
    from skmirai.neural_network._engine.passes import PassBlock

_MAX_SEED = np.iinfo(np.int32).max


class MemberPasses(AnyPasses):
    """One pass of each member, its dropout switched off.

    Parameters
    ----------
    members : sequence of MiraiDNNClassifier or MiraiDNNRegressor
        Fitted, with the same output.
    X : array-like of shape (n_samples, n_features)
        Rows.
    """

    def __init__(self, members: Sequence[Any], X: Any) -> None:
        self._members, self._X = members, X
        self.n_rows, self.n_passes = num_samples(X), len(members)

    def each(self, take: "Callable[[PassBlock], None]") -> None:
        """Run the passes; ``take`` is handed each."""
        from skmirai.neural_network._engine.passes import PassBlock

        rows = slice(0, self.n_rows)
        for number, member in enumerate(self._members):
            values = member._decision_values(self._X)
            take(PassBlock(rows, number, values[np.newaxis]))


class DropoutPasses(AnyPasses):
    """Dropout passes of each member, those of the first one first.

    Parameters
    ----------
    members : sequence of MiraiDNNClassifier or MiraiDNNRegressor
        Fitted, with the same output.
    X : array-like of shape (n_samples, n_features)
        Rows.
    n_passes : int
        Number of passes of each member.
    random_state : int, RandomState instance or None
        Seeds the masks of all of them.
    masks, batch_size
        As in ``predict_uncertainty``.
    """

    def __init__(
        self,
        members: Sequence[Any],
        X: Any,
        *,
        n_passes: int,
        random_state: int | np.random.RandomState | None,
        **how: Any,
    ) -> None:
        rng = check_random_state(random_state)
        seeds = rng.randint(_MAX_SEED, size=len(members)).tolist()
        self._parts = [
            Passes(member, X, n_passes=n_passes, random_state=seed, **how)
            for member, seed in zip(members, seeds, strict=True)
        ]
        self.n_rows = self._parts[0].n_rows
        self.n_passes = sum(part.n_passes for part in self._parts)

    def each(self, take: "Callable[[PassBlock], None]") -> None:
        """Run the passes; ``take`` is handed each block in the thread that made it."""
        before = 0
        for part in self._parts:
            part.each(_numbered_from(before, take))
            before += part.n_passes


def _numbered_from(
    first: int, take: "Callable[[PassBlock], None]"
) -> "Callable[[PassBlock], None]":
    return lambda block: take(replace(block, first_pass=first + block.first_pass))


def passes_of(
    members: Sequence[Any],
    X: Any,
    *,
    n_passes: int | None,
    masks: str,
    batch_size: int | str,
    random_state: int | np.random.RandomState | None,
) -> AnyPasses:
    """Return one pass of each member if ``n_passes`` is None, else dropout passes."""
    if n_passes is None:
        return MemberPasses(members, X)
    return DropoutPasses(
        members,
        X,
        n_passes=n_passes,
        masks=masks,
        batch_size=batch_size,
        random_state=random_state,
    )
