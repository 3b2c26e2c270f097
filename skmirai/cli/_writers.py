"""Write pieces of features as CSV, Parquet or NumPy files of any length."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from skmirai.cli._output import text_output
from skmirai.cli._sources import PACKET_COLUMNS, Piece

if TYPE_CHECKING:
    import numpy as np

#: Rows of a group in a Parquet file, which are held in memory.
GROUP_ROWS = 16_384


def write_features(
    pieces: Iterable[Piece], path: Path, form: str, *, with_packets: bool
) -> None:
    """Write features to a file, which appears under its name whole or not at all.

    Parameters
    ----------
    pieces : iterable of Piece
        The features; they are written as they come.
    path : Path
        File to write; one of that name is replaced, at the other end of a link. A
        pipe or a device is written to, as CSV only.
    form : {"parquet", "npy", "csv"}
        Type of the file.
    with_packets : bool
        Whether the columns of the packets come first; not for "npy".

    Raises
    ------
    ImportError
        If PyArrow is needed and not installed.
    OSError
        If the file cannot be written.
    ValueError
        If a file of that name is no regular file, and `form` is not "csv".
    """
    if path.exists() and not path.is_file():
        if form != "csv":
            raise ValueError(
                f"{path} is no regular file: give the name of one, or --format csv, "
                f"since {form} files are not written in one go"
            )
        with text_output(path) as file:
            write_csv(pieces, file, with_packets=with_packets)
        return
    from skmirai.utils._files import replaced, replaced_text, write_npy

    if form == "npy":
        blocks: Iterator[np.ndarray] = (piece.features for piece in pieces)  # type: ignore[misc]
        write_npy(path, blocks)
    elif form == "parquet":
        with replaced(path) as binary:
            _write_parquet(pieces, binary, with_packets)
    else:
        with replaced_text(path) as text:
            write_csv(pieces, text, with_packets=with_packets)


def write_csv(pieces: Iterable[Piece], file: TextIO, *, with_packets: bool) -> None:
    """Write features as text; reading a number gives the same number back.

    Parameters
    ----------
    pieces : iterable of Piece
        The features; each piece is flushed.
    file : TextIO
        Where to write them, after a line of names.
    with_packets : bool
        Whether the columns of the packets come first.
    """
    from skmirai.feature_extraction import FEATURE_NAMES

    header = [*(PACKET_COLUMNS if with_packets else ()), *FEATURE_NAMES]
    for number, (features, packets) in enumerate(pieces):
        if not number:
            file.write(",".join(header) + "\n")
        rows = features.tolist()  # type: ignore[operator]
        if with_packets and packets is not None:
            # Neither addresses nor protocols need quotes.
            texts = zip(*(map(str, packets[c].tolist()) for c in packets), strict=True)
            rows = [[*a, *map(repr, b)] for a, b in zip(texts, rows, strict=True)]
            file.writelines([",".join(row) + "\n" for row in rows])
        else:
            file.writelines([",".join(map(repr, row)) + "\n" for row in rows])
        file.flush()


def check_parquet() -> tuple[Any, Any]:
    """PyArrow and its part for Parquet.

    Returns
    -------
    pyarrow, pyarrow.parquet : modules

    Raises
    ------
    ImportError
        If it is not installed; the message says how to.
    """
    from skmirai.utils import import_optional

    wanted = {"extra": "pcap", "purpose": "Parquet files"}
    parquet = import_optional("pyarrow.parquet", **wanted)
    return import_optional("pyarrow", **wanted), parquet


def _write_parquet(pieces: Iterable[Piece], file: BinaryIO, with_packets: bool) -> None:
    pyarrow, _ = check_parquet()
    write_batches(
        pyarrow.schema(feature_columns(with_packets)), values_of(pieces), file
    )


def feature_columns(with_packets: bool) -> list[tuple[str, Any]]:
    """Name each column of features, and before them of packets, with PyArrow's type."""
    pyarrow, _ = check_parquet()
    from skmirai.feature_extraction import FEATURE_NAMES

    kinds = {"time": pyarrow.float64()}
    kinds |= dict.fromkeys(("source_port", "destination_port"), pyarrow.int32())
    packets = [(name, kinds.get(name, pyarrow.string())) for name in PACKET_COLUMNS]
    features = [(name, pyarrow.float64()) for name in FEATURE_NAMES]
    return packets * with_packets + features


def values_of(pieces: Iterable[Piece]) -> Iterator[list[Any]]:
    """Values of each of these columns, piece by piece."""
    for features, packets in pieces:
        columns = [packets[c] for c in packets] if packets is not None else []
        yield columns + list(features.T)


def write_batches(schema: Any, pieces: Iterable[list[Any]], file: BinaryIO) -> None:
    """Write a Parquet file whose groups are of `GROUP_ROWS` rows or a few more.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns.
    pieces : iterable of list
        Values of each column, for some rows.
    file : BinaryIO
        Where to write.
    """
    pyarrow, parquet = check_parquet()
    waiting: list[Any] = []
    with parquet.ParquetWriter(file, schema) as writer:
        for columns in pieces:
            arrays = [
                pyarrow.array(values, kind)
                for values, kind in zip(columns, schema.types, strict=True)
            ]
            waiting.append(pyarrow.record_batch(arrays, schema=schema))
            if sum(batch.num_rows for batch in waiting) >= GROUP_ROWS:
                writer.write_table(pyarrow.Table.from_batches(waiting))
                waiting.clear()
        if waiting:
            writer.write_table(pyarrow.Table.from_batches(waiting))
