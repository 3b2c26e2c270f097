"""The Transmission Control Protocol."""

from skmirai.packets._protocols._protocol import PacketProtocol

PROTOCOL = PacketProtocol(
    ip_number=6, ports_at=0, tshark_ports=("tcp.srcport", "tcp.dstport")
)
