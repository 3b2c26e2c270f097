"""Packets per second from packets, and from captures, to the 115 features.

Run: ``python benchmarks/extraction.py``. Goals on one core: 250,000 packets/s from
packets in memory and 100,000 from pcap, no slowing down while one host sweeps 65,000
peers, and 764,137 packets (the Mirai capture of Kitsune) end to end within 15 s. The
traffic is drawn at random: hosts of a network that talk to each other and to a few
hundred outside, with replies, and a sweep by ARP. For the ratio, a plain Python
implementation of the same formulas runs on a part of the packets.
"""

import argparse
import cProfile
import math
import os
import pstats
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
from common import machine

from skmirai.feature_extraction import (
    AfterImageExtractor,
    PacketTable,
    read_packets,
)
from skmirai.feature_extraction._feature_names import DECAYS
from skmirai.packets import ARP, PACKET, TCP

#: Packets of the Mirai part of the Kitsune data.
ALL = 764_137
_LAN = 0xC0A80200


def traffic(n: int, seed: int = 0) -> np.ndarray:
    """Packets of 40 hosts; two thirds are one host's sweep, as in the Mirai capture."""
    rng = np.random.default_rng(seed)
    out = np.zeros(n, PACKET)
    out["time"] = 1_540_446_382 + np.cumsum(rng.exponential(0.002, n)).round(6)
    sweep = rng.random(n) < 0.65
    inside, outside = rng.integers(1, 40, n), rng.integers(0, 300, n)
    reply = rng.random(n) < 0.45
    local, remote = _LAN + inside, 0x34000000 + outside * 7919
    port = 1024 + inside * 300 + outside
    for name, own, other in (("source", local, remote), ("destination", remote, local)):
        out[f"{name}_low"] = np.where(reply, other, own)
        mine = np.where(reply, 80, port) if name == "source" else None
        out[f"{name}_port"] = mine if mine is not None else np.where(reply, port, 80)
    out["source_mac"] = np.where(reply, 1, 2 + inside)
    out["destination_mac"] = np.where(reply, 2 + inside, 1)
    out["length"] = rng.choice([60, 74, 86, 590, 1514], n)
    out["family"], out["protocol"] = 4, TCP
    number = np.cumsum(sweep)[sweep]
    out["protocol"][sweep] = ARP
    out["source_low"][sweep] = _LAN + 108
    out["destination_low"][sweep] = _LAN - 0x200 + number % 65_000
    out["source_mac"][sweep], out["destination_mac"][sweep] = 77, 0xFFFFFFFFFFFF
    for name in ("source_port", "destination_port"):
        out[name][sweep] = -1
    out["length"][sweep] = 60
    return out


def sweep(n: int) -> np.ndarray:
    """One host sends to n peers in turn, over TCP, and a third of them answer."""
    out = np.zeros(n, PACKET)
    out["time"] = 1_540_446_382 + np.arange(n) * 1e-4
    answer = np.arange(n) % 4 == 3
    peer = 0x0A000000 + np.arange(n) - answer
    host = np.full(n, _LAN + 1)
    out["source_low"] = np.where(answer, peer, host)
    out["destination_low"] = np.where(answer, host, peer)
    out["source_port"], out["destination_port"] = 40_000, 23
    out["length"], out["family"], out["protocol"] = 60, 4, TCP
    return out


def write_pcap(records: np.ndarray, path: Path) -> None:
    """Write packets as frames of 60 bytes; longer ones are snapped."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 60, 1))
        for r in records:
            seconds = int(r["time"])
            micro = round((float(r["time"]) - seconds) * 1e6)
            sent = max(int(r["length"]), 60)
            macs = int(r["destination_mac"]) << 48 | int(r["source_mac"])
            source, destination = int(r["source_low"]), int(r["destination_low"])
            if r["protocol"] == ARP:
                body = struct.pack(
                    ">HHHBBH6sI6sI", 0x806, 1, 0x800, 6, 4, 1, b"", source, b"",
                    destination,
                )  # fmt: skip
            else:
                ports = int(r["source_port"]), int(r["destination_port"])
                head = (0x800, 0x45, 0, sent - 14, 0, 0, 64, 6, 0, source, destination)
                body = struct.pack(">HBBHHHBBHIIHH", *head, *ports)
            frame = (macs.to_bytes(12, "big") + body).ljust(60, b"\0")
            file.write(struct.pack("<IIII", seconds, micro, 60, sent) + frame)


def plain_python(records: np.ndarray) -> None:
    """The formulas on dictionaries of lists: what a careful script would do."""
    blocks: list[dict] = [{} for _ in range(4)]
    pairs: list[dict] = [{}, {}]

    def stream(table, key, t, x, gap=None):
        found = table.setdefault(key, [t, 0.0, *([0.0] * 30)])
        dt = max(t - found[0], 0.0)
        found[0] = max(found[0], t)
        for d, rate in enumerate(DECAYS):
            delta = 2.0 ** (-rate * dt)
            k = 2 + 6 * d
            found[k] = found[k] * delta + 1
            found[k + 1] = found[k + 1] * delta + x
            found[k + 2] = found[k + 2] * delta + x * x
            if gap is not None:
                found[k + 4] = found[k + 4] * delta + dt
                found[k + 5] = found[k + 5] * delta + dt * dt
        return found

    def statistics(found, k):
        w, linear, squares = found[k], found[k + 1], found[k + 2]
        mean = linear / w
        return w, mean, abs(squares / w - mean * mean)

    for r in records.tolist():
        t, x, mac, _, _, source, _, destination, a, b = r[:10]
        row = []
        for table, key in ((blocks[0], (mac, source)), (blocks[1], source)):
            found = stream(table, key, t, x)
            row += [v for d in range(5) for v in statistics(found, 2 + 6 * d)]
        ends = (source, destination), ((source, a), (destination, b))
        for table, joint, (own, other) in zip(blocks[2:], pairs, ends, strict=True):
            found = stream(table, (own, other), t, x, True)
            opposite = table.get((other, own))
            shared = joint.setdefault(frozenset((own, other)), [t, *([0.0] * 5)])
            dt = max(t - shared[0], 0.0)
            shared[0] = max(shared[0], t)
            for d, rate in enumerate(DECAYS):
                k = 2 + 6 * d
                w, mean, variance = statistics(found, k)
                w2, mean2, variance2, residual = 0.0, 0.0, 0.0, 0.0
                if opposite:
                    w2, mean2, variance2 = statistics(opposite, k)
                    w2 *= 2.0 ** (-rate * max(t - opposite[0], 0.0))
                    residual = opposite[k + 3]
                found[k + 3] = x - mean
                shared[1 + d] *= 2.0 ** (-rate * dt)
                shared[1 + d] += found[k + 3] * residual
                covariance = shared[1 + d] / (w + w2)
                product = math.sqrt(variance) * math.sqrt(variance2)
                row += [w, mean, math.sqrt(variance), math.hypot(mean, mean2)]
                row += [math.hypot(variance, variance2), covariance]
                row.append(covariance / product if product else 0.0)


def best(task, rounds: int) -> tuple[float, float]:
    """Shortest of some runs: seconds of the clock and of the processor.

    The second count leaves out what other programs took of the core meanwhile.
    """
    taken = []
    for _ in range(rounds):
        start, used = time.perf_counter(), time.process_time()
        task()
        taken.append((time.perf_counter() - start, time.process_time() - used))
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=ALL)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # one core, as the goals say
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(machine())
    extractor = AfterImageExtractor(verbose=False)
    records = traffic(options.packets)
    part = PacketTable(records[:100_000])
    extractor.transform(part[:100])  # compiles, or loads what was compiled

    lines = []

    def line(what: str, n: int, taken: tuple[float, float], goal: str) -> None:
        lines.append((what, n, *taken, n / taken[1], goal))

    in_memory = best(lambda: extractor.transform(part), options.rounds)
    line("packets in memory", len(part), in_memory, "250,000/s")
    few = PacketTable(records[:5_000])
    ours = best(lambda: extractor.transform(few), options.rounds)
    plain = best(lambda: plain_python(few.records), 1)
    line("the same in plain Python", len(few), plain, f"x {plain[1] / ours[1]:.0f}")
    for n in (1_000, 8_000, 65_000):
        peers = PacketTable(sweep(n))
        taken = best(lambda p=peers: extractor.transform(p), options.rounds)
        line(f"a sweep of {n} peers", n, taken, "flat")
    bounded = AfterImageExtractor(verbose=False, max_streams=1_000)
    taken = best(lambda: bounded.transform(peers), options.rounds)
    line("the last with max_streams=1000", len(peers), taken, "flat")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic.pcap"
        write_pcap(records, path)
        size = path.stat().st_size / 2**20
        taken = best(lambda: read_packets(path, verbose=False), options.rounds)
        line(f"reading pcap ({size:.0f} MB)", len(records), taken, "")
        taken = best(lambda: extractor.transform(path), 1)
        line("pcap to features, end to end", len(records), taken, "100,000/s, 15 s")
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(extractor.transform, path)
            pstats.Stats(profile).sort_stats("tottime").print_stats(12)

    print(
        "\n| on one core                    | packets | wall s "
        "| CPU s | per CPU s | goal |"
    )
    print(
        "|--------------------------------|---------|--------|-------|-----------|------|"
    )
    for what, n, wall, cpu, rate, goal in lines:
        print(
            f"| {what:30} | {n:7} | {wall:6.2f} | {cpu:5.2f} | {rate:9,.0f} | {goal} |"
        )


if __name__ == "__main__":
    main()
