"""Read packets from captures, tables of tshark, and DataFrames."""

from os import fstat, stat
from typing import Any

from tqdm import tqdm

from skmirai.packets._dataframes import packets_from_frame
from skmirai.packets._packets import PacketTable
from skmirai.packets._reader import PacketReader
from skmirai.packets._report import PacketWarning
from skmirai.utils._bars import bar_settings
from skmirai.utils._frames import as_pandas, is_frame
from skmirai.utils._warnings import warn_user


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
        - a DataFrame of pandas or polars, or a ``pyarrow.Table``: of tshark's fields,
          or of the columns of :meth:`PacketTable.to_frame`;
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
    >>> from skmirai.packets import read_packets
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
    elif is_frame(source):
        packets = PacketTable(packets_from_frame(as_pandas(source)))
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
            warn_user(message, PacketWarning)
    return packets


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
        **bar_settings(verbose),
    )
