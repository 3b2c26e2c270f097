"""What is read is what was written, or there is an error."""

import hashlib
import os
import subprocess
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.utils._archive import read_archive, write_archive

MEMBERS = {"a.json": b"{}", "deep/b": bytes(range(256)), "empty": b""}

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)


@given(members=st.dictionaries(NAMES, st.binary(), max_size=4))
def test_round_trip(members, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "archive"
    write_archive(path, members)
    assert read_archive(path) == members


def test_equal_members_make_equal_files(tmp_path):
    for name in "one", "other":
        write_archive(tmp_path / name, MEMBERS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_other_programs_can_read_it(tmp_path):
    write_archive(tmp_path / "archive", MEMBERS)
    with zipfile.ZipFile(tmp_path / "archive") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    for line in (tmp_path / "unpacked" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        content = (tmp_path / "unpacked" / name).read_bytes()
        assert content == MEMBERS[name]
        assert hashlib.sha256(content).hexdigest() == digest


def test_new_file_has_the_usual_permissions(tmp_path):
    write_archive(tmp_path / "archive", MEMBERS)
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("archive", "plain")]
    assert modes[0] == modes[1]


def test_nothing_is_left_of_a_failed_write(tmp_path):
    with pytest.raises(TypeError):
        write_archive(tmp_path / "archive", {"a": b"a", "b": 5})
    assert not [*tmp_path.iterdir()]


def test_every_single_byte_counts_or_does_not_matter(tmp_path):
    path = tmp_path / "archive"
    write_archive(path, MEMBERS)
    whole = path.read_bytes()
    refused = 0
    for at in range(len(whole)):
        for bit in 1, 128:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            try:
                assert read_archive(path) == MEMBERS
            except ValueError:
                refused += 1
    # dates, attributes and versions in the directory do not matter
    assert refused > len(whole)


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "archive"
    write_archive(path, MEMBERS)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="not a zip file, or its end is missing"):
            read_archive(path)


@pytest.mark.parametrize("tool", [["sha256sum", "--check", "--strict", "SHA256SUMS"]])
def test_checksums_are_for_a_usual_tool(tmp_path, tool):
    write_archive(tmp_path / "archive", MEMBERS)
    with zipfile.ZipFile(tmp_path / "archive") as archive:
        archive.extractall(tmp_path)
    try:
        done = subprocess.run(tool, cwd=tmp_path, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {tool[0]} on this machine")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b": OK") == len(MEMBERS)


def test_errors_of_the_system_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_archive(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        read_archive(tmp_path)
    assert os.listdir(tmp_path) == []
