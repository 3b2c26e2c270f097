"""Damaged files: what is read is right, or there is an error."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skmirai
from tests.neural_network.forging import assert_names, members_of


def test_archive_must_be_as_it_was_written(good_file, tmp_path):
    whole = good_file.read_bytes()
    members = members_of(good_file)

    def refused(content, message):
        good_file.write_bytes(content)
        with pytest.raises(ValueError, match=f"good.skmirai.*{message}"):
            skmirai.load(good_file)

    refused(b"", "not a zip file")
    refused(pickle.dumps(members), "not a zip file")
    refused(whole[: len(whole) // 2], "not a zip file, or its end is missing")
    refused(whole[:-1], "not a zip file, or its end is missing")
    changed = whole.replace(b'"epochs": 3', b'"epochs": 4')
    assert changed != whole
    refused(changed, "Bad CRC-32")

    def archive(changes, compression=zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as file:
            for name, data in changes:
                file.writestr(name, data)
        return buffer.getvalue()

    refused(archive(members.items(), zipfile.ZIP_DEFLATED), "is compressed")
    refused(archive([]), "SHA256SUMS is missing")
    less = {k: v for k, v in members.items() if k != "estimator.json"}
    refused(archive(less.items()), "'estimator.json' is missing")
    more = members | {"more": b""}
    refused(archive(more.items()), "'more' has no checksum")
    json_changed = members["estimator.json"].replace(b'"epochs": 3', b'"epochs": 4')
    other = members | {"estimator.json": json_changed}
    refused(archive(other.items()), "was changed: its checksum differs")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive([*members.items(), *members.items()])
    refused(twice, "the same name")
    bomb = archive([("zeros", bytes(10**7))], zipfile.ZIP_DEFLATED)
    refused(bomb, "is compressed")


def loads_right_or_not_at_all(path, content, X, proba):
    path.write_bytes(content)
    try:
        again = skmirai.load(path)
    except ValueError as error:
        assert_names(error, path)
    else:
        np.testing.assert_array_equal(again.predict_proba(X), proba)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_damaged_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "damaged"
    clf.save(path)
    content = bytearray(path.read_bytes())
    place = st.integers(0, len(content) - 1)
    # names, sizes and places of the members are at the end
    place |= st.integers(content.index(b"PK\x01\x02"), len(content) - 1)
    for at in data.draw(st.lists(place, min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    loads_right_or_not_at_all(path, bytes(content), X, proba)


@pytest.mark.slow
@settings(max_examples=100)
@given(data=st.data())
def test_missing_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "cut"
    clf.save(path)
    content = path.read_bytes()
    start, stop = sorted(data.draw(st.integers(0, len(content))) for _ in range(2))
    for rest in (content[:stop], content[start:], content[:start] + content[stop:]):
        loads_right_or_not_at_all(path, rest, X, proba)
