"""A model of the past on later windows: figures by hand, text, and faulty input."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skmirai.datasets import load_unsw_nb15
from skmirai.model_selection import drift_report
from skmirai.utils._page import html_page
from tests.pages import Page

N_ROWS = 1200


def table(turn=0.6, seed=0):
    """Rows of which a feature changes its sign at a share of the time."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N_ROWS)
    X = rng.normal(size=(N_ROWS, 3))
    X[:, 1] += np.where(np.arange(N_ROWS) < turn * N_ROWS, 3, -3) * y
    return X, y, np.arange(N_ROWS) * 10.0


SETTINGS = {"n_windows": 7, "n_resamples": 50, "random_state": 0}


@pytest.fixture(scope="module")
def turned():
    X, y, times = table()
    return drift_report(LogisticRegression(), X, y, times=times, **SETTINGS)


def test_figures_are_those_of_models_fitted_by_hand(turned):
    X, y, times = table()
    found, n_past = turned.to_frame(), 360
    fitted = LogisticRegression().fit(X[:n_past], y[:n_past])
    for k, rows in enumerate(np.array_split(np.arange(n_past, N_ROWS), 7)):
        row = found.loc[k]
        assert (row["start"], row["end"]) == (times[rows[0]], times[rows[-1]])
        assert row["n_rows"] == len(rows)
        assert row["attack_share"] == pytest.approx(y[rows].mean())
        anew = LogisticRegression().fit(X[: rows[0]], y[: rows[0]])
        for model, suffix in ((fitted, ""), (anew, "_retrained")):
            labels, proba = model.predict(X[rows]), model.predict_proba(X[rows])
            for name, value in {
                "accuracy": accuracy_score(y[rows], labels),
                "balanced_accuracy": balanced_accuracy_score(y[rows], labels),
                "roc_auc": roc_auc_score(y[rows], proba[:, 1]),
                "log_loss": log_loss(y[rows], proba),
                "false_alarm_rate": labels[y[rows] == 0].mean(),
                "detection_rate": labels[y[rows] == 1].mean(),
            }.items():
                assert row[f"{name}{suffix}"] == pytest.approx(value), name
        for name in ("accuracy", "balanced_accuracy", "false_alarm_rate"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    labels = fitted.predict(X[n_past:])
    overall = turned.overall.loc["trained once", "balanced_accuracy"]
    assert overall == pytest.approx(balanced_accuracy_score(y[n_past:], labels))
    assert turned.past["n_trained"] == turned.past["n_rows"] == n_past
    gain = turned.overall["balanced_accuracy"]
    assert turned.retraining.score == pytest.approx(
        gain["retrained"] - gain["trained once"]
    )


def test_text_says_what_a_shuffle_hides():
    """Another feature tells the label later: shuffled rows show both of them."""
    rng = np.random.default_rng(0)
    y, later = rng.integers(0, 2, N_ROWS), np.arange(N_ROWS) >= 0.6 * N_ROWS
    X = rng.normal(size=(N_ROWS, 2))
    X[np.arange(N_ROWS), later.astype(int)] += 5 * y
    report = drift_report(
        LogisticRegression(), X, y, times=np.arange(N_ROWS), expanding=False, **SETTINGS
    )
    found = report.to_frame()["balanced_accuracy"]
    text = " ".join(str(report).split())
    assert (
        f"Clearly below the shuffled figure are 4 of 7 windows, the first of them "
        f"window 3 (720 s); the lowest is window {found.idxmin()}, {found.min():.3f}."
    ) in text


def test_text_says_when_it_stops_and_what_moved(turned):
    text = " ".join(str(turned).split())
    found = turned.to_frame()["balanced_accuracy"]
    stop = found.index[found < 0.7][0]
    assert stop == 3
    assert f"falls below that in window {stop} (7,200 s)" in text
    assert "no later window is back" in text
    assert "below the shuffled figure" not in text, "shuffled rows are as confused"
    assert "A shuffled split would have reported" in text
    assert turned.shifts.loc[5].idxmax() == "1"
    assert "what moved most is 1," in text
    html = turned._repr_html_()
    assert "<table" in html
    assert "falls below that in window 3" in html
    Page(html_page("T", html)).check()


def test_without_drift_nothing_is_said_to_fall():
    X, y, times = table(turn=2)
    report = drift_report(
        LogisticRegression(), X, y, times=times, expanding=False, **SETTINGS
    )
    text = " ".join(str(report).split())
    assert "no later window is clearly below" in text
    assert "below the shuffled figure" not in text
    assert "anew" not in text
    assert report.retraining is None
    assert report.to_frame().filter(like="retrained").isna().all(axis=None)
    shuffled, once = (
        report.overall.loc[name, "balanced_accuracy"]
        for name in ("shuffled", "trained once")
    )
    assert abs(shuffled - once) < 0.05
    assert report.to_frame()["domain_auc"].between(0.2, 0.8).all()


def test_training_anew_helps_where_the_past_is_short_of_a_kind():
    """A second kind of attack comes behind the past, by turns with the first."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N_ROWS, 2)), rng.integers(0, 2, N_ROWS)
    rows = np.arange(N_ROWS)
    column = ((rows >= 360) & (rows // 10 % 2 == 1)).astype(int)
    X[rows, column] += 6 * y
    report = drift_report(
        LogisticRegression(C=10), X, y, times=np.arange(N_ROWS), **SETTINGS
    )
    assert report.retraining.low > 0
    assert "to the balanced accuracy: it helps." in " ".join(str(report).split())


@pytest.mark.parametrize("shuffle", [False, True])
def test_rows_need_not_be_in_order(shuffle, turned):
    X, y, times = table()
    rows = (
        np.random.default_rng(1).permutation(N_ROWS) if shuffle else np.arange(N_ROWS)
    )
    found = drift_report(
        LogisticRegression(), X[rows], y[rows], times=times[rows], **SETTINGS
    )
    one, other = (
        report.to_frame().drop(columns=found.to_frame().filter(like="shuffled"))
        for report in (found, turned)
    )
    pd.testing.assert_frame_equal(one, other)
    assert (found.n_back > 0) == shuffle
    assert ("rows were sorted by time" in " ".join(str(found).split())) == shuffle


def test_tables_with_text_and_dates_pass_through():
    X, y, times = table()
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame["proto"] = np.where(np.arange(N_ROWS) < 700, "tcp", "udp")
    codes = OneHotEncoder(handle_unknown="ignore")
    front = make_column_transformer((codes, ["proto"]), remainder="passthrough")
    model = make_pipeline(front, StandardScaler(), LogisticRegression())
    dates = pd.Series(pd.to_datetime(times, unit="s"), index=np.arange(N_ROWS)[::-1])
    names = np.array(["Normal", "attack"])[y]
    report = drift_report(
        model, frame, names, times=dates, window=2000, **SETTINGS | {"n_resamples": 20}
    )
    found = report.to_frame()
    assert isinstance(found["start"].iloc[0], pd.Timestamp)
    assert found["start"].iloc[0] == dates.iloc[360]
    assert (report.estimator, report.benign) == ("LogisticRegression", "Normal")
    assert found["shifted_columns"].iloc[-1].startswith("proto, ")
    assert str(dates.iloc[360]) in str(report)


def test_windows_of_one_class_say_so():
    X, y, times = table(turn=2)
    y[700:900] = 0
    report = drift_report(LinearSVC(), X, y, times=times, **SETTINGS)
    row = report.to_frame().loc[3]
    assert row["lacking"] == "1"
    assert row[["balanced_accuracy", "roc_auc", "detection_rate"]].isna().all()
    assert row[["accuracy", "false_alarm_rate"]].notna().all()
    assert report.to_frame()["log_loss"].isna().all()
    assert "windows lack a class, window 3 class 1" in " ".join(str(report).split())


def test_more_classes_than_the_past_has():
    X, y, times = table(turn=2)
    y[900:] += 2 * (np.arange(300) % 2)
    report = drift_report(LogisticRegression(), X, y, times=times, **SETTINGS)
    found = report.to_frame()
    assert report.benign is None
    assert found[["attack_share", "false_alarm_rate"]].isna().all(axis=None)
    assert found["roc_auc"].isna().all()
    assert "False alarms" not in str(report)


@pytest.mark.slow
def test_results_repeat_side_by_side(turned):
    X, y, times = table()
    # joblib's processes that began without TensorFlow take it for a leak later
    with parallel_config("threading"):
        again = drift_report(
            LogisticRegression(), X, y, times=times, n_jobs=2, **SETTINGS
        )
    pd.testing.assert_frame_equal(again.to_frame(), turned.to_frame())


def test_a_past_of_one_class_names_the_least_that_has_two():
    X, y, times = table()
    y = np.repeat(["benign", "mirai"], [800, 400])
    given = {"times": times, **SETTINGS}
    with pytest.raises(ValueError, match="holds class 'benign' only") as caught:
        drift_report(LogisticRegression(), X, y, **given)
    least = float(str(caught.value).split("train_size=")[2].split()[0])
    assert "'mirai'" in str(caught.value)
    with pytest.raises(ValueError, match="holds class 'benign' only"):
        drift_report(LogisticRegression(), X, y, train_size=800 / N_ROWS, **given)
    report = drift_report(LogisticRegression(), X, y, train_size=least, **given)
    assert report.past["n_rows"] == 801
    y = np.repeat(["benign", "mirai"], [N_ROWS - 1, 1])
    with pytest.raises(ValueError, match="no past with a row behind it has another"):
        drift_report(LogisticRegression(), X, y, **given)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"estimator": Ridge()}, TypeError, r"Ridge\(\) is no classifier"),
        ({"estimator": LogisticRegression}, TypeError, "not its class"),
        ({"times": np.arange(5)}, ValueError, "inconsistent numbers of samples"),
        ({"times": np.r_[np.nan, 1:40]}, ValueError, "times has nan in row 0"),
        ({"times": np.zeros(40)}, ValueError, "all times are 0"),
        ({"y": np.zeros(40, int)}, ValueError, "all rows are of class 0"),
        ({"y": np.linspace(0, 1, 40)}, ValueError, "a target that is continuous"),
        ({"y": [0, 1]}, ValueError, "y has 2 values, but X has 40 rows"),
        ({"n_windows": 29}, ValueError, "n_windows=29 is more than the 28 rows"),
        ({"benign": "normal"}, ValueError, "benign='normal' is no class of y"),
        ({"confidence_level": 2}, ValueError, r"confidence_level=2 must lie"),
        ({"n_resamples": 1}, ValueError, r"n_resamples=1 must be an integer"),
    ],
)
def test_what_cannot_be_reported(changed, error, message):
    given = {
        "estimator": LogisticRegression(),
        "X": np.random.default_rng(0).normal(size=(40, 2)),
        "y": np.tile([0, 1], 20),
        "times": np.arange(40),
    }
    with pytest.raises(error, match=message):
        drift_report(**given | changed)


def test_one_row():
    with pytest.raises(ValueError, match="X has 1 rows"):
        drift_report(LogisticRegression(), np.zeros((1, 1)), [0], times=[0])


def test_too_few_rows_for_a_shuffled_split():
    y = ["a", "b", "c", "d", "c", "d", "a", "b"]
    X = np.arange(8.0).reshape(8, 1)
    with pytest.raises(ValueError, match="2 of 8 rows to train on are too few"):
        drift_report(LogisticRegression(), X, y, times=range(8), n_windows=2)


@pytest.mark.real_data
def test_a_column_that_tells_the_file_is_named(data_dir):
    """Rows without FTP hold 0 in January's file and -1 in that of February."""
    files = [data_dir / "unsw_nb15" / f"raw_sample_{n}.csv.gz" for n in (10_000, 5_000)]
    frame = load_unsw_nb15(files).frame.drop_duplicates(ignore_index=True)
    times = pd.to_datetime(frame["stime"], unit="s")
    X = frame[["sttl", "dload", "ct_ftp_cmd", "sbytes"]]
    report = drift_report(
        DecisionTreeClassifier(max_depth=5, random_state=0),
        X,
        frame["label"],
        times=times,
        expanding=False,
        **SETTINGS | {"n_windows": 10},
    )
    found = report.to_frame()
    february = found[found["start"] > pd.Timestamp("2015-02-01")]
    assert len(february) == 8
    assert february["shifted_columns"].str.startswith("ct_ftp_cmd").all()
    assert (february["domain_auc"] > 0.99).all()
    assert report.domain_auc_past < 0.7
    assert report.n_back > 7_000
