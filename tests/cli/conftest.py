"""Small captures and models, and the command called as a shell would."""

import subprocess
import sys
from pathlib import Path

import dpkt
import numpy as np
import pytest

from skmirai import MiraiDNNClassifier
from skmirai.cli import main
from skmirai.feature_extraction import AfterImageExtractor
from tests.cli.common import BATCH, SMALL, table
from tests.processes import kill_family, without_cache

ROOT = Path(__file__).parents[2]


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command as the shell would; return its status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skmirai", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def start():
    """Start the command in a process of its own, ended with the test."""
    running = []

    def run(*arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", "skmirai", *map(str, arguments)],
            env=without_cache() | {"PYTHONPATH": str(ROOT)},
            **{"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE} | options,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            kill_family(process)
        process.communicate(timeout=60)


def frames(n_packets, seed):
    """Times and Ethernet frames of UDP among five hosts."""
    rng = np.random.default_rng(seed)
    times = 1.5e9 + np.cumsum(rng.exponential(0.02, n_packets)).round(6)
    for time in times:
        source, destination = rng.permutation(5)[:2] + 1
        udp = dpkt.udp.UDP(
            sport=int(rng.integers(1024, 1030)), dport=53, data=bytes(rng.integers(200))
        )
        udp.ulen = len(udp)
        ip = dpkt.ip.IP(
            src=bytes([10, 0, 0, source]),
            dst=bytes([10, 0, 0, destination]),
            p=dpkt.ip.IP_PROTO_UDP,
            data=udp,
        )
        ip.len = len(ip)
        macs = {"src": bytes([2, 0, 0, 0, 0, source]), "dst": bytes(6)}
        yield time, bytes(dpkt.ethernet.Ethernet(**macs, data=ip))


@pytest.fixture(scope="session")
def capture(tmp_path_factory):
    """A pcap file of 600 packets."""
    path = tmp_path_factory.mktemp("captures") / "small.pcap"
    with open(path, "wb") as file:
        writer = dpkt.pcap.Writer(file)
        for time, frame in frames(600, 0):
            writer.writepkt(frame, ts=time)
    return path


@pytest.fixture
def copied(capture, tmp_path):
    """A copy of the capture."""
    path = tmp_path / "copied.pcap"
    path.write_bytes(capture.read_bytes())
    return path


@pytest.fixture(scope="session")
def features(capture):
    """Its features."""
    return AfterImageExtractor().transform(capture)


@pytest.fixture(scope="session")
def labels(features):
    """Two classes that the features tell apart."""
    return (features[:, 1] > np.median(features[:, 1])).astype(int)


@pytest.fixture(scope="session")
def classifier(features, labels):
    return MiraiDNNClassifier(**SMALL).fit(features, labels)


@pytest.fixture(scope="session")
def model(classifier, tmp_path_factory):
    """File of the classifier."""
    path = tmp_path_factory.mktemp("models") / "detector.skmirai"
    classifier.save(path)
    return path


@pytest.fixture(scope="session")
def of_three(tmp_path_factory):
    """File of a model of three columns."""
    X = np.random.default_rng(0).random((40, 3))
    path = tmp_path_factory.mktemp("three") / "m.skmirai"
    MiraiDNNClassifier(**SMALL).fit(X, X[:, 0] > 0.5).save(path)
    return path


@pytest.fixture
def predicted(call):
    """Call predict on standard output; return the lines as a table."""

    def run(*arguments):
        given = (*arguments, "-q", "--batch", BATCH)
        if "--min-history" not in arguments:
            given += ("--min-history", 0)
        status, out, err = call("predict", *given)
        assert (status, err) == (0, "")
        return table(out)

    return run
