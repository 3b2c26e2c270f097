"""ICMP of IPv6; its errors quote other packets."""

import numpy as np
import pandas as pd

from skmirai.packets._protocols._protocol import PacketProtocol
from skmirai.packets._texts import each, is_filled


def _has_a_second_header(fields: pd.DataFrame) -> np.ndarray:
    """Whether a second IPv6 header stands behind the first, and no IPv4 header.

    The files of Kitsune hold no field of ICMPv6. Theirs do not tell an error from a
    tunnel of IPv6 in IPv6; both have no ports, and features do not depend on which it
    is.
    """
    two = each(fields["ipv6.src"], lambda value: "," in str(value), bool)
    return two & ~is_filled(fields["ip.src"])


PROTOCOL = PacketProtocol(ip_number=58, told_by=_has_a_second_header, quotes=True)
