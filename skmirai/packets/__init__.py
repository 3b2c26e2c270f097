"""Packets from captures: frames, files, readers, addresses and protocols."""

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
]
