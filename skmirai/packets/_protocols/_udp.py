"""The User Datagram Protocol."""

from skmirai.packets._protocols._protocol import PacketProtocol

PROTOCOL = PacketProtocol(
    ip_number=17, ports_at=0, tshark_ports=("udp.srcport", "udp.dstport")
)
