"""Tell what a source is by its first bytes."""

from skmirai.packets._decoder import Decoder
from skmirai.packets._pcap import PcapDecoder
from skmirai.packets._pcapng import PcapngDecoder
from skmirai.packets._tsv import TsvDecoder

#: Decoders by the name of their format.
FORMATS: dict[str, type[Decoder]] = {
    "pcap": PcapDecoder,
    "pcapng": PcapngDecoder,
    "tshark": TsvDecoder,
}


def may_be_packets(head: bytes) -> bool:
    """Whether a source that begins so may hold packets that can be read.

    Parameters
    ----------
    head : bytes
        Its first bytes, unpacked; the more, the surer.

    Returns
    -------
    bool
        True for a pcap or pcapng capture and for tshark's fields, and for what is too
        short to tell.

    Examples
    --------
    >>> from skmirai.packets import may_be_packets
    >>> may_be_packets(b"frame.time_epoch"), may_be_packets(b"time,length")
    (True, False)
    """
    return any(decoder.fits(head) is not False for decoder in FORMATS.values())


def decoder_for(head: bytes, name: str) -> Decoder | None:
    """Decoder for the first bytes of a source.

    Parameters
    ----------
    head : bytes
        What has arrived so far.
    name : str
        Name of the source, for messages.

    Returns
    -------
    Decoder or None
        None if it takes more bytes to tell.

    Raises
    ------
    ValueError
        If the type is unknown, or is one of which this source cannot be read.
    """
    for decoder in FORMATS.values():
        if decoder.fits(head):
            return decoder.begin(head, name)
    if not may_be_packets(head):
        raise ValueError(unknown(head, name))
    return None


def unknown(head: bytes, name: str) -> str:
    """What to say of a source that is of no known type, or ends too early to tell.

    Parameters
    ----------
    head : bytes
        Its first bytes.
    name : str
        Its name.

    Returns
    -------
    str
        A message.
    """
    if not head:
        return f"{name} is empty: expected packets"
    return (
        f"{name} begins with {head[:8]!r}: expected a pcap or pcapng capture, or "
        "tshark's fields parted by tabs, from frame.time_epoch on; convert other "
        "captures with 'editcap -F pcap'"
    )
