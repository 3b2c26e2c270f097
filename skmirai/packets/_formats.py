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


def may_be_packets(head: bytes, name: str = "the source") -> bool:
    """Whether a source that begins so may hold packets.

    Parameters
    ----------
    head : bytes
        Its first bytes, unpacked; the more, the surer.
    name : str, default="the source"
        Its name, for messages.

    Returns
    -------
    bool
        True for a pcap or pcapng capture and for tshark's fields, and for what is too
        short to tell.

    Raises
    ------
    ValueError
        If it holds packets that cannot be read, those of another link type.

    Examples
    --------
    >>> from skmirai.packets import may_be_packets
    >>> may_be_packets(b"frame.time_epoch"), may_be_packets(b"time,length")
    (True, False)
    """
    return decoder_for(head, name) is not None or may_begin(head)


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
        None if it is of no known type, or takes more bytes to tell.

    Raises
    ------
    ValueError
        If it is of a known type and cannot be read all the same.
    """
    for decoder in FORMATS.values():
        if decoder.fits(head):
            return decoder.begin(head, name)
    return None


def may_begin(head: bytes) -> bool:
    """Whether a source of some type may begin so; True for those that do.

    Parameters
    ----------
    head : bytes
        What has arrived so far.

    Returns
    -------
    bool
        False if no byte that follows can make it one.
    """
    return any(decoder.fits(head) is not False for decoder in FORMATS.values())


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
