"""A user's script is checked as strictly as its author likes, by two checkers."""

import json
import re
import subprocess
import sys

import pytest

RIGHT = """
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import skmirai
from skmirai import (
    ColumnDropper,
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNEnsembleRegressor,
    MiraiDNNRegressor,
    build_dnn,
    load,
    predict_uncertainty,
    save,
    show_versions,
)
from skmirai.uncertainty import (
    AbstainingClassifier,
    PredictiveUncertainty,
    RegressionUncertainty,
)

X, y = np.zeros((4, 30)), np.array([0, 1, 0, 1])
clf = MiraiDNNClassifier(n_layers=3, n_nodes=(8, 8, 8), dropout_rate=0.1)
assert_type(clf, MiraiDNNClassifier)
assert_type(clf.set_params(epochs=3), MiraiDNNClassifier)
assert_type(clf.fit(X, y), MiraiDNNClassifier)
assert_type(clf.partial_fit(X, y, classes=[0, 1]), MiraiDNNClassifier)
proba: NDArray[np.float64] = clf.predict_proba(X)
label: NDArray[Any] = clf.fit(X, y).predict(X)
assert_type(clf.score(X, y), float)
params = clf.get_params()
assert_type(sorted(params), list[str])
assert_type(clf.evaluate(X, y), dict[str, float])
assert_type(clf.history_, dict[str, list[float]])
assert_type(clf.n_iter_, int)
clf.save(Path("model"))
assert_type(MiraiDNNClassifier.load("model"), MiraiDNNClassifier)
model = load("model")
if isinstance(model, MiraiDNNClassifier):
    assert_type(model, MiraiDNNClassifier)
save(clf, Path("model"))
assert_type(predict_uncertainty(clf, X, n_passes=10), PredictiveUncertainty)

found = clf.predict_uncertainty(X, n_passes=10)
assert_type(found, PredictiveUncertainty)
assert_type(found.mutual_information, NDArray[np.float64])
assert_type(found.confidence, NDArray[np.float64])
assert_type(found.select(coverage=0.8, by="variation_ratio"), NDArray[np.bool_])
assert_type(found.merge(found), PredictiveUncertainty)
spread = MiraiDNNRegressor(epochs=1).fit(X, y).predict_uncertainty(X)
assert_type(spread, RegressionUncertainty)
reg = MiraiDNNRegressor().fit(X, y)
careful = AbstainingClassifier(clf, max_false_alarm_rate=0.01, by="confidence")
assert_type(careful.fit(X, y, groups=y), AbstainingClassifier)
assert_type(careful.predict_abstain(X), NDArray[np.bool_])
assert_type(careful.threshold_, float)
assert_type(predict_uncertainty(reg, X), RegressionUncertainty)
found = predict_uncertainty(object(), X)  # a Pipeline, say
ensemble = MiraiDNNEnsembleClassifier(clf, n_estimators=3, n_jobs=-1)
assert_type(ensemble.fit(X, y), MiraiDNNEnsembleClassifier)
assert_type(ensemble.predict_uncertainty(X), PredictiveUncertainty)
assert_type(predict_uncertainty(ensemble, X), PredictiveUncertainty)
proba = ensemble.predict_proba(X)
mean = MiraiDNNEnsembleRegressor(reg).fit(X, y)
assert_type(mean.predict_uncertainty(X, n_passes=5), RegressionUncertainty)

assert_type(ColumnDropper(columns=2).fit(X), ColumnDropper)
build_dnn(30, n_layers=2, mc_dropout=True).summary()
show_versions()
entropy = skmirai.metrics.predictive_entropy(proba)
assert_type(entropy, NDArray[np.float64])
scaler: object = skmirai.preprocessing.make_scaler("standard")
skmirai.model_selection.param_distributions()
table = skmirai.datasets.make_mirai_traffic(1000)
print(skmirai.__version__, table.data.shape, label, scaler)
"""

#: Every marked line is an error, and no other.
WRONG = """
import skmirai
from skmirai import MiraiCNN  # wrong
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network import build_cnn  # wrong

clf = MiraiDNNClassifier(n_layerz=3)  # wrong
MiraiDNNRegressor(n_layers="three")  # wrong
clf.fit()  # wrong
clf.fit([[0.0]], [0]).predict_proba()  # wrong
found = clf.predict_uncertainty([[0.0]], n_pass=10)  # wrong
found = clf.predict_uncertainty([[0.0]])
found.mutual_informatiom  # wrong
found.select(covrage=0.8)  # wrong
skmirai.metricz  # wrong
skmirai.predict_uncertainty(clf, [[0.0]], n_pass=10)  # wrong
skmirai.save(clf)  # wrong
skmirai.metrics.predictive_entrop  # wrong
skmirai.build_cnn  # wrong
"""


def mypy(folder, names):
    """Return the (file, line) of each error that mypy reports."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *names],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^(\S+?):(\d+): error: (.*)$", done.stdout, flags=re.MULTILINE)
    return {(name, int(line)): text for name, line, text in found}


def pyright(folder, names):
    """Return the (file, line) of each error that pyright reports."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    done = subprocess.run(
        [
            *(sys.executable, "-m", "basedpyright", "--outputjson"),
            *("--pythonpath", sys.executable),
            *names,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(names)
    return {
        (entry["file"].rpartition("/")[2], entry["range"]["start"]["line"] + 1): entry[
            "message"
        ]
        for entry in report["generalDiagnostics"]
        if entry["severity"] == "error"
    }


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_right_code_passes_and_wrong_code_fails(checker, tmp_path):
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    lines = enumerate(WRONG.splitlines(), start=1)
    expected = {("wrong.py", number) for number, text in lines if "# wrong" in text}
    found = checker(tmp_path, ["right.py", "wrong.py"])
    assert found.keys() == expected, found
