"""Link types of captures: how a frame begins."""

#: Ways to begin a frame, for the link types of the two capture formats. Numbers above
#: UNKNOWN stand for link types that cannot be read.
ETHERNET, RAW_IP, LOOPBACK, COOKED, COOKED_2, UNKNOWN = range(6)
LINK_TYPES = {
    0: LOOPBACK,
    1: ETHERNET,
    12: RAW_IP,
    14: RAW_IP,
    101: RAW_IP,
    108: LOOPBACK,
    113: COOKED,
    228: RAW_IP,
    229: RAW_IP,
    276: COOKED_2,
}


def unreadable(links: list[int]) -> str:
    """What to do about link types that cannot be read.

    Parameters
    ----------
    links : list of int
        Their numbers.

    Returns
    -------
    str
        A clause of a message.
    """
    return (
        f"link type {', '.join(map(str, links))} cannot be read: expected Ethernet "
        "(1), raw IP (101, 12, 14, 228, 229), Linux cooked (113, 276) or loopback "
        "(0, 108); capture on such an interface, or convert the file with tshark"
    )
