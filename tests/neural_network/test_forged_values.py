"""Values of any kind in any place of a file: it is read, or the error names it."""

import contextlib
import copy
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skmirai
from skmirai import MiraiDNNClassifier
from tests.neural_network.forging import (
    JSON,
    assert_names,
    at,
    forged,
    members_of,
    npy,
    places,
    put,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_forged_values_never_lead_to_other_errors(tiny, tmp_path_factory, data):
    """Checksums are right here: it is for the decoder to refuse or to cope."""
    clf, *_ = tiny
    path = tmp_path_factory.getbasetemp() / "forged"
    clf.save(path)
    content = json.loads(members_of(path)["estimator.json"])
    parts = ["params", "learned", "columns", "scaler", "network"]
    inner = [[part, name] for part in parts for name in content[part]]
    keys = data.draw(st.sampled_from([*inner, *([name] for name in content)]))
    try:
        again = skmirai.load(forged(path, put(*keys, value=data.draw(JSON))))
    except ValueError as error:
        assert_names(error, path)
    else:
        assert isinstance(again, MiraiDNNClassifier)
        assert again.n_iter_ == len(again.history_["loss"])


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")  # of odd numbers, which are right to be odd
def test_pipelines_with_values_from_elsewhere(tiny_pipeline, tmp_path_factory, data):
    """Right values in wrong places get further than wrong values."""
    pipe, table = tiny_pipeline
    path = tmp_path_factory.getbasetemp() / "forged"
    skmirai.save(pipe, path)

    def change(content, members):
        known = [*places(content)]
        for _ in range(data.draw(st.integers(1, 3))):
            *keys, last = data.draw(st.sampled_from(known))
            other = data.draw(st.sampled_from(known) | st.none())
            with contextlib.suppress(IndexError, KeyError, TypeError):
                # unless an earlier change has removed the place
                value = data.draw(JSON) if other is None else at(content, other)
                at(content, keys)[last] = copy.deepcopy(value)

    try:
        again = skmirai.load(forged(path, change))
    except ValueError as error:
        assert_names(error, path)
    else:
        with contextlib.suppress(Exception):  # but no crash of the process
            again.predict_proba(table)


def in_front(*keys, value):
    """Change of the state of the first transformer of the ColumnTransformer."""

    def change(content, members):
        front = content["params"]["steps"][0]["$tuple"][1]["$estimator"]
        for _, fitted, *_ in (t["$tuple"] for t in front["state"]["transformers_"]):
            state = fitted["$estimator"]["state"]
            if keys[0] in state:
                at(state, keys[:-1])[keys[-1]] = value
                return
        raise AssertionError(f"no transformer has {keys[0]}")

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (in_front("_n_features_outs", 0, value=1), "codes of OneHotEncoder are 0 to"),
        (
            in_front("_drop_idx_after_grouping", "$objects", 1, 0, value=99),
            "codes of OneHotEncoder are 0 to",
        ),
        (
            in_front(
                "components_", "$sparse_rows", 3, value={"$objects": [[1], [10**9]]}
            ),
            "cannot be loaded",
        ),
        (in_front("bsplines_", 0, "$spline", 2, value=99), "cannot be loaded"),
        (in_front("_n_features_outs", value=[]), "cannot be loaded"),
        (
            put(
                "params",
                "steps",
                0,
                "$tuple",
                1,
                "$estimator",
                "params",
                "n_jobs",
                value=10**6,
            ),
            "n_jobs is 1000000; files hold at most 1,024 jobs",
        ),
    ],
)
def test_indices_that_compiled_code_would_trust(
    tiny_pipeline, tmp_path, change, message
):
    path = tmp_path / "forged"
    skmirai.save(tiny_pipeline[0], path)
    skmirai.load(path)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        skmirai.load(forged(path, change))


@pytest.mark.parametrize(
    "forge",
    [
        lambda indices, starts: indices.__setitem__(-1, 10**6),
        lambda indices, starts: indices.__setitem__(0, -1),
        lambda indices, starts: starts.__setitem__(-1, 10**6),
        lambda indices, starts: starts.__setitem__(1, 10**6),
        lambda indices, starts: starts.__setitem__(slice(None), [0, 2, 0]),
    ],
)
def test_indices_of_sparse_arrays(tiny_pipeline, tmp_path, forge):
    path = tmp_path / "forged"
    skmirai.save(tiny_pipeline[0], path)

    def change(content, members):
        packed = next(
            at(content, found)
            for found in places(content)
            if found[-1] == "$sparse_rows"
        )
        names = [packed[place]["$array"] for place in (3, 4)]
        arrays = [
            np.lib.format.read_array(io.BytesIO(members[name])).copy() for name in names
        ]
        forge(*arrays)
        members |= dict(zip(names, map(npy, arrays), strict=True))

    with pytest.raises(ValueError, match="indices of a sparse array of 2 rows"):
        skmirai.load(forged(path, change))
