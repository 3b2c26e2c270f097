"""The folder of the fetched Mirai table: filled, checked, remembered."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.datasets._conversion import convert_csv_to_npy, identity
from skmirai.datasets._download import download
from skmirai.datasets._errors import InvalidDatasetError
from skmirai.datasets._table import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE
from skmirai.utils._files import open_npy, sha256, write_text

#: Archive, what it holds, and the NumPy file made of it; the small one first, so that
#: a wrong mirror is found out early.
_FILES = (
    ("Mirai_labels.csv.gz", "labels", "Mirai_labels.npy"),
    ("Mirai_dataset.csv.gz", "features", "Mirai_data.npy"),
)

_RECEIPT = "receipt.json"


@dataclass(frozen=True)
class Structure:
    """What the table must look like: no official checksum of it exists."""

    shape: tuple[int, int] = KITSUNE_MIRAI_SHAPE
    class_counts: tuple[int, int] = KITSUNE_MIRAI_CLASS_COUNTS


_STRUCTURE = Structure()


def read_receipt(folder: Path) -> dict[str, Any]:
    """What was accepted earlier; empty where nothing was."""
    try:
        found = json.loads((folder / _RECEIPT).read_text(encoding="utf-8"))
        for archive, _, array in _FILES:
            for facts in (found["archives"][archive], found["arrays"][array]):
                if not isinstance(facts["sha256"], str) or facts["size"] < 1:
                    return {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(found)


def is_complete(folder: Path) -> bool:
    """Whether both arrays are there, as long as they were when accepted."""
    arrays = read_receipt(folder).get("arrays", {})
    try:
        return bool(arrays) and all(
            (folder / name).stat().st_size == facts["size"]
            for name, facts in arrays.items()
        )
    except OSError:
        return False


def fill(
    folder: Path, base_url: str, n_retries: int, delay: float, exclusive: bool
) -> None:
    """Download, convert, check, and write down what was accepted.

    An archive that somebody else has put there is used, and never removed.
    """
    before = read_receipt(folder)
    receipt: dict[str, Any] = {"archives": {}, "arrays": {}}
    for archive_name, content, array_name in _FILES:
        url = f"{base_url.rstrip('/')}/{archive_name}"
        archive, array = folder / archive_name, folder / array_name
        if _is_intact(array, before):
            receipt["archives"][archive_name] = before["archives"][archive_name]
            receipt["arrays"][array_name] = before["arrays"][array_name]
            continue
        if not archive.exists():
            download(
                url,
                archive,
                n_retries=n_retries,
                delay=delay,
                exclusive=exclusive,
                remedy=(
                    "give base_url= (or set SKMIRAI_UCI_URL) for a mirror, or download "
                    "the files by hand and call load_kitsune_mirai on their folder"
                ),
            )
            _sign(archive, url)
        origin = _origin(archive)
        try:
            convert_csv_to_npy(archive, array, content=content)
            _check(array, content)
        except InvalidDatasetError as error:
            _remove(archive, array)
            raise InvalidDatasetError(
                f"{error} -- "
                + (
                    f"{archive} was there and not downloaded: remove it, and it is"
                    if origin is None
                    else f"what {origin} gives is not the published table; it was "
                    "removed: try again, or give base_url= for a mirror"
                )
            ) from error
        for kind, path in (("archives", archive), ("arrays", array)):
            receipt[kind][path.name] = {
                "sha256": sha256(path),
                "size": path.stat().st_size,
                **({"url": origin or str(path)} if kind == "archives" else {}),
            }
        _compare(before, receipt, archive, array, folder)
    write_text(folder / _RECEIPT, json.dumps(receipt, indent=1) + "\n")
    for archive_name, _, array_name in _FILES:
        _remove(folder / archive_name)
        (folder / f"{array_name}.json").unlink(missing_ok=True)


def _is_intact(array: Path, receipt: dict[str, Any]) -> bool:
    """Whether an array is still the one that was accepted earlier."""
    return (
        bool(receipt)
        and array.is_file()
        and sha256(array) == receipt["arrays"][array.name]["sha256"]
    )


def _check(array: Path, content: str) -> None:
    """Raise an error unless an array has the published form."""
    values = open_npy(array)
    expected = _STRUCTURE
    if content == "features":
        if values.shape != expected.shape:
            raise InvalidDatasetError(
                f"the table has shape {values.shape}, expected {expected.shape}"
            )
    else:
        counts = tuple(int(n) for n in np.bincount(values, minlength=2))
        if counts != expected.class_counts:
            raise InvalidDatasetError(
                f"the labels have {counts[0]} zeros and {counts[1]} ones, expected "
                f"{expected.class_counts[0]} and {expected.class_counts[1]}"
            )


def _compare(
    before: dict[str, Any],
    receipt: dict[str, Any],
    archive: Path,
    array: Path,
    folder: Path,
) -> None:
    """Raise an error if a table differs from the one that was accepted earlier.

    An archive that was packed anew may differ while its table is the same.
    """
    if not before:
        return
    old = before["arrays"][array.name]["sha256"]
    new = receipt["arrays"][array.name]["sha256"]
    if old != new:
        url = receipt["archives"][archive.name]["url"]
        _remove(archive, array)
        raise InvalidDatasetError(
            f"{url} gives a table other than the one accepted earlier: SHA-256 of "
            f"{array.name} is {new}, expected {old}; to accept the new one, remove "
            f"{folder / _RECEIPT}"
        )


def _remove(archive: Path, array: Path | None = None) -> None:
    """Remove an archive if it was downloaded, and what was made of it."""
    if _origin(archive) is not None:
        archive.unlink()
    _signature(archive).unlink(missing_ok=True)
    if array is not None:
        array.unlink(missing_ok=True)
        array.with_name(f"{array.name}.json").unlink(missing_ok=True)


def _signature(archive: Path) -> Path:
    return archive.with_name(f".{archive.name}.json")


def _sign(archive: Path, url: str) -> None:
    """Write down that an archive was downloaded: the process may be killed later."""
    facts = {"url": url, "identity": identity(archive)}
    write_text(_signature(archive), json.dumps(facts))


def _origin(archive: Path) -> str | None:
    """Address that an archive was downloaded from; None if it was not, or changed."""
    try:
        facts = json.loads(_signature(archive).read_text(encoding="utf-8"))
        return str(facts["url"]) if facts["identity"] == identity(archive) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
