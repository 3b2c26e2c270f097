"""Addresses as numbers and as text."""

import ipaddress
from functools import lru_cache

#: Families of addresses: MAC addresses where there is no network layer, IPv4, IPv6.
MAC, IPV4, IPV6 = 0, 4, 6

_LOW = (1 << 64) - 1


def mac_to_int(text: str) -> int:
    """Number of a MAC address; 0 for an empty text.

    Parameters
    ----------
    text : str
        Six bytes in hexadecimal, parted by colons or hyphens, or nothing.

    Returns
    -------
    int
        A number below 2**48.

    Raises
    ------
    ValueError
        If the text is not a MAC address.

    Examples
    --------
    >>> from skmirai.packets._addresses import int_to_mac, mac_to_int
    >>> int_to_mac(mac_to_int("4c:09:d4:c6:12:7b"))
    '4c:09:d4:c6:12:7b'
    """
    if not text:
        return 0
    parts = text.replace("-", ":").split(":")
    if len(parts) != 6 or any(len(part) > 2 for part in parts):
        raise ValueError(f"{text!r} is no MAC address, such as '4c:09:d4:c6:12:7b'")
    return int.from_bytes(bytes(int(part, 16) for part in parts), "big")


def int_to_mac(number: int) -> str:
    """Text of a MAC address, six bytes parted by colons.

    Parameters
    ----------
    number : int
        A number below 2**48.

    Returns
    -------
    str
        Lower case.
    """
    return ":".join(f"{byte:02x}" for byte in int(number).to_bytes(6, "big"))


def address_to_ints(text: str) -> tuple[int, int, int]:
    """Family and number of an IPv4, IPv6 or MAC address.

    Parameters
    ----------
    text : str
        The address.

    Returns
    -------
    family : {0, 4, 6}
        0 is a MAC address.
    high, low : int
        The number in two halves of 64 bits.

    Raises
    ------
    ValueError
        If the text is no address.

    Examples
    --------
    >>> from skmirai.packets._addresses import address_to_ints
    >>> address_to_ints("192.168.2.1"), address_to_ints("fe80::1")
    ((4, 0, 3232236033), (6, 18338657682652659712, 1))
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return MAC, 0, mac_to_int(text)
    number = int(address)
    return address.version, number >> 64, number & _LOW


@lru_cache(maxsize=65_536)
def ints_to_address(family: int, high: int, low: int) -> str:
    """Text of an address, the inverse of ``address_to_ints``.

    Parameters
    ----------
    family : {0, 4, 6}
        0 is a MAC address.
    high, low : int
        The number in two halves of 64 bits.

    Returns
    -------
    str
        The usual short form.
    """
    if family == IPV4:
        return str(ipaddress.IPv4Address(low))
    if family == IPV6:
        return str(ipaddress.IPv6Address(high << 64 | low))
    return int_to_mac(low)
