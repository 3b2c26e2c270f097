"""Packets from captures: frames, files, readers, addresses and protocols."""

# The way of a packet. `_reader` takes bytes as they come, `_gzip` unpacks them, and
# `_formats` tells which decoder they are for. `_pcap` and `_pcapng` have `_scan` find
# the records and `_frames` read, by the tables of `_protocols`, what names a stream;
# `_tsv` has `_tshark` read fields, `_dataframes` reads tables. Both go through
# `_columns`. All end as records of the dtype `PACKET`, in a table of `_packets` with
# the counts of `_report`. `_read_packets` is all of it in one call. `_write_pcap` goes
# the other way.

from skmirai.packets._addresses import ints_to_address
from skmirai.packets._formats import may_be_packets
from skmirai.packets._packets import PACKET, PacketTable
from skmirai.packets._protocols import (
    ARP,
    ICMP,
    ICMPV6,
    OTHER,
    PROTOCOLS,
    TCP,
    UDP,
    PacketProtocol,
    protocol_code,
)
from skmirai.packets._read_packets import read_packets
from skmirai.packets._reader import PacketReader
from skmirai.packets._report import PacketReport, PacketWarning
from skmirai.packets._write_pcap import write_pcap

__all__ = [
    "ARP",
    "ICMP",
    "ICMPV6",
    "OTHER",
    "PACKET",
    "PROTOCOLS",
    "TCP",
    "UDP",
    "PacketProtocol",
    "PacketReader",
    "PacketReport",
    "PacketTable",
    "PacketWarning",
    "ints_to_address",
    "may_be_packets",
    "protocol_code",
    "read_packets",
    "write_pcap",
]
