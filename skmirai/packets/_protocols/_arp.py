"""The Address Resolution Protocol.

Its addresses in a frame are read by ``_frames.py``, beside those of IPv4 and IPv6.
"""

from skmirai.packets._protocols._protocol import PacketProtocol

PROTOCOL = PacketProtocol(
    ether_type=0x0806,
    told_by="arp.opcode",
    tshark_addresses=("arp.src.proto_ipv4", "arp.dst.proto_ipv4"),
)
