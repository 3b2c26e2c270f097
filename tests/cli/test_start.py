"""``skmirai predict`` starts without TensorFlow, and may find no packets."""

import struct

import pandas as pd
import pytest

from skmirai import MiraiDNNRegressor
from tests.cli.common import CALL, SMALL

#: A pcap file without packets.
EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)

HEADER = (
    "time,source,destination,verdict,probability,predictive_entropy,"
    "mutual_information,history\n"
)


@pytest.fixture
def one_packet(capture, tmp_path):
    """A capture of one packet."""
    path = tmp_path / "one.pcap"
    data = capture.read_bytes()
    path.write_bytes(data[: 40 + int.from_bytes(data[32:36], "little")])
    return path


@pytest.mark.slow
def test_verdicts_without_tensorflow(run_python, call, model, one_packet):
    found = run_python(CALL, "predict", model, one_packet)
    status, expected, _ = call("predict", model, one_packet)
    assert status == 0
    assert len(expected.splitlines()) == 2
    assert found == f"{expected}[]\n"


@pytest.mark.slow
def test_evaluation_without_tensorflow(
    run_python, call, model, capture, labels, tmp_path
):
    beside = tmp_path / "labels.csv"
    pd.DataFrame({"label": labels}).to_csv(beside, index=False)
    given = ["evaluate", model, capture, "--labels", beside]
    assert run_python(CALL, *given) == f"{call(*given)[1]}[]\n"


def test_a_capture_without_packets(call, model, tmp_path):
    path, output = tmp_path / "empty.pcap", tmp_path / "verdicts.csv"
    path.write_bytes(EMPTY)
    said = f"{path} holds no packets: 0 packets\n"
    assert call("predict", model, path) == (0, HEADER, said)
    assert call("predict", model, path, "-q") == (0, HEADER, "")
    assert call("predict", model, path, "-o", output) == (0, "", said)
    assert output.read_text() == HEADER


def test_other_columns_without_packets(call, model, features, tmp_path):
    path, regressor = tmp_path / "empty.pcap", tmp_path / "regressor.skmirai"
    path.write_bytes(EMPTY)
    _, out, _ = call("predict", model, path, "--n-passes", 0)
    assert out == HEADER.replace(",mutual_information", "")
    MiraiDNNRegressor(**SMALL).fit(features, features[:, 0]).save(regressor)
    _, out, _ = call("predict", regressor, path)
    assert out == "time,source,destination,prediction,std\n"


@pytest.mark.slow
def test_a_pipe_that_closes_without_packets(start, model):
    process = start("predict", model, "-", stdin=-1, stdout=-1)
    out, err = process.communicate(EMPTY, timeout=120)
    assert (process.returncode, out.decode()) == (0, HEADER)
    assert b"holds no packets: 0 packets" in err


@pytest.mark.parametrize("content", [b"", b"\xd4\xc3\xb2"])
def test_what_is_no_capture_stays_an_error(call, model, tmp_path, content):
    path = tmp_path / "none.pcap"
    path.write_bytes(content)
    status, out, err = call("predict", model, path)
    assert (status, out) == (1, "")
    assert "none.pcap" in err
    assert ("is empty: expected packets" in err) == (content == b"")
