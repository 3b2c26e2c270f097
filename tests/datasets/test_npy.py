"""NumPy files written piece by piece."""

import numpy as np
import pytest

from skmirai.datasets import _npy
from skmirai.datasets._npy import open_npy, write_npy


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
@pytest.mark.parametrize("shape", [(10,), (10, 3)])
def test_blocks_become_one_array(tmp_path, shape, dtype):
    whole = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    path = tmp_path / "x.npy"
    write_npy(path, (whole[i : i + 4] for i in range(0, 10, 4)), exclusive=True)
    np.save(tmp_path / "y.npy", whole)
    assert path.read_bytes() == (tmp_path / "y.npy").read_bytes()
    assert open_npy(path).dtype == dtype


def test_what_does_not_read_back_does_not_appear(tmp_path, monkeypatch):
    monkeypatch.setattr(_npy, "open_npy", lambda path: np.load(path) + 1)
    with pytest.raises(OSError, match="does not read back as written"):
        write_npy(tmp_path / "x.npy", [np.ones((2, 3))], exclusive=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("exclusive", [True, False])
def test_only_who_is_alone_removes_what_others_left(tmp_path, exclusive):
    left = [tmp_path / ".x[1].npy.ab.part", tmp_path / ".other.npy.ab.part"]
    for path in left:
        path.touch()
    write_npy(tmp_path / "x[1].npy", [np.ones((2, 3))], exclusive=exclusive)
    assert [path.exists() for path in left] == [not exclusive, True]
