"""Files say what wrote them, and those of earlier releases are read."""

import copy
import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import InconsistentVersionWarning

import skmirai
from skmirai.preprocessing import FORMER_SCALERS, QuantileNormalScaler
from tests.neural_network.forging import forged, members_of, put, put_array

DATA = Path(__file__).parent / "data"

#: Three columns of two rows.
ROWS = np.arange(6.0).reshape(2, 3) / 5

#: What the oldest supported scikit-learn says of files of a newer one.
OF_A_NEWER = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.InconsistentVersionWarning"
)


def test_file_says_what_wrote_it(good_file):
    content = json.loads(members_of(good_file)["estimator.json"])
    assert content["written_with"]["skmirai"] == skmirai.__version__
    assert content["written_with"]["scikit-learn"] == sklearn.__version__
    assert content["written_with"]["keras"] == keras.__version__


@OF_A_NEWER
def test_classifier_of_format_1():
    """Its figures are those of the release that wrote the file."""
    clf = skmirai.load(DATA / "classifier_version_1.skmirai")
    rows = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    assert clf.classes_.tolist() == ["attack", "benign"]
    np.testing.assert_allclose(
        clf.predict_proba(rows)[:, 0], [0.5004855872229782, 0.502905017222944]
    )
    found = clf.predict_uncertainty(rows, n_passes=5, random_state=0)
    expected = [1.9190101618882238e-07, 4.617638302506499e-06]
    np.testing.assert_allclose(found.mutual_information, expected, rtol=1e-6)
    assert clf.set_params(warm_start=True).fit(rows, ["attack", "benign"]).n_iter_ == 4


@OF_A_NEWER
def test_pipeline_of_format_2():
    """Its figures are those of the release that wrote the file."""
    pipe = skmirai.load(DATA / "pipeline_version_2.skmirai")
    table = pd.DataFrame({"a": ["x", "y", "z"], "b": [1.0, 2.0, 4.0]})
    np.testing.assert_allclose(
        pipe.predict_proba(table[:2])[:, 0], [0.689844299448733, 0.4999198597604158]
    )
    assert pipe[-1].missing == "error"
    assert pipe.fit(table, ["attack", "benign", "benign"])[-1].n_iter_ == 4


@OF_A_NEWER
def test_regressor_of_format_1(tmp_path):
    path = DATA / "regressor_version_1.skmirai"
    reg = skmirai.load(path)
    expected = [
        [-0.1596121459233839, -0.2821361950388247],
        [-0.4558166325489404, -1.112007113646062],
    ]
    np.testing.assert_allclose(reg.predict(ROWS), expected)
    # files of estimators have the same format today, but for what came later
    reg.save(tmp_path / "again")
    one, other = members_of(path), members_of(tmp_path / "again")
    for members in (one, other):
        del members["SHA256SUMS"]
        members["estimator.json"] = json.loads(members["estimator.json"])
        del members["estimator.json"]["written_with"]
    content = one["estimator.json"]
    content["format_version"] = 5
    content["params"] |= {"categorical_features": "from_dtype", "missing": "error"}
    content["columns"]["encoder"] = None
    assert one == other


@OF_A_NEWER
def test_classifier_with_the_former_quantile_scaler(tmp_path):
    """It predicts as the release that wrote it, and so does what it saves."""
    clf = skmirai.load(DATA / "classifier_former_quantile.skmirai")
    assert clf.scaler == "quantile"
    assert type(clf.pipeline_["scale"]) in FORMER_SCALERS
    clf.save(tmp_path / "again")
    rows = np.array([[0, 1, 2.5], [0, 3, 1], [1, 2, 2], [0, 9, 3.5]])
    expected = [
        *(0.012253996785003487, 0.07533852365675732),
        *(0.31858636519890854, 0.10077333612047075),
    ]
    for loaded in (clf, skmirai.load(tmp_path / "again")):
        np.testing.assert_allclose(loaded.predict_proba(rows)[:, 1], expected)
    continued = copy.deepcopy(clf).set_params(warm_start=True)
    continued.fit(rows, [0, 1, 1, 0])
    assert type(continued.pipeline_["scale"]) in FORMER_SCALERS
    clf.fit(rows, [0, 1, 1, 0])
    assert type(clf.pipeline_["scale"]) is QuantileNormalScaler


def test_pipelines_have_a_later_format(tiny_pipeline, tmp_path):
    """Releases that know none say that they are too old."""
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")
    content = json.loads(members_of(tmp_path / "saved")["estimator.json"])
    assert content["format_version"] == 5
    with pytest.raises(ValueError, match=r"'sklearn.pipeline.Pipeline' is none of"):
        skmirai.load(forged(tmp_path / "saved", put("format_version", value=1)))


def test_error_names_the_versions_that_differ(good_file):
    """A state of another length may be that of another version of Keras."""

    def change(content, members):
        content["written_with"]["keras"] = "3.0.0"
        put_array("network", "ints", array=np.zeros(1, int))(content, members)

    with pytest.raises(ValueError, match=rf"keras 3.0.0, not {keras.__version__}\)"):
        skmirai.load(forged(good_file, change))


def test_other_version_of_scikit_learn_warns(good_file, fitted_classifier, binary):
    forged(good_file, put("written_with", "scikit-learn", value="1.8.0"))
    with pytest.warns(InconsistentVersionWarning, match="1.8.0"):
        again = skmirai.load(good_file)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_checksums_are_those_of_sha256sum(good_file):
    members = members_of(good_file)
    lines = members.pop("SHA256SUMS").decode().splitlines()
    assert lines == [
        f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in members.items()
    ]
