"""Files of tables with text, gaps and embeddings: forged ones are refused."""

import contextlib
import copy

import numpy as np
import pandas as pd
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
    places,
    put,
    put_array,
)

# -- text and gaps -----------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed():
    """Classifier of a table with two columns of text and two of numbers, and rows."""
    table = pd.DataFrame(
        {
            "proto": ["tcp", "udp", "tcp", "udp", "icmp"] * 4,
            "size": [1.0, np.nan, 3.0, 4.0, 5.0] * 4,
            "state": ["S0", None, "SF", "S0", "SF"] * 4,
            "count": np.arange(20.0),
        }
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, missing="impute", random_state=0)
    return clf.fit(table, [0, 1] * 10), table


ENCODER = ("columns", "encoder", "$estimator")
STATE = (*ENCODER, "state")
ONE_HOT = (*STATE, "one_hot_", "$estimator")


def in_encoder(name, array):
    return put_array(*STATE, name, array=array)


FORGED_TABLES = {
    "no encoder": (put("columns", "encoder", value=None), "takes 2 columns, not 4"),
    "no TableEncoder": (put("columns", "encoder", value=5), "does not take 4 columns"),
    "fewer columns": (put(*STATE, "n_features_in_", value=3), "no mask of 3 columns"),
    "very many columns": (put(*STATE, "n_features_in_", value=10**13), "no mask of"),
    "mask of numbers": (in_encoder("is_categorical_", np.ones(4)), "no mask of 4"),
    "short mask": (in_encoder("is_categorical_", np.ones(2, bool)), "no mask of 4"),
    "all numbers": (
        in_encoder("is_categorical_", np.zeros(4, bool)),
        "does not hold 4 numbers",
    ),
    "NaN": (in_encoder("fill_values_", np.full(2, np.nan)), "does not hold 2 numbers"),
    "long fill": (in_encoder("fill_values_", np.zeros(3)), "does not hold 2 numbers"),
    "indicator 2": (
        in_encoder("indicator_indices_", np.array([2])),
        "no ascending columns of 2",
    ),
    "many indicators": (
        in_encoder("indicator_indices_", np.zeros(1000, int)),
        "no ascending columns of 2",
    ),
    "empty -1": (in_encoder("empty_indices_", np.array([-1])), "no ascending columns"),
    "two indicators": (
        in_encoder("indicator_indices_", np.array([0, 1])),
        "scaler returns other columns|takes",
    ),
    "names": (put(*STATE, "feature_names_in_", value=["a"]), "does not hold 4 names"),
    "attribute": (put(*STATE, "transform", value=1), "is no fitted attribute"),
    "parameter": (
        put(*ENCODER, "params", "missing", value="drop"),
        "'missing' parameter",
    ),
    "no codes": (put(*STATE, "one_hot_", value=None), "does not encode 2 columns"),
    "sparse codes": (
        put(*ONE_HOT, "params", "sparse_output", value=True),
        "does not encode 2 columns",
    ),
    "codes of one": (put(*ONE_HOT, "state", "n_features_in_", value=1), "not encode 2"),
    "very many codes": (
        put(*ONE_HOT, "state", "_n_features_outs", value=[10**12, 3]),
        r"returns 1000000000000 columns for 3 categories",
    ),
    "code 3": (put(*ONE_HOT, "state", "_n_features_outs", value=[2, 3]), "codes of"),
    "scaler": (put("scaler", "scaler", value=None), "have no scaler"),
}


@pytest.mark.parametrize(
    ("change", "message"), FORGED_TABLES.values(), ids=FORGED_TABLES
)
def test_forged_encoders_are_refused(mixed, tmp_path, change, message):
    path = tmp_path / "forged"
    mixed[0].save(path)
    skmirai.load(path)
    with pytest.raises(ValueError, match=f"(?s)forged.*({message})"):
        skmirai.load(forged(path, change))


def test_encoders_of_format_3(mixed, tmp_path):
    """Files of before there were embeddings say nothing about them."""
    mixed[0].save(tmp_path / "saved")

    def change(content, members):
        content["format_version"] = 3
        del content["params"]["embedding_dim"]
        encoder = content["columns"]["encoder"]["$estimator"]
        del encoder["params"]["many_categories"]
        del members[encoder["state"].pop("is_ordinal_")["$array"]]
        assert encoder["state"].pop("ordinal_categories_") == []

    again = skmirai.load(forged(tmp_path / "saved", change))
    assert again.embedding_dim is None
    np.testing.assert_array_equal(
        again.predict_proba(mixed[1]), mixed[0].predict_proba(mixed[1])
    )
    again.save(tmp_path / "saved")
    skmirai.load(tmp_path / "saved")


# -- embeddings --------------------------------------------------------------------


@pytest.fixture(scope="module")
def many():
    """Classifier of a table with a column of 130 categories."""
    hosts = np.arange(1_300) % 130
    table = pd.DataFrame(
        {"host": [f"h{n}" for n in hosts], "size": np.arange(1_300.0), "proto": "tcp"}
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, random_state=0)
    return clf.fit(table, hosts % 2), table


def embeddings(*pairs):
    value = {"$tuple": [{"$tuple": [*pair]} for pair in pairs]}
    return put("network", "embeddings", value=value)


def fewer_categories(content, members):
    state = content["columns"]["encoder"]["$estimator"]["state"]
    shape, values = state["ordinal_categories_"][0]["$objects"]
    shape[0] -= 1
    del values[-1]


FORGED_EMBEDDINGS = {
    "no embeddings": (embeddings(), r"embeddings of \(\) codes.* have \(131,\)"),
    "fewer codes": (embeddings((130, 8)), r"of \(130,\) codes.* have \(131,\)"),
    "more codes": (embeddings((132, 8)), r"of \(132,\) codes.* have \(131,\)"),
    "very many codes": (embeddings((10**12, 8)), "at most 16,777,216"),
    "two": (embeddings((131, 8), (131, 8)), "but its columns have"),
    "huge vectors": (embeddings((131, 10**12)), "more weights than its state"),
    "small vectors": (embeddings((131, 7)), "floats and .* need"),
    "no vectors": (embeddings((131, 0)), "expected two integers"),
    "half a code": (embeddings((131.5, 8)), "expected two integers"),
    "fewer categories": (fewer_categories, r"of \(131,\) codes.* have \(130,\)"),
    "no categories": (
        put(*STATE, "ordinal_categories_", value=[]),
        "does not hold those of 1 columns",
    ),
    "categories of nothing": (
        put(*STATE, "ordinal_categories_", value=[{"$objects": [[130], [None] * 130]}]),
        "does not hold those of 1 columns",
    ),
    "numbers": (
        in_encoder("is_ordinal_", np.array([True, True, False])),
        "no mask of categorical columns",
    ),
    "short mask": (
        in_encoder("is_ordinal_", np.ones(1, bool)),
        "no mask of categorical columns",
    ),
    "one-hot": (
        in_encoder("is_ordinal_", np.zeros(3, bool)),
        "does not hold those of 0 columns",
    ),
    "both": (
        in_encoder("is_ordinal_", np.array([True, False, True])),
        "does not hold those of 2 columns",
    ),
}


@pytest.mark.parametrize(
    ("change", "message"), FORGED_EMBEDDINGS.values(), ids=FORGED_EMBEDDINGS
)
def test_forged_embeddings_are_refused(many, tmp_path, change, message):
    path = tmp_path / "forged"
    many[0].save(path)
    again = skmirai.load(path)
    np.testing.assert_array_equal(again.predict(many[1]), many[0].predict(many[1]))
    with pytest.raises(ValueError, match=f"(?s)forged.*({message})"):
        skmirai.load(forged(path, change))


# -- any values --------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")  # of odd numbers, which are right to be odd
def test_encoders_with_values_from_elsewhere(mixed, many, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "forged"
    clf, table = data.draw(st.sampled_from([mixed, many]))
    clf.save(path)

    def change(content, members):
        known = [*places(content)]
        within = [place for place in known if place[:2] == ENCODER[:2]]
        for _ in range(data.draw(st.integers(1, 3))):
            *keys, last = data.draw(st.sampled_from(within))
            other = data.draw(st.sampled_from(known) | st.none())
            with contextlib.suppress(IndexError, KeyError, TypeError):
                value = data.draw(JSON) if other is None else at(content, other)
                at(content, keys)[last] = copy.deepcopy(value)

    try:
        again = skmirai.load(forged(path, change))
    except ValueError as error:
        assert_names(error, path)
    else:
        with contextlib.suppress(Exception):  # but no crash of the process
            again.predict_proba(table)
