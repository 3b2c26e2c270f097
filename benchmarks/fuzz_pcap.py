"""Read damaged captures: no crash, no hang, no memory that grows.

Run: ``python benchmarks/fuzz_pcap.py``. Valid pcap and pcapng captures with every kind
of frame that is read, some packed by gzip, are damaged (cut, bits flipped, parts moved,
sizes overwritten) and read at once, in pieces, or into features. The only error allowed
is ValueError where the type of the source cannot be told; all else that is not read
must be in the report. Set ``NUMBA_BOUNDSCHECK=1`` to have the compiled code check each
of its indices.
"""

import argparse
import faulthandler
import gzip
import io
import random
import struct
import time
from collections import Counter

import numpy as np
import psutil
from tqdm import tqdm

from skmirai.feature_extraction import AfterImageExtractor, PacketReader, read_packets

NASTY = (0, 1, 3, 4, 12, 13, 16, 27, 28, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 24)


def frames() -> list[tuple[int, bytes]]:
    """Link types and frames: VLAN, ARP, IPv4, IPv6, extension headers, others."""
    macs = bytes.fromhex("4c09d4c6127b5ccf7f05f2c6")
    ports = struct.pack(">HHHH", 21074, 80, 8, 0) + bytes(20)
    hosts = bytes([192, 168, 2, 1, 192, 168, 2, 108])

    def ipv4(protocol: int, body: bytes, options: bytes = b"", fragment: int = 0):
        head = 0x45 + len(options) // 4
        size = 20 + len(options) + len(body)
        fields = (head, 0, size, 1, fragment, 64, protocol, 0)
        return struct.pack(">BBHHHBBH", *fields) + hosts + options + body

    def ipv6(kind: int, body: bytes):
        return struct.pack(">IHBB", 6 << 28, len(body), kind, 64) + bytes(32) + body

    arp = struct.pack(">HHBBH", 1, 0x800, 6, 4, 1) + macs[6:] + hosts[:4]
    arp += bytes(6) + hosts[4:]
    quoted = ipv4(1, struct.pack(">BBHI", 3, 3, 0, 0) + ipv4(17, ports)[:28])
    extended = ipv6(0, bytes([44, 0]) + bytes(6) + bytes([6, 0]) + bytes(6) + ports)
    kinds = [
        (0x800, ipv4(6, ports)),
        (0x800, ipv4(17, ports, options=bytes(8))),
        (0x800, ipv4(6, ports, fragment=5)),
        (0x800, quoted),
        (0x806, arp),
        (0x86DD, ipv6(58, bytes(16))),
        (0x86DD, extended),
        (0x88CC, bytes(40)),
        (len(arp) + 8, bytes.fromhex("aaaa030000000800") + ipv4(6, ports)),
    ]
    out = []
    for kind, body in kinds:
        out.append((1, macs + struct.pack(">H", kind) + body))
        tagged = struct.pack(">HHHHH", 0x88A8, 5, 0x8100, 7, kind)
        out.append((1, macs + tagged + body))
        out.append((113, struct.pack(">HHH8sH", 0, 1, 6, macs, kind) + body))
        out.append((276, struct.pack(">HHIHBB8s", kind, 0, 1, 1, 0, 6, macs) + body))
        if kind in (0x800, 0x86DD):
            out.append((101, body))
            out.append((0, struct.pack("<I", 2) + body))
    return out


def pcap(link: int, bodies: list[bytes], order: str = "<", magic=0xA1B2C3D4) -> bytes:
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for k, body in enumerate(bodies):
        out += struct.pack(f"{order}IIII", 1_540_446_382, k, len(body), len(body))
        out += body
    return out


def block(kind: int, body: bytes, order: str) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def pcapng(packets: list[tuple[int, bytes]], order: str = "<") -> bytes:
    links = sorted({link for link, _ in packets})
    out = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    for link in links:
        options = struct.pack(f"{order}HHB3xHHqHH", 9, 1, 9, 14, 8, 5, 0, 0)
        head = struct.pack(f"{order}HHI", link, 0, 65535)
        out += block(1, head + options, order)
    for k, (link, body) in enumerate(packets):
        ticks = 1_540_446_382_000_000_000 + k
        head = (links.index(link), ticks >> 32, ticks & 0xFFFFFFFF)
        sizes = len(body), len(body)
        out += block(6, struct.pack(f"{order}5I", *head, *sizes) + body, order)
        if k % 7 == 0:
            out += block(3, struct.pack(f"{order}I", len(body)) + body, order)
            out += block(0x0BAD, b"unknown block", order)
    return out


def seeds() -> list[bytes]:
    """Valid captures."""
    found, out = frames(), []
    for link in sorted({link for link, _ in found}):
        bodies = [body for own, body in found if own == link]
        out += [pcap(link, bodies), pcap(link, bodies, ">", 0xA1B23C4D)]
    out += [pcapng(found), pcapng(found, ">")]
    return [*out, gzip.compress(out[0]), gzip.compress(out[-1])]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One to four kinds of damage."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if len(out) < 8:
            break
        place = rng.randrange(len(out))
        # Headers of the first packets are where most can go wrong.
        place = place if rng.random() < 0.6 else min(place, rng.randrange(160))
        kind = rng.randrange(6)
        if kind == 0:
            del out[place:]
        elif kind == 1:
            out[place] ^= 1 << rng.randrange(8)
        elif kind == 2:
            out[place] = rng.randrange(256)
        elif kind == 3:
            value = rng.choice(NASTY) if rng.random() < 0.7 else rng.randrange(1 << 32)
            place -= place % 4
            out[place : place + 4] = struct.pack(rng.choice("<>") + "I", value)
        elif kind == 4:
            del out[place : place + rng.randrange(1, 40)]
        else:
            other = rng.randrange(len(out))
            out[place:place] = out[other : other + rng.randrange(1, 200)]
    return bytes(out)


def read(data: bytes, way: int) -> str:
    """Read a capture in one of three ways; say how it went."""
    try:
        if way == 0:
            packets = read_packets(io.BytesIO(data), on_malformed="ignore")
            report, n_packets = packets.report, len(packets)
        elif way == 1:  # in pieces of odd sizes
            file = io.BytesIO()
            reader = PacketReader(file)
            for start in range(0, len(data), 97):
                file.seek(0)
                file.truncate()
                file.write(data[start : start + 97])
                file.seek(0)
                reader.read()
            reader.finish()
            report, n_packets = reader.report, reader.report.n_packets
        else:
            extractor = AfterImageExtractor(on_malformed="ignore", max_streams=5)
            X = extractor.partial_transform(io.BytesIO(data))
            if not np.isfinite(X).all():
                raise AssertionError("features that are not finite")
            report, n_packets = extractor.report_, len(X)
    except ValueError as error:
        known = "link type", "begins with", "is empty", "cannot be unpacked"
        return "refused: " + next(words for words in known if words in str(error))
    possible = len(data) // 12 if data[:1] != b"\x1f" else 1000 * len(data)
    if n_packets != report.n_packets or n_packets > possible:
        raise AssertionError(f"{n_packets} packets, report {report}")
    if report.n_unreadable_bytes and not report.problems:
        raise AssertionError(f"a silent end: {report}")
    return "read in full" if report.clean else "read, faults reported"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    faulthandler.enable()
    rng, valid = random.Random(options.seed), seeds()
    for data in valid:
        for way in range(3):
            outcome = read(data, way)
            # Packets without a time of their own are reported as such.
            assert outcome.startswith("read"), outcome
    process, outcomes, slowest = psutil.Process(), Counter(), 0.0
    before = process.memory_info().rss
    began = time.perf_counter()
    for k in tqdm(range(options.inputs), unit="captures"):
        data = damaged(rng.choice(valid), rng)
        faulthandler.dump_traceback_later(20, exit=True)
        start = time.perf_counter()
        try:
            outcomes[read(data, k % 3)] += 1
        except BaseException:
            print(f"input {k} of seed {options.seed}: {data.hex()}")
            raise
        slowest = max(slowest, time.perf_counter() - start)
    faulthandler.cancel_dump_traceback_later()
    grown = (process.memory_info().rss - before) / 2**20
    print(f"{options.inputs} captures in {time.perf_counter() - began:.0f} s: no crash")
    print(f"slowest {slowest * 1e3:.0f} ms, memory grown by {grown:.0f} MB")
    for outcome, number in outcomes.most_common():
        print(f"| {number:7} | {outcome}")


if __name__ == "__main__":
    main()
