"""The classifier on real traffic: NSL-KDD's own split, and N-BaIoT heads."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skmirai import MiraiDNNClassifier

pytestmark = pytest.mark.real_data


@pytest.mark.slow
def test_nsl_kdd(data_dir):
    """From the training file to the test file, which holds attacks of other kinds."""
    folder = data_dir / "nslkdd"
    names = pd.read_csv(folder / "field_names.csv", header=None)[0].tolist()
    columns = [*names, "attack", "difficulty"]
    train, test = (
        pd.read_csv(folder / file, names=columns)
        for file in ("KDDTrain+_20Percent.txt.gz", "KDDTest+.txt.gz")
    )
    assert (len(train), len(test)) == (25_192, 22_544)
    X, y = train.drop(columns=["attack", "difficulty"]), train["attack"].ne("normal")
    X_test, y_test = test[X.columns], test["attack"].ne("normal")
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encode = make_column_transformer(
        (one_hot, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    clf = MiraiDNNClassifier(
        epochs=5, drop_columns=["num_outbound_cmds"], scaler="quantile", random_state=0
    )
    pipeline = make_pipeline(encode, clf).fit(X, y)
    majority = max(y_test.mean(), 1 - y_test.mean())
    assert majority == pytest.approx(0.569, abs=0.001)
    assert pipeline.score(X_test, y_test) > majority + 0.12
    assert "num_outbound_cmds" in clf.feature_names_in_
    assert clf.model_.input_shape[1] == clf.n_features_in_ - 1

    # what it is unsure of, it gets wrong more often
    sure = clf.predict_uncertainty(
        encode.transform(X_test), n_passes=20, random_state=0
    ).select(coverage=0.5)
    right = pipeline.predict(X_test) == y_test
    assert right[sure].mean() > right[~sure].mean() + 0.1


@pytest.mark.slow
def test_n_baiot(data_dir, feature_names):
    """Four kinds of traffic, 299 rows each; the clock columns are left out."""
    kinds = ["benign_traffic", "doorbell_udp", "scan", "thermostat_udp"]
    tables = [pd.read_csv(data_dir / "nbaiot" / f"{kind}.csv.gz") for kind in kinds]
    X = pd.concat(tables, ignore_index=True)
    y = np.repeat(kinds, 299)
    assert X.columns.tolist() == feature_names
    clf = MiraiDNNClassifier(
        drop_columns=make_column_selector(pattern="^HH_jit"),
        scaler="signed_log",
        epochs=8,
        random_state=0,
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(clf, X, y, cv=folds, error_score="raise")
    assert scores.min() > 0.95


@pytest.fixture(scope="module")
def feature_names(data_dir):
    return (data_dir / "feature_names_115.txt").read_text().split()
