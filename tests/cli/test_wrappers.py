"""``skmirai predict`` with models that are calibrated or abstain."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier
from skmirai.metrics import predictive_entropy
from skmirai.uncertainty import AbstainingClassifier
from tests.cli.common import SMALL, table


@pytest.fixture(scope="module")
def calibrated(classifier, features, labels):
    frozen = FrozenEstimator(classifier)
    return CalibratedClassifierCV(frozen, method="temperature").fit(features, labels)


def test_calibrated_probabilities(predicted, calibrated, features, capture, tmp_path):
    skmirai.save(calibrated, tmp_path / "m")
    found = predicted(tmp_path / "m", capture, "--n-passes", 20)
    proba = calibrated.predict_proba(features)
    np.testing.assert_allclose(found["probability"], proba[:, 1], rtol=1e-9)
    np.testing.assert_allclose(
        found["predictive_entropy"], predictive_entropy(proba), rtol=1e-6
    )
    network = calibrated.estimator.estimator
    passes = network.predict_uncertainty(features, n_passes=20, random_state=0)
    np.testing.assert_allclose(
        found["mutual_information"], passes.mutual_information, atol=1e-9
    )


def test_calibration_within_a_pipeline(
    predicted, calibrated, features, labels, capture, tmp_path
):
    """The entropy is that of the probabilities that are written."""
    pipe = make_pipeline("passthrough", calibrated)
    model = AbstainingClassifier(FrozenEstimator(pipe), coverage=0.5, random_state=0)
    skmirai.save(model.fit(features, labels), tmp_path / "m")
    found = predicted(tmp_path / "m", capture, "--n-passes", 5)
    np.testing.assert_allclose(
        found["predictive_entropy"],
        predictive_entropy(calibrated.predict_proba(features)),
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    "promise",
    [
        {"coverage": 0.6, "by": "mutual_information"},
        {"max_false_alarm_rate": 0.02, "benign_label": 0},
    ],
    ids=["coverage", "false alarms"],
)
def test_abstentions(
    call, predicted, classifier, features, labels, capture, tmp_path, promise
):
    model = AbstainingClassifier(
        FrozenEstimator(classifier), **promise, n_passes=20, random_state=0
    ).fit(features, labels)
    skmirai.save(model, tmp_path / "m")
    found = predicted(tmp_path / "m", capture, "--n-passes", 20)
    verdict = model.predict(features)
    assert 0 < (verdict == -1).mean() < 1
    np.testing.assert_array_equal(found["verdict"], verdict)
    np.testing.assert_allclose(
        found["probability"], classifier.predict_proba(features)[:, 1], rtol=1e-9
    )
    _, _, err = call("predict", tmp_path / "m", capture, "--min-history", 0)
    assert f"{(verdict == -1).sum()} x -1 (abstained)" in err
    status, _, err = call("predict", tmp_path / "m", capture, "--threshold", 0.5)
    assert status == 1
    assert "abstains by a threshold of its own" in err


def test_text_reaches_the_network_within(call, features, labels, tmp_path):
    """Columns are known through the wrappers, as those of a bare network are."""
    X = pd.DataFrame(features[:, :4], columns=[*"abcd"])
    X["flag"] = np.where(features[:, 0] > np.median(features[:, 0]), "10", "20")
    y = np.where(labels == 1, "attack", "benign")
    for inner in (
        MiraiDNNClassifier(**SMALL),
        make_pipeline("passthrough", MiraiDNNClassifier(**SMALL)),
    ):
        model = AbstainingClassifier(
            FrozenEstimator(inner.fit(X, y)), coverage=0.5, random_state=0
        ).fit(X, y)
        skmirai.save(model, tmp_path / "m")
        X.to_csv(tmp_path / "x.csv", index=False)
        status, out, err = call("predict", tmp_path / "m", tmp_path / "x.csv", "-q")
        assert (status, err) == (0, "")
        found = table(out)
        assert found["verdict"].tolist() == model.predict(X).tolist()
        assert "abstain" in found["verdict"].tolist()


@pytest.mark.slow
def test_novelty_of_the_network_within(
    call, predicted, features, labels, capture, tmp_path
):
    network = MiraiDNNClassifier(**SMALL, novelty_rows=100)
    pipe = make_pipeline(StandardScaler(), network).fit(features, labels)
    model = AbstainingClassifier(FrozenEstimator(pipe), coverage=0.5, random_state=0)
    skmirai.save(model.fit(features, labels), tmp_path / "m")
    found = predicted(tmp_path / "m", capture, "--n-passes", 5)
    expected = network.novelty_score(pipe[:-1].transform(features))
    np.testing.assert_allclose(found["novelty"], expected, rtol=1e-6)
    assert found["novelty"].std() > 0.1


def test_a_pipeline_in_front(call, features, labels, capture, tmp_path):
    abstaining = AbstainingClassifier(
        MiraiDNNClassifier(**SMALL), coverage=0.5, random_state=0
    )
    model = make_pipeline(StandardScaler(), abstaining).fit(features, labels)
    skmirai.save(model, tmp_path / "m")
    given = ("-q", "--min-history", 0)
    status, out, err = call("predict", tmp_path / "m", capture, *given)
    assert (status, err) == (0, "")
    assert table(out)["verdict"].tolist() == model.predict(features).tolist()
