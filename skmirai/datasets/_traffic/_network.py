"""The hosts of the simulated network.

The recorded one is a small home or office network of 14 to 17 devices behind a
gateway that has no way to the internet: its cameras never stop looking for their
servers. No address of the recording is used here.
"""

from typing import Any, NamedTuple

import numpy as np


class Host(NamedTuple):
    """One end of a packet; the numbers may be arrays, one for each packet.

    Attributes
    ----------
    mac : int
        Of the frame: that of the gateway for hosts beyond it.
    low, high : int
        Halves of the address.
    family : {4, 6, 0}
        0 where the MAC is the address.
    """

    mac: Any
    low: Any
    high: Any = 0
    family: int = 4


#: 192.168.7.0/24, with MACs that no maker has (locally administered).
SUBNET = (192 << 24) | (168 << 16) | (7 << 8)
_MACS = 0x02_00_5E_07_00_00

BROADCAST_MAC = 0xFF_FF_FF_FF_FF_FF
GROUP_MAC = 0x01_00_5E_00_00_00


def local(number: int) -> Host:
    """Device with the last byte of its address.

    Parameters
    ----------
    number : int
        1 to 254.

    Returns
    -------
    Host
        In the subnet.
    """
    return Host(_MACS + number, SUBNET + number)


GATEWAY = local(1)
DESKTOP, TERMINAL, SET_TOP_BOX = local(101), local(107), local(103)
THERMOSTAT, DOORBELL = local(104), local(105)
ABSENT = local(106)
#: The first of them finds no server, the second and third find none either and ping
#: the gateway; the fourth gets infected.
CAMERA_1, CAMERA_2, CAMERA_3, CAMERA_4, CAMERA_5 = map(local, (108, 113, 112, 110, 109))
MONITOR, WEBCAM = local(115), local(126)
PLUG_1, PLUG_2, LAMP, MINICOMPUTER, PHONE = map(local, (119, 120, 111, 118, 196))
RECORDER = local(102)

#: The device that the botnet takes, and the one that it is commanded from.
BOT, COMMANDER = CAMERA_4, TERMINAL

#: Hosts that answer on a telnet port, open or closed.
ANSWERING = (GATEWAY, DESKTOP, SET_TOP_BOX, TERMINAL, MINICOMPUTER)

#: Frames of the switch, which have no network layer.
SWITCH = Host(0x02_00_5E_07_FF_01, 0x02_00_5E_07_FF_01, family=0)
BRIDGES, NEIGHBOURS = (
    Host(mac, mac, family=0) for mac in (0x01_80_C2_00_00_00, 0x01_00_0C_CC_CC_CC)
)

BROADCAST = Host(BROADCAST_MAC, 0xFFFFFFFF)
NOBODY = 0  # the address of a device that has none yet
SSDP_GROUP = Host(GROUP_MAC | 0x7F_FF_FA, (239 << 24) | (255 << 16) | (255 << 8) | 250)
MDNS_GROUP = Host(GROUP_MAC | 0xFB, (224 << 24) | 251)

_LINK_LOCAL, _ALL_NODES = 0xFE80 << 48, 0xFF02 << 48
ROUTER = Host(GATEWAY.mac, 1, _LINK_LOCAL, 6)
ALL_NODES = Host(0x33_33_00_00_00_01, 1, _ALL_NODES, 6)


def remote(address: Any) -> Host:
    """Host beyond the gateway.

    Parameters
    ----------
    address : int or ndarray of int
        IPv4 address, or one for each packet.

    Returns
    -------
    Host
        With the MAC of the gateway.
    """
    return Host(GATEWAY.mac, address)


#: Servers of the makers, public resolvers and the victim of the floods: addresses
#: that are set aside for documentation (RFC 5737).
SERVERS = [remote((198 << 24) | (51 << 16) | (100 << 8) | k) for k in range(1, 25)]
RESOLVERS = [remote((203 << 24) | (113 << 8) | k) for k in (53, 54)]
TIME_SERVERS = [remote((192 << 24) | (2 << 8) | k) for k in range(1, 13)]
VICTIM = remote((203 << 24) | (113 << 8) | 200)


def is_local(address: np.ndarray) -> np.ndarray:
    """Whether IPv4 addresses belong to the subnet.

    Parameters
    ----------
    address : ndarray of uint64
        Addresses.

    Returns
    -------
    ndarray of bool
        Of the same shape.
    """
    return address >> np.uint64(8) == np.uint64(SUBNET >> 8)
