"""The protocols that packets are told apart by: one file and one entry for each."""

import numpy as np

from skmirai.packets._protocols import _arp, _icmp, _icmpv6, _tcp, _udp
from skmirai.packets._protocols._protocol import PacketProtocol

#: Protocols by name, those of which frames and tshark's fields are told apart. The
#: field ``protocol`` of a packet is a place in this order, so that a new entry goes
#: last; "other" is any other protocol, with or without an IP header.
PROTOCOLS: dict[str, PacketProtocol] = {
    "other": PacketProtocol(),
    "tcp": _tcp.PROTOCOL,
    "udp": _udp.PROTOCOL,
    "icmp": _icmp.PROTOCOL,
    "icmpv6": _icmpv6.PROTOCOL,
    "arp": _arp.PROTOCOL,
}


def protocol_code(name: str) -> int:
    """Place of a protocol in ``PROTOCOLS``, its number in packets.

    Parameters
    ----------
    name : str
        One of ``PROTOCOLS``.

    Returns
    -------
    int
        What the field ``protocol`` holds.

    Raises
    ------
    ValueError
        If there is no such protocol.

    Examples
    --------
    >>> from skmirai.packets import protocol_code
    >>> protocol_code("other"), protocol_code("tcp")
    (0, 1)
    """
    if name not in PROTOCOLS:
        raise ValueError(
            f"protocol={name!r} must be one of {tuple(PROTOCOLS)}: write 'other' "
            "for other protocols"
        )
    return list(PROTOCOLS).index(name)


#: Numbers of protocols in packets.
OTHER, TCP, UDP, ICMP, ICMPV6, ARP = map(
    protocol_code, ("other", "tcp", "udp", "icmp", "icmpv6", "arp")
)


def wire_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What the compiled reading of frames must know of all protocols.

    These are arguments and no constants of the compiled code: its cache does not see
    when another file changes.

    Returns
    -------
    codes : ndarray of uint8, shape (256,)
        Code of each protocol number of IP.
    ports_at : ndarray of int64, shape (256,)
        Byte at which the ports begin, -1 where there are none.
    types : ndarray of int64, shape (n,)
        Types of frames of protocols beside IP.
    type_codes : ndarray of uint8, shape (n,)
        Their codes.
    """
    codes, ports_at = np.zeros(256, np.uint8), np.full(256, -1)
    beside_ip = []
    for code, protocol in enumerate(PROTOCOLS.values()):
        if protocol.ip_number is not None:
            codes[protocol.ip_number] = code
            if protocol.ports_at is not None:
                ports_at[protocol.ip_number] = protocol.ports_at
        if protocol.ether_type is not None:
            beside_ip.append((protocol.ether_type, code))
    types = np.array([kind for kind, _ in beside_ip], np.int64)
    type_codes = np.array([code for _, code in beside_ip], np.uint8)
    return codes, ports_at, types, type_codes
