"""NumPy files written piece by piece."""

import numpy as np
import pytest

from skmirai.utils._files import _npy, open_npy, write_npy


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
@pytest.mark.parametrize("shape", [(10,), (10, 3)])
def test_blocks_become_one_array(tmp_path, shape, dtype):
    whole = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    path = tmp_path / "x.npy"
    write_npy(path, (whole[i : i + 4] for i in range(0, 10, 4)))
    np.save(tmp_path / "y.npy", whole)
    assert path.read_bytes() == (tmp_path / "y.npy").read_bytes()
    assert open_npy(path).dtype == dtype


@pytest.mark.parametrize("damage", ["shape", "last value", "cut"])
def test_what_does_not_read_back_does_not_appear(tmp_path, monkeypatch, damage):
    whole = _npy._write_blocks

    def damaged(file, blocks):
        found = whole(file, blocks)
        end = file.seek(0, 2)
        if damage == "shape":
            file.seek(0)
            _npy._write_header(file, 1, np.ones((2, 3)))
        elif damage == "last value":
            file.seek(end - 8)
            file.write(b"\0" * 8)
        else:
            file.truncate(end - 8)
        return found

    monkeypatch.setattr(_npy, "_write_blocks", damaged)
    with pytest.raises(OSError, match="does not read back as written"):
        write_npy(tmp_path / "x.npy", [np.ones((2, 3))])
    assert not list(tmp_path.iterdir())
