"""Small files in the form of the UCI repository's, and a server with faults."""

import contextlib
import gzip
import hashlib
import threading
import zlib
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from skmirai.feature_extraction import FEATURE_NAMES


class KitsuneFiles:
    """Text of a table of Kitsune's form, and what Python reads in it."""

    def __init__(self, n_benign=40, n_attack=160, seed=0):
        rng = np.random.default_rng(seed)
        self.n_rows = n_benign + n_attack
        X = rng.lognormal(2, 9, (self.n_rows, 115))
        X[:, ::7] = np.round(X[:, ::7])
        X[:, 5] *= -1
        X[rng.random(X.shape) < 0.1] = 0
        # Numbers as other programs write them: long, short, whole, with exponents.
        forms = ("{!r}", "{:.18e}", "{:.6g}", "{:.0f}", "{:.25f}", "{:+E}")
        self.cells = [
            [str(i), *(forms[(i + j) % 6].format(x) for j, x in enumerate(row))]
            for i, row in enumerate(X.tolist())
        ]
        self.labels = ["0"] * n_benign + ["1"] * n_attack
        self.X = np.array([[float(cell) for cell in row] for row in self.cells])
        self.y = np.repeat([0, 1], [n_benign, n_attack])

    def data(self, *, counter=True, header=False, quote=False, newline="\n"):
        names = ["counter", *FEATURE_NAMES]
        rows = [names, *self.cells] if header else self.cells
        mark = '"{}"'.format if quote else str
        return "".join(
            ",".join(map(mark, row[0 if counter else 1 :])) + newline for row in rows
        )

    def write(self, folder, data=None, labels=None, gz=False):
        """Write both files as UCI names them; without a newline after the labels."""
        texts = {
            "Mirai_dataset.csv": self.data() if data is None else data,
            "Mirai_labels.csv": "\n".join(self.labels) if labels is None else labels,
        }
        for name, text in texts.items():
            raw = text if isinstance(text, bytes) else text.encode()
            if gz:
                (folder / f"{name}.gz").write_bytes(gzip.compress(raw))
            else:
                (folder / name).write_bytes(raw)
        return folder


@pytest.fixture(scope="session")
def kitsune():
    return KitsuneFiles()


class FileServer:
    """A local HTTP server with files, ranges, versions and faults to switch on.

    ``faults`` are met by the requests one after the other: a number is an HTTP
    status, "cut" ends the connection half-way, "wrong part" sends another range
    than the one asked for, "silent" never answers, "stall" stops half-way,
    "stays open" does not end the connection.
    """

    def __init__(self):
        self.files, self.faults = {}, []
        self.ranges, self.sent, self.paths = [], [], []
        self.has_ranges = self.checks_if_range = self.tells_length = True
        self.version, self.more_headers = "etag", {}
        self._released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def headers(self, content):
        digest = f'"{hashlib.md5(content).hexdigest()}"'
        date = formatdate(zlib.crc32(content), usegmt=True)
        return {
            "etag": {"ETag": digest},
            "weak": {"ETag": f"W/{digest}"},
            "date": {"Last-Modified": date},
        }.get(self.version, {})

    def answer(self, request):
        self.paths.append(request.path)
        self.ranges.append(wanted := request.headers["Range"])
        fault = self.faults.pop(0) if self.faults else None
        content = self.files.get(request.path)
        if fault == "silent":
            self._released.wait(60)
            return
        if isinstance(fault, int) or content is None:
            request.send_error(fault if isinstance(fault, int) else 404)
            return
        headers, start = self.headers(content), 0
        if wanted and self.has_ranges:
            same = request.headers["If-Range"] in headers.values()
            if same or not self.checks_if_range:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content) > 0:
            request.send_error(416)
            return
        if start:
            request.send_response(206)
            first = start + (fault == "wrong part")
            extent = f"bytes {first}-{len(content) - 1}/{len(content)}"
            request.send_header("Content-Range", extent)
        else:
            request.send_response(200)
        for name, value in (headers | self.more_headers).items():
            request.send_header(name, value)
        body = content[start:]
        if self.tells_length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if fault in ("cut", "stall"):
            body = body[: len(body) // 2]
        self.sent.append(len(body))
        with contextlib.suppress(OSError):  # the client has seen enough
            request.wfile.write(body)
            request.wfile.flush()
        if fault in ("stall", "stays open"):
            self._released.wait(60)

    def close(self):
        self._released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def file_server():
    server = FileServer()
    yield server
    server.close()
