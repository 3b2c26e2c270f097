"""How busy and how full the machine is while a training runs."""

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil

from skmirai.utils._cards import GraphicsCards

#: Seconds between two looks, and between two where each starts a command.
_PERIOD, _SLOW_PERIOD = 0.2, 1.0

#: Points of a series that is kept.
_N_POINTS = 120


class LoadSampler:
    """Looks at processors, memory and graphics cards in a thread, again and again.

    There is a last look at the end, so that a short time is seen too. After less than
    half a period it is left out where there are others: over a moment the system's
    clocks are too coarse to tell a load.

    Parameters
    ----------
    period : float or None, default=None
        Seconds between two looks; None takes 0.2, or 1 where cards are asked by a
        command.

    Examples
    --------
    >>> from skmirai.lab._training.load import LoadSampler
    >>> with LoadSampler(period=0.01) as sampler:
    ...     _ = sum(range(1_000_000))
    >>> load = sampler.summary()
    >>> load["processors"]["peak"] > 0, load["memory"]["low"] > 0
    (True, True)
    """

    def __init__(self, period: float | None = None) -> None:
        self._given = period
        self._stopped = threading.Event()
        self._process = psutil.Process()
        self._cards = GraphicsCards()
        self._samples: list[dict[str, float | None]] = []
        self._seconds: list[float] = []

    def __enter__(self) -> Self:
        """Begin to look."""
        self._cards.__enter__()
        self._seen = self._cards.read()
        slow = self._cards.slow and self._seen
        self._period = self._given or (_SLOW_PERIOD if slow else _PERIOD)
        self._thread = threading.Thread(
            target=self._follow, name="load sampler", daemon=True
        )
        self._start = self._last = time.perf_counter()
        self._used = _processor_seconds(self._process), _machine_seconds()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Look once more, and end."""
        self._stopped.set()
        self._thread.join()
        self._look()
        self._cards.__exit__(kind, error, traceback)

    def _follow(self) -> None:
        while not self._stopped.wait(self._period):
            self._look()

    def _look(self) -> None:
        now, before = time.perf_counter(), self._last
        used = _processor_seconds(self._process), _machine_seconds()
        spent, (busy, whole) = used[0] - self._used[0], used[1] - self._used[1]
        sample: dict[str, float | None] = {
            "processors": spent / (now - before),
            "machine": 100 * busy / whole if whole > 0 else None,
            "memory": self._process.memory_info().rss,
        }
        cards = self._cards.read() if self._seen else []
        for k, card in enumerate(cards):
            sample[f"busy {k}"] = card["busy"]
            sample[f"used memory {k}"] = card["used memory"]
        self._samples.append(sample)
        self._seconds.append(now - self._start)
        self._last, self._used = now, used

    def summary(self, after: float | None = None) -> dict[str, Any]:
        """What was seen, once it has ended.

        Parameters
        ----------
        after : float or None, default=None
            Moment of :func:`time.perf_counter`; looks before it are in the series
            alone. None counts all looks.

        Returns
        -------
        dict
            "processors" (busy with this process), "machine" (percent of all
            processors that were busy with anything), "memory" (of this process, in
            bytes), each with "low", "mean" and "peak" over the looks, None where
            nothing was told; "cards", for each its "name", "memory", "busy" (percent)
            and "used memory" (bytes) likewise; "since", the seconds before the first
            look that counts; "n_looks" that count; and "series" of all of these over
            the "seconds", thinned to 120 points.
        """
        since = 0.0 if after is None else after - self._start
        seconds, samples = np.array(self._seconds), self._samples
        widths = np.diff(seconds, prepend=0.0)
        if sum(seconds > since) > 1 and widths[-1] < self._period / 2:
            seconds, samples = seconds[:-1], samples[:-1]
        counted = np.flatnonzero(seconds > since).tolist() or [len(seconds) - 1]
        found = {
            name: _statistics([samples[k].get(name) for k in counted], widths[counted])
            for name in samples[0]
        }
        return {
            **{name: found[name] for name in ("processors", "machine", "memory")},
            "cards": [
                {
                    "name": card["name"],
                    "memory": card["memory"],
                    "busy": found[f"busy {k}"],
                    "used memory": found[f"used memory {k}"],
                }
                for k, card in enumerate(self._seen)
            ],
            "since": since,
            "n_looks": len(counted),
            "series": {
                "seconds": _thinned(seconds.tolist()),
                **{
                    name: _thinned([sample.get(name) for sample in samples])
                    for name in samples[0]
                },
            },
        }


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine_seconds() -> np.ndarray:
    """Seconds of all processors, busy ones and all."""
    times = psutil.cpu_times()._asdict()
    # Linux counts guests among user and nice already
    whole = sum(v for k, v in times.items() if k not in ("guest", "guest_nice"))
    idle = times["idle"] + times.get("iowait", 0.0)
    return np.array([whole - idle, whole])


def _statistics(
    values: Sequence[float | None], widths: np.ndarray
) -> dict[str, float | None]:
    told = np.array([value is not None for value in values])
    if not told.any():
        return dict.fromkeys(("low", "mean", "peak"))
    kept = np.array([value for value in values if value is not None], np.float64)
    mean = np.average(kept, weights=widths[told])
    return {"low": float(kept.min()), "mean": float(mean), "peak": float(kept.max())}


def _thinned(values: Sequence[float | None]) -> list[float | None]:
    """Means of neighbours, so that 120 values are left at most."""
    width = -(-len(values) // _N_POINTS)
    found: list[float | None] = []
    for k in range(0, len(values), width):
        told = [value for value in values[k : k + width] if value is not None]
        found.append(float(f"{np.mean(told):.5g}") if told else None)
    return found
