"""The Internet Control Message Protocol; its errors quote other packets.

NOTE[DIFF]: the reference takes the ports of the quoted packet for those of the ICMP
packet where it reads tshark's fields, and not where it reads frames.
"""

from skmirai.packets._protocols._protocol import PacketProtocol

PROTOCOL = PacketProtocol(ip_number=1, told_by="icmp.type", quotes=True)
