"""The building blocks of the simulation, against what they promise."""

import numpy as np
import pytest

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._events import frames, in_order, merge
from skmirai.datasets._traffic._gateway import _limited, unreachable
from skmirai.datasets._traffic._timing import (
    arrivals,
    during,
    patient,
    program,
    ticks,
    visits,
)
from skmirai.packets import TCP, UDP


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda rng, span: ticks(rng, span, 2.0), 2.0),
        (lambda rng, span: ticks(rng, span, 2.0, 0.4), 2.0),
        (lambda rng, span: arrivals(rng, span, 0.5), 2.0),
        (lambda rng, span: patient(rng, span, 0.5, 2.0), 2.0),
    ],
)
@pytest.mark.parametrize("span", [0.0, 1.0, 10_000.0])
def test_times_lie_in_the_span(rng, draw, mean, span):
    times = draw(rng, span)
    assert (np.diff(times) >= 0).all()
    assert ((times >= 0) & (times < span)).all()
    if span == 10_000:
        assert len(times) == pytest.approx(span / mean, rel=0.06)


def test_clocks_without_jitter_are_exact(rng):
    assert np.diff(ticks(rng, 100.0, 4.0)) == pytest.approx(4.0)


def test_great_jitter_fills_the_span(rng):
    times = ticks(rng, 500.0, 1.0, 20.0)
    assert (np.diff(times) > 0.09).all()
    assert 500 - times[-1] < 100


def test_least_gap(rng):
    assert np.diff(patient(rng, 5_000.0, 3.0, 4.0)).min() >= 3.0


def test_programs_repeat(rng):
    steps = program(rng, np.array([0.0, 10.0]), (0.0, 1.0, 3.0))
    assert steps.tolist() == [[0, 1, 3], [10, 11, 13]]
    late = program(rng, np.zeros(4_000), (0.0, 1.0), 0.01) - [0.0, 1.0]
    assert late.min() >= 0
    assert late.mean() == pytest.approx(0.01, rel=0.1)


def test_visits_cover_their_share(rng):
    there = visits(rng, 1e6, 100.0, 300.0)
    assert (np.diff(there.ravel()) > 0).all()
    assert np.diff(there).mean() == pytest.approx(100, rel=0.1)
    times = np.linspace(0, 1e6, 100_000)
    inside = during(times, there)
    assert inside.mean() == pytest.approx(0.25, abs=0.02)
    brute = (
        (times[::50, None] >= there[:, 0]) & (times[::50, None] < there[:, 1])
    ).any(axis=1)
    assert np.array_equal(inside[::50], brute)
    assert not during(times, np.empty((0, 2))).any()


def test_a_bucket_of_six_tokens_fills_once_a_second():
    second = 1e6
    assert _limited(np.zeros(10)).tolist() == 6 * [True] + 4 * [False]
    passed = _limited(np.arange(0, 100, 0.1) * second)
    # six saved ones, then one a second
    assert passed.sum() in (104, 105)
    rested = _limited(np.r_[np.zeros(8), np.full(8, 2.5), np.full(8, 60.0)] * second)
    assert [rested[k : k + 8].sum() for k in (0, 8, 16)] == [6, 2, 6]
    assert _limited(np.empty(0)).shape == (0,)


@pytest.mark.parametrize(
    ("protocol", "length", "expected"),
    # frames of the recording and the messages about them
    [(UDP, 82, 110), (TCP, 74, 102), (TCP, 60, 86), (UDP, 60, 74), (UDP, 1400, 590)],
)
def test_what_cannot_be_delivered_is_quoted(rng, protocol, length, expected):
    out = in_order(
        [
            frames(np.array([0.0]), kind, net.BOT, net.VICTIM, protocol, length, (1, 2))
            for kind in ("heartbeat", "udp_flood")
        ]
    )
    messages = unreachable(out, rng)
    assert messages["packet"]["length"].tolist() == [expected, expected]
    assert messages["malicious"].tolist() == [False, True]
    assert (messages["packet"]["destination_low"] == net.BOT.low).all()
    assert (messages["packet"]["time"] >= out["packet"]["time"]).all()


def test_local_packets_are_delivered(rng):
    now = np.zeros(3)
    local = in_order(
        [
            frames(now, "dns", net.BOT, net.GATEWAY, UDP, 80, (1, 53)),
            frames(now, "discovery", net.BOT, net.SSDP_GROUP, UDP, 80, (1, 1900)),
            frames(now, "router", net.ROUTER, net.ALL_NODES, UDP, 80),
            frames(now, "dhcp", net.BOT, net.BROADCAST, UDP, 80, (68, 67)),
        ]
    )
    assert len(unreachable(local, rng)) == 0


def test_order_is_stable():
    def three(times, length):
        return frames(np.array(times), "ping", net.BOT, net.GATEWAY, UDP, length)

    joined = in_order([three([2e-6, 0, 1e-6], 70), three([1.4e-6, 0, 5e-6], 80)])
    assert joined["packet"]["time"].tolist() == [0, 0, 1, 1, 2, 5]
    assert joined["packet"]["length"].tolist() == [70, 80, 70, 80, 70, 80]
    merged = merge(joined[3:], joined[:3])
    assert merged["packet"]["length"].tolist() == [70, 80, 80, 70, 70, 80]
    assert len(in_order([])) == 0
