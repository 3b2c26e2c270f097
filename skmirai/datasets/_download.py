"""Download one file, going on where an interrupted download stopped."""

import http.client
import json
import os
import re
import secrets
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from skmirai.datasets._errors import DownloadError, InvalidDatasetError
from skmirai.utils._files import put_in_place

#: Seconds without a byte after which a connection is given up.
TIMEOUT = 60.0

_CHUNK = 2**18

#: Answers that another try may change.
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class _CutError(Exception):
    """The connection failed or ended early; what has arrived is kept."""


def download(
    url: str,
    path: Path,
    *,
    n_retries: int,
    delay: float,
    exclusive: bool = True,
    remedy: str = "",
) -> None:
    """Download a file; it appears under its name whole or not at all.

    What has arrived is kept in a hidden file beside it. A later try, in this call or
    the next, asks the server for the rest only, if the server named a version of the
    file (ETag or Last-Modified); it begins anew where the version has changed or the
    server knows no ranges.

    Parameters
    ----------
    url : str
        Address of the file.
    path : Path
        File to write.
    n_retries : int
        Tries after the first one, where the connection or the server fails.
    delay : float
        Seconds between two tries.
    exclusive : bool, default=True
        Whether no other process downloads to `path` now: without this certainty a
        download begins anew in a file of its own.
    remedy : str, default=""
        What the reader of an error message should do.

    Raises
    ------
    DownloadError
        If the file cannot be had from the server.
    InvalidDatasetError
        If the server sends a web page in place of the file.
    OSError
        If the file cannot be written.
    """
    part = path.with_name(
        f".{path.name}.part" if exclusive else f".{path.name}.{secrets.token_hex(4)}"
    )
    try:
        for attempt in range(n_retries + 1):
            if attempt:
                time.sleep(delay)
            try:
                _download_once(url, part, path.name, remedy)
                break
            except _CutError as error:
                if attempt == n_retries:
                    raise DownloadError(
                        f"{url} could not be downloaded in {n_retries + 1} "
                        f"{'try' if n_retries == 0 else 'tries'}: {error}; {remedy}"
                    ) from error
        put_in_place(part, path)
        _forget(part)
    finally:
        if not exclusive:
            _forget(part)


def _download_once(url: str, part: Path, name: str, remedy: str) -> None:
    """Ask for what is missing and append it to the part."""
    from tqdm import tqdm

    start, known = _what_is_there(url, part)
    if start and start == known["size"]:  # all has come, but not been renamed
        return
    request = urllib.request.Request(url)
    if start:
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", known["version"])
    with _open(request, part, remedy) as response:
        if response.status == 206 and not _goes_on(response, start, known):
            _forget(part)
            raise _CutError("the server sent another part than the one asked for")
        if response.status != 206:
            start, known = 0, _facts(url, response)
            part.write_bytes(b"")  # before the note: an old part is not of this version
            _note(part).write_text(json.dumps(known), encoding="utf-8")
        with (
            open(part, "ab") as file,
            tqdm(
                desc=name,
                total=known["size"],
                initial=start,
                unit="B",
                unit_scale=True,
                delay=1.0,
                disable=None,
            ) as bar,
        ):
            size = start
            while size != known["size"] and (chunk := _read(response)):
                if not size and chunk.lstrip().startswith(b"<"):
                    _forget(part)
                    raise InvalidDatasetError(
                        f"{url} gave a web page in place of the file (it begins with "
                        f"{chunk[:40]!r}); {remedy}"
                    )
                file.write(chunk)
                bar.update(len(chunk))
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    if known["size"] is not None and size < known["size"]:
        raise _CutError(f"the connection ended after {size} of {known['size']} bytes")


def _open(request: urllib.request.Request, part: Path, remedy: str) -> Any:
    """Open the connection; tell faults that pass from those that stay."""
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # nothing lies behind what has arrived
            _forget(part)
            raise _CutError("the file on the server has become shorter") from error
        if error.code in _TRY_AGAIN:
            raise _CutError(f"HTTP status {error.code} {error.reason}") from error
        raise DownloadError(
            f"{request.full_url}: HTTP status {error.code} {error.reason}; {remedy}"
        ) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise DownloadError(
                f"{request.full_url}: {error.reason}; {remedy}"
            ) from error
        raise _CutError(f"no connection ({error.reason})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"no connection ({error or type(error).__name__})") from error


def _read(response: Any) -> bytes:
    try:
        # Not `read`: it would throw away what came before a connection broke.
        chunk: bytes = response.read1(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"the connection broke ({error})") from error
    return chunk


def _facts(url: str, response: Any) -> dict[str, Any]:
    """Address, version and size of the whole file that a server is sending."""
    version = response.headers.get("ETag") or ""
    if not version or version.startswith("W/"):  # weak: equal bytes are not promised
        version = response.headers.get("Last-Modified") or ""
    size = response.headers.get("Content-Length") or ""
    known = int(size) if size.isdigit() else None
    return {"url": url, "version": version, "size": known}


def _goes_on(response: Any, start: int, known: dict[str, Any]) -> bool:
    """Whether a partial answer is the rest of what is there."""
    extent = re.fullmatch(
        r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range") or ""
    )
    if extent is None or int(extent[1]) != start:
        return False
    if known["size"] is not None and extent[2] not in ("*", str(known["size"])):
        return False
    kind = "ETag" if known["version"].startswith('"') else "Last-Modified"
    return response.headers.get(kind) in (None, known["version"])


def _what_is_there(url: str, part: Path) -> tuple[int, dict[str, Any]]:
    """Bytes that can be kept from before, and what is known of the whole file."""
    try:
        known = json.loads(_note(part).read_text(encoding="utf-8"))
        size = part.stat().st_size
        fits = known["size"] is None or size <= known["size"]
        if known["url"] == url and known["version"] and size and fits:
            return size, known
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, {}


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _forget(part: Path) -> None:
    for path in (part, _note(part)):
        with suppress(OSError):
            path.unlink()
