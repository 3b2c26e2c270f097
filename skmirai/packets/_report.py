"""What a source of packets held, and what was wrong with it."""

from dataclasses import dataclass, field

import numpy as np

#: Bits of the field ``flags`` of a packet.
SNAPPED, TRUNCATED, MALFORMED, UNTIMED = 1, 2, 4, 8


class PacketWarning(UserWarning):
    """Some frames, or the end of a capture, could not be read in full."""


@dataclass
class PacketReport:
    """Counts of the packets of one source.

    Attributes
    ----------
    n_packets : int
        Packets read. Each gave one row, whatever is counted below.
    n_snapped : int
        Frames of which the capture holds fewer bytes than were sent. This is usual
        and no fault: the length of a packet is the one that was sent.
    n_truncated : int
        Frames that end within the headers that AfterImage needs. What stands before
        the cut is used: length and time always, MACs, addresses and ports if there.
    n_malformed : int
        Frames whose headers contradict themselves (an IPv4 header of 8 bytes, more
        bytes captured than sent), or that are of a link type that cannot be read;
        lines of a table with too few or too many fields.
        What stands before the contradiction is used.
    n_untimed : int
        Frames without a time of their own, which got that of the frame before.
    n_unreadable_bytes : int
        Bytes at the end of the source that could not be read as packets.
    problems : list of str
        One sentence for each unreadable part.
    """

    n_packets: int = 0
    n_snapped: int = 0
    n_truncated: int = 0
    n_malformed: int = 0
    n_untimed: int = 0
    n_unreadable_bytes: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True where nothing is wrong; snapped frames are not wrong."""
        faults = self.n_truncated + self.n_malformed + self.n_untimed
        return not (faults or self.n_unreadable_bytes or self.problems)

    def count(self, flags: np.ndarray) -> None:
        """Add packets by their flags.

        Parameters
        ----------
        flags : ndarray of uint8, shape (n_packets,)
            Bits of each packet.
        """
        counts = np.bincount(flags, minlength=16)
        bits = np.arange(len(counts))
        self.n_packets += len(flags)
        self.n_snapped += int(counts[bits & SNAPPED > 0].sum())
        self.n_truncated += int(counts[bits & TRUNCATED > 0].sum())
        self.n_malformed += int(counts[bits & MALFORMED > 0].sum())
        self.n_untimed += int(counts[bits & UNTIMED > 0].sum())

    def add(self, other: "PacketReport") -> None:
        """Add the counts of another source.

        Parameters
        ----------
        other : PacketReport
            Its counts are added to these.
        """
        for name in ("packets", "snapped", "truncated", "malformed", "untimed"):
            name = f"n_{name}"
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.n_unreadable_bytes += other.n_unreadable_bytes
        self.problems.extend(other.problems)

    def __str__(self) -> str:
        parts = [f"{self.n_packets} packets"]
        for what in ("snapped", "truncated", "malformed", "untimed"):
            if number := getattr(self, f"n_{what}"):
                parts.append(f"{number} {what}")
        if self.n_unreadable_bytes:
            parts.append(f"{self.n_unreadable_bytes} bytes unreadable")
        return "; ".join([", ".join(parts), *self.problems])
