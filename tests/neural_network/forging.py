"""Files of estimators with changed content and right checksums."""

import hashlib
import io
import json
import zipfile

import numpy as np
from hypothesis import strategies as st


def members_of(path):
    """Bytes of the members of a file, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(path, change, compression=zipfile.ZIP_STORED):
    """Rewrite a file with right checksums after a change of its members."""
    members = members_of(path)
    del members["SHA256SUMS"]
    content = json.loads(members["estimator.json"])
    members["estimator.json"] = None
    change(content, members)
    if members.get("estimator.json", b"") is None:
        members["estimator.json"] = json.dumps(content).encode()
    members["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in members.items()
    ).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def npy(array, pickled=False):
    """Bytes of a file of NumPy's."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=pickled)
    return file.getvalue()


def place_of(content, *keys):
    """Name of the member that holds an array of the JSON."""
    for key in keys:
        content = content[key]
    return content["$array"]


def put(*keys, value):
    """Change that sets a value of the JSON."""

    def change(content, members):
        *path, last = keys
        for key in path:
            content = content[key]
        content[last] = value

    return change


def put_array(*keys, array):
    """Change that replaces an array."""

    def change(content, members):
        members[place_of(content, *keys)] = npy(array)

    return change


#: Words by which files tell what JSON has no values for.
TAGS = [
    *("$array", "$estimator", "$dict", "$tuple", "$slice", "$float", "$scalar"),
    *("$objects", "$ufunc", "$activation", "$optimizer", "$schedule"),
    *("$metadata_request", "$sparse_rows", "$spline", "$score_func", "$type"),
    *("$column_selector", "$dtype", "$scalar_type", "class"),
]

#: Any values that JSON has, and any that look like those of files.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TAGS), inner, max_size=1)
    ),
    max_leaves=8,
)


def places(content, path=()):
    """Yield the paths to all values within a value of JSON."""
    if isinstance(content, dict | list):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for key, inner in pairs:
            yield (*path, key)
            yield from places(inner, (*path, key))


def at(content, path):
    """Value at a path within a value of JSON."""
    for key in path:
        content = content[key]
    return content


def assert_names(error, path):
    """Demand that an error names the file and the remedy."""
    assert str(path) in str(error)
    assert "save the estimator again" in str(error)
