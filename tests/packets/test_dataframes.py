"""DataFrames of packets: tshark's fields, and the columns of a packet table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.packets import read_packets

ROW = {
    "time": 1.5,
    "length": 60,
    "source_mac": "4c:09:d4:c6:12:7b",
    "destination_mac": "5c-cf-7f-05-f2-c6",
    "source": "192.168.2.1",
    "destination": "192.168.2.108",
    "source_port": 443,
    "destination_port": 21074,
    "protocol": "tcp",
}


def table(**columns):
    return pd.DataFrame({name: [value] for name, value in (ROW | columns).items()})


def row(frame):
    return read_packets(frame, on_malformed="ignore").to_frame().iloc[0].to_dict()


def test_a_table_comes_back_in_the_usual_spelling():
    expected = ROW | {"destination_mac": "5c:cf:7f:05:f2:c6"}
    assert row(table()) == expected
    shuffled = table(more="x").iloc[:, ::-1]
    assert row(shuffled) == expected
    assert row(table(source="FE80::0:1", destination="::"))["source"] == "fe80::1"


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_a_table_of_another_library_has_the_same_packets(library):
    frame = pd.concat([table(), table(source_port=None, protocol=None, source=None)])
    columns = {
        name: [None if pd.isna(value) else value for value in frame[name]]
        for name in frame
    }
    other = pytest.importorskip(library)
    given_table = getattr(other, "DataFrame", getattr(other, "table", None))(columns)
    expected = read_packets(frame, on_malformed="ignore").records
    found = read_packets(given_table, on_malformed="ignore").records
    np.testing.assert_array_equal(found, expected)
    assert len(found) == 2


@pytest.mark.parametrize("nothing", ["", None, np.nan, pd.NA])
def test_nothing_is_no_address_and_no_port(nothing):
    found = row(
        table(
            source=nothing, destination=nothing, source_port=nothing, protocol=nothing
        )
    )
    assert found["source"] == ROW["source_mac"]
    assert found["destination"] == "5c:cf:7f:05:f2:c6"
    assert (found["source_port"], found["protocol"]) == (-1, "other")
    no_macs = row(table(source_mac=nothing, destination_mac=nothing))
    assert no_macs["source_mac"] == "00:00:00:00:00:00"


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"source": "192.168.2.256"}, "4c:09:d4:c6:12:7b"),
        ({"source": "fe80::1"}, "4c:09:d4:c6:12:7b"),  # two families
        ({"source": None}, "4c:09:d4:c6:12:7b"),  # one end only
        ({"source_mac": "4c:09"}, "192.168.2.1"),
        ({"source_mac": "zz:09:d4:c6:12:7b"}, "192.168.2.1"),
    ],
)
def test_bad_addresses_are_counted_and_replaced(columns, kept):
    packets = read_packets(table(**columns), on_malformed="ignore")
    assert packets.report.n_malformed == 1
    assert packets.to_frame()["source"][0] == kept


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time": np.nan}, "time=nan of packet 0 must be finite Unix seconds"),
        ({"time": -np.inf}, "time=-inf of packet 0"),
        ({"time": 1e300}, r"time=1e\+300 of packet 0"),
        ({"time": "soon"}, "time='soon' of packet 0 must be finite Unix seconds"),
        ({"time": pd.Timestamp("2020-01-01")}, "time=Timestamp.* must be finite Unix"),
        ({"time": None}, "time=None of packet 0|time=nan of packet 0"),
        ({"length": -1}, "length=-1 of packet 0 must be bytes, 0 or more"),
        ({"length": np.nan}, "length=nan of packet 0 must be bytes"),
        ({"length": 60.7}, r"length=60\.7 of packet 0 must be bytes, a whole number"),
        ({"length": -0.5}, r"length=-0\.5 of packet 0 must be bytes, a whole number"),
        ({"length": "60.7"}, r"length=60\.7 of packet 0 must be bytes"),
        ({"length": np.inf}, "length=inf of packet 0 must be bytes"),
        ({"length": 1e30}, r"length=1e\+30 of packet 0 must be bytes"),
        ({"source_port": 65_536}, "port=65536 must be a whole number from 0 to 65535"),
        ({"destination_port": -2}, "port=-2 must be"),
        ({"source_port": 1.5}, "port=1.5 must be"),
        ({"source_port": "http"}, "port='http' must be"),
        ({"protocol": "quic"}, "protocol='quic' must be one of"),
    ],
)
def test_values_that_cannot_be_are_named(columns, message):
    with pytest.raises(ValueError, match=message):
        read_packets(table(**columns))


def test_missing_and_double_columns_are_named():
    with pytest.raises(ValueError, match=r"lacks the columns \['length', 'protocol'\]"):
        read_packets(table().drop(columns=["protocol", "length"]))
    with pytest.raises(ValueError, match="two columns of one name"):
        read_packets(pd.concat([table(), table()], axis=1))
    assert len(read_packets(table()[:0])) == 0


def fields(**columns):
    names = {
        "eth": ("src", "dst"),
        "ip": ("src", "dst"),
        "tcp": ("srcport", "dstport"),
        "udp": ("srcport", "dstport"),
        "icmp": ("type",),
        "arp": ("opcode", "src.proto_ipv4", "dst.proto_ipv4"),
        "ipv6": ("src", "dst"),
    }
    row = {f"{layer}.{name}": "" for layer in names for name in names[layer]}
    row |= {"frame.time_epoch": "1.5", "frame.len": "60"}
    row |= {name.replace("_", ".", 1): value for name, value in columns.items()}
    return pd.DataFrame({name: [value] for name, value in row.items()})


A, B = "10.0.0.1", "10.0.0.2"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"udp_srcport": "53", "udp_dstport": "9"}, ("udp", A, 53, 9)),
        ({"tcp_srcport": "80,81", "tcp_dstport": "7,8"}, ("tcp", A, 80, 7)),
        ({"icmp_type": "3", "udp_srcport": "53", "udp_dstport": "9"},
         ("icmp", A, -1, -1)),
        ({"icmp_type": "0"}, ("icmp", A, -1, -1)),
        ({}, ("other", A, -1, -1)),
        ({"ip_src": "", "ip_dst": "", "arp_opcode": "1"}, ("arp", "10.0.0.3", -1, -1)),
        ({"ip_src": "", "ip_dst": "", "ipv6_src": "::1", "ipv6_dst": "::"},
         ("other", "::1", -1, -1)),
        ({"ip_src": f"{A},10.9.9.9"}, ("other", A, -1, -1)),
        # An ICMPv6 error: the second header and the ports are of the quoted packet.
        ({"ip_src": "", "ip_dst": "", "ipv6_src": "::1,::2", "ipv6_dst": "::2,::1",
          "udp_srcport": "53", "udp_dstport": "9"}, ("icmpv6", "::1", -1, -1)),
        ({"ip_src": "", "ip_dst": "", "ipv6_src": "::1", "ipv6_dst": "::2",
          "udp_srcport": "53", "udp_dstport": "9"}, ("udp", "::1", 53, 9)),
        ({"ipv6_src": "::1,::2", "ipv6_dst": "::2,::1", "udp_srcport": "53",
          "udp_dstport": "9"}, ("udp", A, 53, 9)),  # carried by UDP over IPv4
    ],
)  # fmt: skip
def test_the_layers_of_tshark(columns, expected):
    given = {"ip_src": A, "ip_dst": B} | columns
    if "arp_opcode" in columns:
        given |= {"arp_src.proto_ipv4": "10.0.0.3", "arp_dst.proto_ipv4": B}
    found = row(fields(**given))
    names = ("protocol", "source", "source_port", "destination_port")
    assert tuple(found[name] for name in names) == expected


@pytest.mark.real_data
def test_a_frame_that_pandas_has_read_gives_the_same_packets(data_dir):
    path = data_dir / "kitsune" / "mirai_benign_head.pcap.tsv.gz"
    # Ports become floats, missing texts NaN, times doubles.
    found = read_packets(pd.read_csv(path, sep="\t")).records
    expected = read_packets(path).records
    np.testing.assert_allclose(found["time"], expected["time"], 0, 5e-7)
    for name in expected.dtype.names[1:]:
        np.testing.assert_array_equal(found[name], expected[name])


@given(time=st.floats(0, 4e9).map(lambda t: round(t, 9)))
def test_text_is_read_to_the_nearest_double(time):
    found = read_packets(fields(**{"frame_time_epoch": f"{time:.9f}"}))
    assert found.records["time"][0] == float(f"{time:.9f}")
