"""Read packets as they arrive: from files, pipes and growing captures."""

import io
from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np

from skmirai.packets._decoder import Decoder
from skmirai.packets._formats import decoder_for, may_begin, unknown
from skmirai.packets._gzip import PIECE, Gzip, check_packed
from skmirai.packets._packets import PACKET, PacketTable
from skmirai.packets._report import PacketReport
from skmirai.utils._files import escaped


class PacketReader:
    """Read packets as they arrive, from a growing file, a pipe or standard input.

    Parameters
    ----------
    source : str, PathLike or binary file
        A pcap or pcapng capture or tshark's fields, or one of these packed by gzip.

    Attributes
    ----------
    report : PacketReport
        Counts of the packets so far.
    n_bytes : int
        Bytes read so far.
    name : str
        Name of the source, for messages; control characters are escaped.

    Raises
    ------
    TypeError
        If the source is neither a path nor a file opened in binary mode.

    Notes
    -----
    ``for table in reader`` gives a :class:`PacketTable` for each piece that arrives,
    until the source ends. Use :meth:`read` for a file that grows: a packet that is
    written only in part waits for the next call.

    Packed data that hold more than 65,536 packets and one for each of their bytes are
    refused: 200 kB of them could fill 3 GB of memory. A frame and its time take 2
    packed bytes at least, 10 in real captures; only records that are equal to the
    last bit, the time too, take less. Unpacked files have no such limit.

    Examples
    --------
    A capture with one packet, which arrives in two parts:

    >>> import io, struct
    >>> from skmirai.packets import PacketReader
    >>> header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    >>> frame = bytes(60)
    >>> packet = struct.pack("<IIII", 1, 500000, len(frame), len(frame)) + frame
    >>> file = io.BytesIO()
    >>> reader = PacketReader(file)
    >>> for part in (header + packet[:30], packet[30:]):
    ...     place = file.tell()
    ...     _ = file.write(part), file.seek(place)
    ...     print(len(reader.read()))
    0
    1
    """

    def __init__(self, source: Any) -> None:
        self._owned = isinstance(source, (str, PathLike))
        if self._owned:
            self._file = open(source, "rb", buffering=0)  # noqa: SIM115
        elif isinstance(source, io.TextIOBase) or not hasattr(source, "read"):
            raise TypeError(
                f"a source of type {type(source).__name__} cannot be read: expected a "
                "path, a file opened in binary mode, a DataFrame or a PacketTable"
            )
        else:
            self._file = source
        name = source if self._owned else getattr(source, "name", "the stream")
        self.name = escaped(str(name))
        self.report = PacketReport()
        self.n_bytes = 0
        self._unpack: Gzip | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._decoder: Decoder | None = None
        self._head = b""
        self._finished = False

    def __enter__(self) -> "PacketReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, where the reader has opened it."""
        if self._owned:
            self._file.close()

    def read(self) -> PacketTable:
        """Packets up to where the file ends now; the report is that of this call.

        A pipe ends when it is closed: iterate over the reader to have its packets as
        they come.

        Returns
        -------
        PacketTable
            May hold no packets.

        Raises
        ------
        ValueError
            If the source is of no known type.
        """
        report = PacketReport()
        tables = []
        while (table := self._next()) is not None:
            tables.append(table)
            report.add(table.report)
        return PacketTable.concatenate(tables, report)

    def __iter__(self) -> Iterator[PacketTable]:
        while (table := self._next()) is not None:
            if len(table):
                yield table
        table = self.finish()
        if len(table) or not table.report.clean:
            yield table

    def finish(self) -> PacketTable:
        """Say that nothing will follow: what is left over cannot be read.

        Returns
        -------
        PacketTable
            A last packet, where the format allows one without an end.

        Raises
        ------
        ValueError
            If the source was empty, or is of no known type.
        """
        report = PacketReport()
        if self._finished:
            return PacketTable(np.empty(0, PACKET), report)
        self._finished = True
        fault = ""
        if self._unpack is not None and not self._unpack.ended:
            fault = self._unpack.problem or "the packed data end too early"
        if self._decoder is None:
            raise ValueError(
                f"{self.name} cannot be unpacked: {fault}"
                if fault
                else unknown(self._head, self.name)
            )
        records, report.n_unreadable_bytes, problem = self._decoder.finish()
        report.count(records["flags"])
        if problem or fault:
            report.problems.append("; ".join(filter(None, (problem, fault))))
        self.report.add(report)
        return PacketTable(records, report)

    def _next(self) -> PacketTable | None:
        """Packets of the next piece, maybe none; None where the source ends now."""
        while True:
            # Pieces of what was read before wait here, where a caller has stopped.
            for piece in self._pieces:
                return self._decode(piece)
            data = self._more()
            if not data:
                return None
            if self.n_bytes == len(data) and data[:1] == b"\x1f":
                self._unpack = Gzip()
            self._pieces = self._unpack.feed(data) if self._unpack else iter((data,))

    def _more(self) -> bytes:
        # A pipe gives what has arrived; read() would wait until the piece is full.
        read = getattr(self._file, "read1", self._file.read)
        data = read(PIECE) or b""
        if isinstance(data, str):
            raise TypeError("the stream gives text: open it in binary mode")
        self.n_bytes += len(data)
        return bytes(data)

    def _decode(self, piece: bytes) -> PacketTable:
        """Decode one piece and count its packets."""
        if self._decoder is None:
            self._head += piece
            self._decoder = decoder_for(self._head, self.name)
            if self._decoder is None:
                if not may_begin(self._head):
                    raise ValueError(unknown(self._head, self.name))
                return PacketTable(np.empty(0, PACKET))
            piece, self._head = self._head[self._decoder.header_size :], b""
        table = PacketTable(self._decoder.feed(piece))
        self.report.add(table.report)
        if self._unpack is not None:
            check_packed(self.name, self.report.n_packets, self.n_bytes)
        return table
