"""What a packet's streams are keyed by.

The ends of a packet are chosen as in Kitsune's reference code. The addresses of an ARP
packet are the protocol addresses that it speaks of, those of a frame without IP are
its MACs. A socket is an address and a port; TCP and UDP ports of one number are the
same. ICMP counts as one port, packets without ports (ICMPv6 and later fragments among
them) as another; the sockets of ARP are the MACs of the frame. VLAN tags are no part
of a key.

NOTE[DIFF]: keys are rows of 64-bit words. The reference joins texts without a
separator, and there 10.0.0.1 with port 180 is the same socket as 10.0.0.11 with port
80.

NOTE[DIFF]: channels are keyed by both ends. The reference keeps the sizes of HH for
each source alone, its published files for each channel, as here.
"""

import numpy as np

from skmirai.packets import ARP, ICMP

# Beyond the ports 0 to 65,535; -1 becomes the largest of 32 bits.
_ICMP_PORT = np.uint64(1 << 16)

#: Words of a key of each block.
WORDS = {"MI_dir": 3, "H": 3, "HH": 5, "HpHp": 7}


def stream_keys(records: np.ndarray) -> dict[str, np.ndarray]:
    """Keys of the streams that each packet belongs to.

    Parameters
    ----------
    records : ndarray of dtype ``PACKET``, shape (n_packets,)
        The packets.

    Returns
    -------
    dict of ndarray of uint64, shape (n_packets, n_words)
        For MI_dir and H, the first word is shared by both ends of a channel (the
        family), then two words for the address; MI_dir has the MAC in its first word.
        For HH and HpHp, the first word is shared by both ends; then come the words of
        the source, then as many of the destination.
    """
    family = records["family"].astype(np.uint64)
    source = (records["source_high"], records["source_low"])
    destination = (records["destination_high"], records["destination_low"])
    owner = family << np.uint64(48) | records["source_mac"]

    is_arp = records["protocol"] == ARP
    is_icmp = records["protocol"] == ICMP
    none = np.uint64(0)

    def socket(end: str) -> tuple[np.ndarray, ...]:
        port = records[f"{end}_port"].astype(np.uint32).astype(np.uint64)
        port = np.where(is_icmp, _ICMP_PORT, port)
        return (
            np.where(is_arp, none, records[f"{end}_high"]),
            np.where(is_arp, records[f"{end}_mac"], records[f"{end}_low"]),
            np.where(is_arp, np.uint64(0xFFFFFFFF), port),
        )

    pair_family = np.where(is_arp, none, family)
    return {
        "MI_dir": np.column_stack((owner, *source)),
        "H": np.column_stack((family, *source)),
        "HH": np.column_stack((family, *source, *destination)),
        "HpHp": np.column_stack(
            (pair_family, *socket("source"), *socket("destination"))
        ),
    }
