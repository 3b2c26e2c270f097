"""Tables of streams: keys, values, and the order in which they were last seen."""

import secrets
from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np

from skmirai.feature_extraction._feature_names import BLOCKS, DECAYS, FEATURE_NAMES
from skmirai.feature_extraction._keys import WORDS, stream_keys

#: Packets per call of the compiled code: what is made for them fits the cache.
CHUNK = 4096

#: What the first gap of a channel is: 0, or the time of its first packet.
CLOCKS = ("relative", "epoch")

_FORMAT = "skmirai AfterImage state 1"

#: No sum over packets comes near this, and its fourth power is finite.
_LARGEST = 1e60


class StreamTable:
    """Streams of one block, found by their key through a hash table.

    Parameters
    ----------
    n_words : int
        64-bit words per key.
    width : int
        Values per stream.
    """

    def __init__(self, n_words: int, width: int) -> None:
        self._begin(np.empty((0, n_words), np.uint64), np.empty((0, width)), 0)

    def _begin(self, keys: np.ndarray, values: np.ndarray, n_evicted: int) -> None:
        # Buckets must not be guessable: a sender who can choose colliding addresses
        # would make every look-up slow. Results do not depend on the seed.
        self.seed = np.array([secrets.randbits(64)], np.uint64)
        self.counters = np.array([0, -1, -1, n_evicted], np.int64)
        self._enter(keys, values, len(keys))

    def __getstate__(self) -> tuple[np.ndarray, np.ndarray, int]:
        # Not the room for more: it is large, and holds what was in the memory before.
        return (*self.in_order(), self.n_evicted)

    def __setstate__(self, state: tuple[np.ndarray, np.ndarray, int]) -> None:
        self._begin(*state)

    @property
    def n_used(self) -> int:
        """Streams tracked now."""
        return int(self.counters[0])

    @property
    def n_evicted(self) -> int:
        """Streams forgotten so far."""
        return int(self.counters[3])

    def arrays(self) -> tuple[np.ndarray, ...]:
        """What the compiled code works on."""
        return (
            self.keys,
            self.values,
            self.heads,
            self.following,
            self.newer,
            self.older,
            self.counters,
            self.seed,
        )

    def make_room(self, n_new: int, limit: int | None) -> None:
        """Allow for n_new more streams, or for as many as the limit lets in.

        Parameters
        ----------
        n_new : int
            Streams that may come.
        limit : int or None
            Most streams to track; where there are more, the oldest are forgotten.
        """
        needed = self.n_used + n_new
        if limit is not None and self.n_used > limit:
            keys, values = self.in_order()
            self.counters[3] += len(keys) - limit
            self._enter(keys[len(keys) - limit :], values[len(keys) - limit :], limit)
        elif limit is not None and needed > limit:
            if len(self.keys) < limit:
                self._grow(limit)
            elif len(self.keys) > limit:
                self._enter(*self.in_order(), limit)
        elif needed > len(self.keys):
            # Memory that is not written to costs nothing, copies do.
            room = max(needed, 4 * len(self.keys))
            self._grow(room if limit is None else min(room, limit))

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """Keys and values of the streams, the one seen longest ago first.

        Returns
        -------
        keys : ndarray of uint64, shape (n_used, n_words)
            Copies.
        values : ndarray of float64, shape (n_used, width)
            Copies.
        """
        from skmirai.feature_extraction._kernel import walk

        order = walk(self.newer, self.counters)
        return self.keys[order], self.values[order]

    def restore(self, keys: np.ndarray, values: np.ndarray, n_evicted: int) -> None:
        """Take over what :meth:`in_order` gave.

        Parameters
        ----------
        keys, values : ndarray
            Of the shapes of this table.
        n_evicted : int
            Streams forgotten before.

        Raises
        ------
        ValueError
            If the arrays do not fit, hold a key twice, or values that no packets give.
        """
        if not 0 <= n_evicted < 1 << 62:
            raise ValueError(
                f"evicted={n_evicted} is no number of streams that were forgotten"
            )
        for name, given, own in (
            ("keys", keys, self.keys),
            ("values", values, self.values),
        ):
            if given.dtype != own.dtype or given.shape != (len(keys), own.shape[1]):
                raise ValueError(
                    f"{name} of dtype {given.dtype} and shape {given.shape} are no "
                    f"state: expected {own.dtype} and (n_streams, {own.shape[1]})"
                )
        if not (np.abs(values) <= _LARGEST).all():  # NaN is bad too
            raise ValueError(
                "the state holds values that are not finite, or above 1e60"
            )
        weights, squares = _places(values.shape[1])
        if not ((values[:, weights] == 0) | (values[:, weights] >= 1)).all():
            raise ValueError("the state holds weights that are neither 0 nor 1 or more")
        if not (values[:, squares] >= 0).all():
            raise ValueError("the state holds negative sums of squares")
        self._begin(keys, values, n_evicted)

    def _enter(self, keys: np.ndarray, values: np.ndarray, room: int) -> None:
        """Fill fresh arrays with streams in their order."""
        n = len(keys)
        self.keys, self.values = keys, values
        self.newer = np.arange(1, n + 1)
        self.older = np.arange(-1, n - 1)
        self.newer[-1:] = -1
        self.counters[:3] = n, n - 1, min(0, n - 1)
        self._grow(room)

    def _grow(self, room: int) -> None:
        """Make room for this many streams; all stay where they are."""
        n = self.n_used
        for name in ("keys", "values", "newer", "older"):
            old = getattr(self, name)
            new = np.empty((room, *old.shape[1:]), old.dtype)
            new[:n] = old[:n]
            setattr(self, name, new)
        self.following = np.empty(room, np.int64)
        self.heads = np.full(1 << max(4, int(room * 1.5).bit_length()), -1, np.int64)
        if n:
            from skmirai.feature_extraction._kernel import rehash

            seed = self.seed[0]
            if not rehash(self.keys, self.heads, self.following, self.counters, seed):
                raise ValueError("the state holds a key twice")


class StreamState:
    """All streams of AfterImage, and the update of them with packets.

    Parameters
    ----------
    clock : {"relative", "epoch"}
        What the first gap of a channel is: 0, or the time of its packet.
    """

    def __init__(self, clock: str) -> None:
        from skmirai.feature_extraction._kernel import (
            CHANNEL_WIDTH,
            ONE_STREAM_WIDTH,
            TWO_STREAM_WIDTH,
        )

        self.clock = clock
        widths = {"HH": CHANNEL_WIDTH, "HpHp": TWO_STREAM_WIDTH}
        self.tables = {
            block: StreamTable(n_words, widths.get(block, ONE_STREAM_WIDTH))
            for block, n_words in WORDS.items()
        }

    def update(self, records: np.ndarray, out: np.ndarray, limit: int | None) -> None:
        """Update the streams with packets and write their features.

        Parameters
        ----------
        records : ndarray of dtype ``PACKET``, shape (n_packets,)
            At most ``CHUNK`` of them.
        out : ndarray of float64, shape (n_packets, 115)
            The features, after each packet.
        limit : int or None
            Most streams to track in each block.
        """
        from skmirai.feature_extraction._kernel import (
            update_one_stream,
            update_two_streams,
        )

        time = np.ascontiguousarray(records["time"])
        length = records["length"].astype(np.float64)
        for block, keys in stream_keys(records).items():
            table = self.tables[block]
            table.make_room(len(records), limit)
            arrays, column = table.arrays(), _first_column(block)
            if len(BLOCKS[block]) == 3:
                update_one_stream(time, length, keys, arrays, out, column)
            else:
                jitter = _first_column("HH_jit") if block == "HH" else -1
                epoch = self.clock == "epoch"
                update_two_streams(
                    time, length, keys, arrays, out, column, jitter, epoch
                )

    def to_arrays(self) -> dict[str, Any]:
        """Everything as plain arrays and text.

        Returns
        -------
        dict
            Arrays and numbers of each block, and two entries of text.
        """
        state: dict[str, Any] = {"format": _FORMAT, "clock": self.clock}
        for block, table in self.tables.items():
            state[f"{block}_keys"], state[f"{block}_values"] = table.in_order()
            state[f"{block}_evicted"] = table.n_evicted
        return state

    @classmethod
    def from_arrays(cls, state: Mapping[str, Any]) -> "StreamState":
        """Inverse of :meth:`to_arrays`.

        Parameters
        ----------
        state : mapping
            What ``to_arrays`` gave. Other entries are ignored.

        Returns
        -------
        StreamState
            With copies of the arrays.

        Raises
        ------
        ValueError
            If it is no such state.
        """
        try:
            if str(state["format"]) != _FORMAT:
                raise ValueError(
                    f"format={state['format']!s} is unknown: expected {_FORMAT!r}"
                )
            clock = str(state["clock"])
            if clock not in CLOCKS:
                raise ValueError(f"clock={clock!r} must be one of {CLOCKS}")
            found = cls(clock)
            for block, table in found.tables.items():
                table.restore(
                    np.asarray(state[f"{block}_keys"]),
                    np.asarray(state[f"{block}_values"]),
                    index(state[f"{block}_evicted"]),
                )
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"this is no state of an extractor: {error!r}") from error
        return found


def _places(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the weights and of the sums of squares in the values of a stream."""
    from skmirai.feature_extraction._kernel import CHANNEL_WIDTH, ONE_STREAM_WIDTH

    n = len(DECAYS)
    if width == ONE_STREAM_WIDTH:
        weights = 1 + 3 * np.arange(n)
        return weights, weights + 2
    clocks = 1 + n + np.array([[0], [(width - 1 - n) // 2]])  # of both directions
    weights = (clocks + 1 + 4 * np.arange(n)).ravel()
    if width != CHANNEL_WIDTH:
        return weights, weights + 2
    of_gaps = (clocks + 2 + 4 * n + 2 * np.arange(n)).ravel()
    return weights, np.concatenate((weights + 2, of_gaps))


def _first_column(block: str) -> int:
    return FEATURE_NAMES.index(f"{block}_L{DECAYS[0]}_weight")
