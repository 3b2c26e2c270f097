"""Read packets from captures, tables of tshark, and DataFrames."""

import io
import sys
import warnings
from collections.abc import Iterator
from os import PathLike, fstat, stat
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from skmirai.feature_extraction._captures import Decoder
from skmirai.feature_extraction._formats import PIECE, Gzip, body_of, decoder_for
from skmirai.feature_extraction._frame_reader import packets_from_frame
from skmirai.feature_extraction._packets import PACKET, PacketTable
from skmirai.feature_extraction._report import PacketReport, PacketWarning


def read_packets(
    source: Any, *, on_malformed: str = "warn", verbose: bool | str = "auto"
) -> PacketTable:
    """Read all packets of a source.

    Parameters
    ----------
    source : str, PathLike, binary file, DataFrame, PacketTable or PacketReader
        One of

        - a pcap or pcapng file, or tshark's fields parted by tabs (as the files of
          Kitsune hold them, with their header line), or one of these packed by gzip:
          its path, or a binary file that is open. The type is told by the first
          bytes, not by the name;
        - a DataFrame of tshark's fields, or of the columns of
          :meth:`PacketTable.to_frame`;
        - a PacketTable, which comes back as it is;
        - a :class:`PacketReader`, of which the packets are taken that can be read
          now.
    on_malformed : {"warn", "raise", "ignore"}, default="warn"
        What to do about truncated and malformed frames, and about captures that end
        within a packet. All are counted in the report of the table.
    verbose : bool or "auto", default="auto"
        Show progress on standard error: always, never, or, with "auto", where that
        is a terminal and the work takes longer than a second.

    Returns
    -------
    PacketTable
        The packets, in the order of the source.

    Raises
    ------
    ValueError
        If the type of the source or its link type is unknown, it is empty, it lacks
        columns, a time or a length cannot be one, or ``on_malformed="raise"`` has
        found something.
    TypeError
        If the source is no such object.

    Warns
    -----
    PacketWarning
        If frames or the end of the source could not be read in full, with
        ``on_malformed="warn"``.

    Notes
    -----
    Of a frame are read the MACs, VLAN tags, ARP, IPv4, IPv6 with its hop-by-hop,
    routing, fragment, destination options and authentication headers, and the ports
    of TCP and UDP. Not opened are

    - PPPoE and MPLS: no IP addresses, the MACs serve as such;
    - tunnels (IP in IP, GRE and the like): the addresses are the outer ones, without
      ports; what UDP carries (VXLAN, Teredo) has the outer ports;
    - the authentication header behind IPv4, and the Mobility, HIP and Shim6 headers
      of IPv6: the addresses are read, protocol and ports are not.

    A record or block of impossible size ends the reading; the packets before it are
    kept, the bytes from there on counted. Packets of a pcapng interface of another
    link type are malformed; a pcap file of another link type is an error.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.feature_extraction import read_packets
    >>> fields = pd.DataFrame({
    ...     "time": [1540446382.9], "length": 60,
    ...     "source_mac": "5c:cf:7f:05:f2:c6", "destination_mac": "ff:ff:ff:ff:ff:ff",
    ...     "source": "192.168.2.108", "destination": "192.168.2.1",
    ...     "source_port": None, "destination_port": None, "protocol": "arp",
    ... })
    >>> read_packets(fields)
    <PacketTable: 1 packets>
    """
    if isinstance(source, PacketTable):
        packets = source
    elif isinstance(source, pd.DataFrame):
        packets = PacketTable(packets_from_frame(source))
    elif isinstance(source, PacketReader):
        packets = source.read()
    else:
        with PacketReader(source) as reader, _bar(source, verbose) as bar:
            tables = []
            for table in reader:
                tables.append(table)
                bar.update(reader.n_bytes - bar.n)
        packets = PacketTable.concatenate(tables, reader.report)
    if not packets.report.clean:
        message = f"not all could be read: {packets.report}"
        if on_malformed == "raise":
            raise ValueError(
                f"{message}; set on_malformed='warn' to use what could be read"
            )
        if on_malformed == "warn":
            warnings.warn(message, PacketWarning, stacklevel=2)
    return packets


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

    Raises
    ------
    TypeError
        If the source is neither a path nor a file opened in binary mode.

    Notes
    -----
    ``for table in reader`` gives a :class:`PacketTable` for each piece that arrives,
    until the source ends. Use :meth:`read` for a file that grows: a packet that is
    written only in part waits for the next call.

    Examples
    --------
    A capture with one packet, which arrives in two parts:

    >>> import io, struct
    >>> from skmirai.feature_extraction import PacketReader
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
        self.name = (
            str(source) if self._owned else getattr(source, "name", "the stream")
        )
        self.report = PacketReport()
        self.n_bytes = 0
        self._unpack: Any = None
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
        while data := self._more():
            tables.append(self._take(data, report))
        return PacketTable.concatenate(tables, report)

    def __iter__(self) -> Iterator[PacketTable]:
        while data := self._more():
            table = self._take(data, PacketReport())
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
        if self._decoder is None:
            try:
                self._decoder = decoder_for(self._head, self.name, whole=True)
            except ValueError as error:
                if self._unpack is None or self._unpack.ended:
                    raise
                problem = self._unpack.problem or "the packed data end too early"
                raise ValueError(
                    f"{self.name} cannot be unpacked: {problem}"
                ) from error
            records = self._decoder.feed(body_of(self._decoder, self._head))
            report.count(records["flags"])
        else:
            records = np.empty(0, PACKET)
        last, n_bytes, problem = self._decoder.finish()
        report.count(last["flags"])
        report.n_unreadable_bytes = n_bytes
        if self._unpack is not None and not self._unpack.ended:
            problem = f"{problem}; " if problem else ""
            problem += self._unpack.problem or "the packed data end too early"
        if problem:
            report.problems.append(problem)
        self.report.add(report)
        return PacketTable(np.concatenate((records, last)), report)

    def _more(self) -> bytes:
        # A pipe gives what has arrived; read() would wait until the piece is full.
        read = getattr(self._file, "read1", self._file.read)
        data = read(PIECE) or b""
        if isinstance(data, str):
            raise TypeError("the stream gives text: open it in binary mode")
        self.n_bytes += len(data)
        return bytes(data)

    def _take(self, data: bytes, report: PacketReport) -> PacketTable:
        """Decode one piece and count its packets."""
        if self._unpack is None and self.n_bytes == len(data) and data[:1] == b"\x1f":
            self._unpack = Gzip()
        pieces = self._unpack.feed(data) if self._unpack else (data,)
        found = [np.empty(0, PACKET)]
        for piece in pieces:
            if self._decoder is None:
                self._head += piece
                self._decoder = decoder_for(self._head, self.name, whole=False)
                if self._decoder is None:
                    continue
                piece, self._head = body_of(self._decoder, self._head), b""
            found.append(self._decoder.feed(piece))
        records = np.concatenate(found)
        own = PacketReport()
        own.count(records["flags"])
        self.report.add(own)
        report.add(own)
        return PacketTable(records, own)


def progress(verbose: bool | str) -> dict[str, Any]:
    """Settings of a progress bar.

    Parameters
    ----------
    verbose : bool or "auto"
        "auto" shows it on a terminal, after a second.

    Returns
    -------
    dict
        Arguments of ``tqdm``.
    """
    automatic = verbose == "auto"
    return {
        "disable": None if automatic else not verbose,
        "delay": 1.0 if automatic else 0.0,
        "leave": not automatic,
        "file": sys.stderr,
    }


def _bar(source: Any, verbose: bool | str) -> Any:
    try:
        given = hasattr(source, "fileno")
        size = (fstat(source.fileno()) if given else stat(source)).st_size
    except (OSError, ValueError, TypeError):
        size = 0  # of a pipe, or of what is in memory
    return tqdm(
        total=size or None,
        desc="packets",
        unit="B",
        unit_scale=True,
        **progress(verbose),
    )
