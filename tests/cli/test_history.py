"""Packets of sources that have hardly begun get no verdict."""

import numpy as np

from skmirai.feature_extraction import FEATURE_NAMES
from tests.cli.common import table


def test_a_source_without_history_has_no_verdict(
    call, predicted, classifier, model, capture, features
):
    history = features[:, FEATURE_NAMES.index("MI_dir_L0.01_weight")]
    found = predicted(model, capture, "--min-history", 25)
    np.testing.assert_allclose(found["history"], history, rtol=1e-12)
    cold = history < 25
    assert 0 < cold.mean() < 1
    expected = classifier.predict(features).astype(str).astype(object)
    expected[cold] = "not enough history"
    assert found["verdict"].tolist() == expected.tolist()
    anyway = predicted(model, capture)
    np.testing.assert_array_equal(found["probability"], anyway["probability"])
    _, _, err = call("predict", model, capture, "--min-history", 25, "--n-passes", 0)
    assert f"{cold.sum()} x not enough history" in err


def test_the_first_packet_of_a_source_has_none_by_default(call, model, capture):
    found = table(call("predict", model, capture, "--n-passes", 0)[1])
    first = ~found["source"].duplicated()
    assert (found["verdict"][first] == "not enough history").all()
    assert (found["history"][first] == 1).all()


def test_tables_without_that_feature_have_no_history(call, model, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 115)))
    found = table(call("predict", model, tmp_path / "x.npy")[1])
    assert "history" not in found
    assert "not enough history" not in found["verdict"].tolist()
