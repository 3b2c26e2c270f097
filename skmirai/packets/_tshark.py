"""Packets from the fields that tshark writes."""

import numpy as np
import pandas as pd

from skmirai.packets._columns import addresses, begin_records, enter_addresses, ports
from skmirai.packets._protocols import OTHER, PROTOCOLS
from skmirai.packets._texts import is_filled

#: Fields that must be there; files of Kitsune hold a few more.
TSHARK_COLUMNS = (
    "frame.time_epoch",
    "frame.len",
    "eth.src",
    "eth.dst",
    "ip.src",
    "ip.dst",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "icmp.type",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
    "ipv6.src",
    "ipv6.dst",
)


def tshark_columns() -> tuple[str, ...]:
    """Fields that are read: those that must be there, and those of other protocols.

    Returns
    -------
    tuple of str
        Without doubles.
    """
    fields = (f for protocol in PROTOCOLS.values() for f in protocol.tshark_fields())
    return tuple(dict.fromkeys((*TSHARK_COLUMNS, *fields)))


def packets_from_tshark(frame: pd.DataFrame) -> np.ndarray:
    """Records of packets, of which each field of tshark is a column.

    Parameters
    ----------
    frame : DataFrame of shape (n_packets, n_columns)
        With ``TSHARK_COLUMNS``; fields of other protocols may be missing.

    Returns
    -------
    ndarray of dtype ``PACKET``, shape (n_packets,)
        The packets.

    Raises
    ------
    ValueError
        If a time or a length cannot be one, or a port is none.
    """
    records = begin_records(frame, *TSHARK_COLUMNS[:4])
    records["protocol"] = _protocols(frame)
    for place, end in enumerate(("source", "destination")):
        records[f"{end}_port"] = -1
        for code, protocol in enumerate(PROTOCOLS.values()):
            if protocol.tshark_ports and protocol.tshark_ports[place] in frame:
                found = ports(frame[protocol.tshark_ports[place]])
                own = records["protocol"] == code
                records[f"{end}_port"][own] = found[own]
    ends = []
    for place, name in enumerate(("src", "dst")):
        fields = [f"ip.{name}", f"ipv6.{name}"]
        fields += [
            protocol.tshark_addresses[place]
            for protocol in PROTOCOLS.values()
            if protocol.tshark_addresses
        ]
        ends.append(addresses(*(frame[field] for field in fields if field in frame)))
    enter_addresses(records, *ends)
    return records


def _protocols(frame: pd.DataFrame) -> np.ndarray:
    """Codes of the protocols; those that quote others go first."""
    found = np.full(len(frame), OTHER, np.uint8)
    for code, protocol in sorted(
        enumerate(PROTOCOLS.values()), key=lambda entry: not entry[1].quotes
    ):
        sign = protocol.sign
        if callable(sign):
            own = sign(frame)
        elif sign in frame:
            own = is_filled(frame[sign])
        else:  # no sign, or one that tshark was not asked for
            continue
        found[own & (found == OTHER)] = code
    return found
