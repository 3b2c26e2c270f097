"""One file of named members with checksums, written whole or not at all."""

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from skmirai.utils._files import replaced, sha256_of

#: Member with a line for each other member, as ``sha256sum --check`` reads them.
_SUMS = "SHA256SUMS"


def write_archive(path: str | os.PathLike[str], members: Mapping[str, bytes]) -> None:
    """Write members to a zip file, which replaces a file that is there.

    The file is written beside its place and then renamed, so that a failure
    leaves the old one. Equal members make equal files, byte for byte.

    Parameters
    ----------
    path : str or path-like
        The file.
    members : mapping of str to bytes
        Contents by name. They are stored as they are, without compression.

    Examples
    --------
    >>> import tempfile
    >>> from skmirai.utils._archive import read_archive, write_archive
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_archive(f"{folder}/a.zip", {"greeting": b"hello"})
    ...     read_archive(f"{folder}/a.zip")
    {'greeting': b'hello'}
    """
    lines = (f"{sha256_of(content)}  {name}\n" for name, content in members.items())
    sums = "".join(lines).encode()
    with replaced(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in {**members, _SUMS: sums}.items():
            info = zipfile.ZipInfo(name)  # of 1980-01-01, not of now
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read and check what :func:`write_archive` wrote.

    Nothing is unpacked to the disk, and no more memory is used than twice the
    size of the file. The checksums tell damage; they do not tell who wrote it.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    dict of str to bytes
        Contents by name.

    Raises
    ------
    ValueError
        If the file is not complete and unchanged.
    """
    data = Path(path).read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("it is not a zip file, or its end is missing")
    try:
        members = stored_members(data)
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # zipfile has one for every kind of damage
        raise ValueError(f"the zip file is damaged ({error})") from error
    sums = members.pop(_SUMS, None)
    if sums is None:
        raise ValueError(f"the member {_SUMS} is missing")
    _check_sums(members, sums)
    return members


def stored_members(data: bytes) -> dict[str, bytes]:
    """Contents of a zip archive of which no member is compressed.

    Sizes are added up before anything is read: the contents are no larger than the
    archive.

    Parameters
    ----------
    data : bytes
        The archive.

    Returns
    -------
    dict of str to bytes
        Contents by name.

    Raises
    ------
    ValueError
        If a member is compressed, two have one name, or sizes contradict each other.
    zipfile.BadZipFile
        If it is damaged, or no archive.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len({info.filename for info in infos}) < len(infos):
            raise ValueError("two members have the same name")
        sizes = f"{sum(i.file_size for i in infos):,} bytes in one of {len(data):,}"
        packed = [i.filename for i in infos if i.compress_type != zipfile.ZIP_STORED]
        if packed:
            raise ValueError(f"the member {packed[0]!r} is compressed: {sizes}")
        if sum(info.file_size for info in infos) > len(data):
            raise ValueError(f"the members are larger than the file: {sizes}")
        return {info.filename: archive.read(info) for info in infos}


def _check_sums(members: Mapping[str, bytes], sums: bytes) -> None:
    expected = {}
    for line in sums.decode("ascii", "replace").splitlines():
        digest, _, name = line.partition("  ")
        expected[name] = digest
    for name in expected.keys() - members.keys():
        raise ValueError(f"the member {name!r} is missing")
    for name, content in members.items():
        if name not in expected:
            raise ValueError(f"the member {name!r} has no checksum")
        if sha256_of(content) != expected[name]:
            raise ValueError(f"the member {name!r} was changed: its checksum differs")
