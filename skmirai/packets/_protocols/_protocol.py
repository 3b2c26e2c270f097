"""What the readers must know of a protocol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class PacketProtocol:
    """How packets of a protocol are told, and where their ports stand.

    Parameters
    ----------
    ip_number : int or None, default=None
        Number of the protocol in IP headers, 0 to 255. None is not carried by IP.
    ether_type : int or None, default=None
        Type of the frames of a protocol that stands beside IP. The MACs serve as
        addresses.
    ports_at : int or None, default=None
        Byte of what IP carries at which the source port begins, in two bytes; the
        destination port stands behind it. None has no ports.
    tshark_ports : pair of str or None, default=None
        Fields of tshark with the ports.
    tshark_addresses : pair of str or None, default=None
        Fields of tshark with the addresses of a packet without an IP header.
    told_by : str, callable or None, default=None
        The field of tshark that packets of this protocol have and others lack, or a
        function that takes the fields as a DataFrame and returns True for these
        packets. None is the first of ``tshark_ports``.
    quotes : bool, default=False
        Whether such a packet may carry the head of another one. Tshark lists the
        fields of that one too: this protocol goes before those that do not quote.

    Examples
    --------
    >>> from skmirai.packets import PROTOCOLS, PacketProtocol
    >>> PROTOCOLS["udp"].ip_number, PROTOCOLS["arp"].ether_type
    (17, 2054)
    >>> sctp = PacketProtocol(
    ...     ip_number=132, ports_at=0, tshark_ports=("sctp.srcport", "sctp.dstport")
    ... )
    """

    ip_number: int | None = None
    ether_type: int | None = None
    ports_at: int | None = None
    tshark_ports: tuple[str, str] | None = None
    tshark_addresses: tuple[str, str] | None = None
    told_by: str | Callable[[pd.DataFrame], np.ndarray] | None = None
    quotes: bool = False

    @property
    def sign(self) -> str | Callable[[pd.DataFrame], np.ndarray] | None:
        """The field of tshark, or the function, that tells such packets."""
        ports = self.tshark_ports
        return self.told_by or (ports[0] if ports else None)

    def tshark_fields(self) -> Iterator[str]:
        """Yield the fields of tshark that are read for this protocol."""
        if isinstance(self.told_by, str):
            yield self.told_by
        yield from self.tshark_ports or ()
        yield from self.tshark_addresses or ()
