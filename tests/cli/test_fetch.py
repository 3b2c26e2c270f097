"""``skmirai fetch`` from a local server, a small table in place of the published."""

import gzip
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from skmirai.datasets import _store
from skmirai.datasets._store import Structure


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def url(tmp_path):
    """Address of a folder with a table of 12 rows."""
    folder = tmp_path / "served"
    folder.mkdir()
    rows = [",".join(map(str, [i, *range(i, i + 115)])) for i in range(12)]
    texts = {"Mirai_dataset": "\n".join(rows), "Mirai_labels": "0\n" * 4 + "1\n" * 8}
    for name, text in texts.items():
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_fetch_says_where_the_files_are(call, url, tmp_path, monkeypatch):
    monkeypatch.setattr(_store, "_STRUCTURE", Structure((12, 116), (4, 8)))
    status, out, _ = call("fetch", "--data-home", tmp_path, "--base-url", url)
    assert status == 0
    data, labels, rows = out.splitlines()
    folder = tmp_path / "skmirai" / "kitsune_mirai"
    assert data.split() == ["data", str(folder / "Mirai_data.npy")]
    assert labels.split() == ["labels", str(folder / "Mirai_labels.npy")]
    assert rows == "12 rows of 116 columns: 4 benign (0), 8 attack (1)"
    assert np.load(data.split()[1]).shape == (12, 116)
    # what is there is not asked for again
    _, told, _ = call("fetch", "--data-home", tmp_path, "--json")
    assert f"data    {json.loads(told)['data']}\n" in out
    again = call("fetch", "--data-home", tmp_path, "--base-url", "http://127.0.0.1:9/")
    assert again[:2] == (0, out)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base-url", "ftp://x"], "base_url='ftp://x' must begin with http"),
        (["--base-url", "{url}nowhere/", "--retries", 0], "HTTP status 404"),
        (["--base-url", "{url}"], "expected 121"),  # not the published table
    ],
)
def test_errors(call, url, tmp_path, options, message):
    options = [str(option).replace("{url}", url) for option in options]
    status, out, err = call("fetch", "--data-home", tmp_path, *options)
    assert (status, out) == (1, "")
    assert err.startswith("skmirai: ")
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
