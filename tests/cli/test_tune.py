"""``skmirai tune`` beside the search that it calls, and its models in predict."""

import re

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.model_selection import BlockedStratifiedKFold, MiraiSearchCV
from tests.cli.common import read_csv, table
from tests.cli.tuning import COLUMNS, DRAWN, FIXED, QUICK, flow_table, trials_of


@pytest.fixture(scope="module")
def flows():
    return flow_table()


def written(flows, folder, ending):
    path = folder / f"flows.{ending}"
    if ending == "parquet":
        flows.to_parquet(path)
    elif ending == "npy":
        flood = flows["label"] == "flood"
        np.save(path, np.column_stack([flows["id"], flood, flows[["length", "rate"]]]))
    else:
        flows.to_csv(path, index=False)
    return path


@pytest.fixture
def csv(flows, tmp_path):
    return written(flows, tmp_path, "csv")


def features(flows):
    """The columns that are learned from, as they are read."""
    X = flows.drop(columns=["id", "label", "capture"])
    return X.assign(retries=pd.to_numeric(X["retries"], errors="coerce"))


def search_of(estimator, cv, scoring, n_trials=4, **options):
    space = skmirai.model_selection.search_distributions()
    return MiraiSearchCV(
        estimator.set_params(epochs=3, random_state=0, **FIXED),
        {name: space[name] for name in DRAWN},
        n_trials=n_trials,
        scoring=scoring,
        cv=cv,
        random_state=0,
        **options,
    )


def scores(results):
    params = [f"param_{name}" for name in [*DRAWN, "epochs"]]
    tests = ["split0_test_score", "split1_test_score", "mean_test_score"]
    columns = ["trial", "pruned", *params, *tests]
    return pd.DataFrame(results)[columns].astype(float)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "npy"])
def test_trials_and_model_are_those_of_the_search(ending, flows, tmp_path, call):
    path = written(flows, tmp_path, ending)
    if ending == "npy":
        columns = ["--target", 1, "--drop", 0]
        known = np.load(path)
        X, y = known[:, [0, 2, 3]], known[:, 1]
        estimator = MiraiDNNClassifier(drop_columns=[0])
    else:
        columns = COLUMNS
        X, y = features(flows), flows["label"].to_numpy(str)
        estimator = MiraiDNNClassifier(missing="impute")
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    search = search_of(estimator, folds, "balanced_accuracy").fit(X, y)
    model, trials = tmp_path / "m.skmirai", tmp_path / "trials.csv"
    status, printed, errors = call(
        "tune", path, *columns, *QUICK, "--n-trials", 4, "-o", trials, "--best", model
    )
    assert (status, errors) == (0, f"{model}: fitted on 120 rows\n")
    pd.testing.assert_frame_equal(
        scores(read_csv(trials)), scores(search.cv_results_), check_exact=True
    )
    proba = search.predict_proba(X)
    np.testing.assert_array_equal(skmirai.load(model).predict_proba(X), proba)
    lines = printed.splitlines()
    trial = search.trials_[search.best_index_].number
    assert lines[0] == (
        f"balanced_accuracy {search.best_score_:.5g}, mean of 2 folds, in trial {trial}"
    )
    defaults = search.cv_results_["mean_test_score"][0]
    assert lines[1] == f"balanced_accuracy {defaults:.5g} of the defaults"
    said = dict(line.strip().split(" = ") for line in lines[2:-2])
    assert said == {name: f"{value}" for name, value in search.best_params_.items()}
    n_pruned = search.cv_results_["pruned"].sum()
    assert lines[-2] == (
        f"4 trials in the study flows: {4 - n_pruned} to the end, {n_pruned} pruned, "
        "0 failed"
    )

    given = ["--drop", 1] if ending == "npy" else []
    status, printed, errors = call("predict", model, path, *given, "--n-passes", 0)
    assert status == 0, errors
    np.testing.assert_allclose(table(printed)["probability"], proba[:, 1], rtol=1e-6)
    assert (table(printed)["verdict"] == search.predict(X)).all()


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("options", "folds"),
    [
        (
            ["--groups", "capture", "--scoring", "neg_log_loss"],
            StratifiedGroupKFold(2, shuffle=True, random_state=0),
        ),
        (["--blocks", "--drop", "capture"], BlockedStratifiedKFold(2)),
        (
            ["--regress", "--drop", "capture"],
            KFold(2, shuffle=True, random_state=0),
        ),
        (["--regress", "--blocks", "--drop", "capture"], KFold(2)),
        (
            ["--regress", "--groups", "capture", "--scoring", "r2"],
            GroupKFold(2, shuffle=True, random_state=0),
        ),
    ],
)
def test_folds_and_scores(options, folds, flows, csv, tmp_path, call):
    given = dict(zip(options, [*options[1:], None], strict=True))
    scoring = given.get("--scoring", "balanced_accuracy")
    X, target, estimator = features(flows), "label", MiraiDNNClassifier()
    if "--regress" in options:
        scoring = given.get("--scoring", "neg_root_mean_squared_error")
        X, target, estimator = X.drop(columns="rate"), "rate", MiraiDNNRegressor()
        options = [*options, "--drop", "label"]
    search = search_of(
        estimator.set_params(missing="impute"), folds, scoring, 2, refit=False
    )
    groups = flows["capture"].to_numpy() if "--groups" in given else None
    search.fit(X, flows[target].to_numpy(), groups=groups)
    status, printed, errors = call(
        *("tune", csv, "--target", target, "--drop", "id"),
        *(*options, *QUICK, "--n-trials", 2, "-o", "-"),
    )
    assert status == 0, errors
    pd.testing.assert_frame_equal(
        scores(table(printed)), scores(search.cv_results_), check_exact=True
    )
    assert errors.startswith(f"{scoring} {search.best_score_:.5g}, mean of 2 folds")


# -- studies that go on ---------------------------------------------------------------


@pytest.fixture
def tuned(csv, call):
    """Call tune on the table in quick trials; the output is the table of trials."""

    def run(*options, path=csv):
        return call("tune", path, *COLUMNS, *QUICK, *options)

    return run


def test_study_goes_on_and_a_finished_one_gives_its_model(tmp_path, tuned):
    kept = ["--storage", tmp_path / "search.journal"]
    _, whole, _ = tuned("--n-trials", 5, "-o", "-")
    _, part, _ = tuned("--n-trials", 2, "-o", "-", *kept)
    _, all_of_it, _ = tuned("--n-trials", 5, "-o", "-", *kept)
    whole, part, all_of_it = (scores(table(text)) for text in (whole, part, all_of_it))
    pd.testing.assert_frame_equal(part, whole[:2], check_exact=True)
    pd.testing.assert_frame_equal(all_of_it, whole, check_exact=True)

    trials = trials_of(kept[1])
    models = [tmp_path / "1.skmirai", tmp_path / "2.skmirai"]
    for n_trials, model in zip((1, 5), models, strict=True):
        status, printed, _ = tuned("--best", model, "--n-trials", n_trials, *kept)
        assert status == 0
        assert "\n5 trials in the study flows: " in printed
        assert "--n-trials goes on; with --best MODEL it writes" in printed
    assert trials_of(kept[1]) == trials
    again = tuned("-o", kept[1], "--force", *kept)
    assert_refused(again, "search.journal is an input of the command")
    assert models[0].read_bytes() == models[1].read_bytes()


def test_studies_of_one_storage_have_names(tmp_path, csv, tuned):
    storage = f"sqlite:///{tmp_path}/search.db"
    other = tmp_path / "others.v2.csv"
    csv.rename(other)
    for options in ([], ["--study", "mine", "--cv", "3"]):
        kept = ["--storage", storage, "--n-trials", 1]
        status, _, errors = tuned(*options, *kept, path=other)
        assert status == 0, errors
    names = optuna.get_all_study_names(storage)
    assert sorted(names) == ["mine", "others"]


def test_another_search_has_another_name(tmp_path, flows, csv, tuned):
    kept = ["--storage", tmp_path / "search.journal", "--n-trials", 1]
    assert tuned(*kept)[0] == 0
    cases = {
        ("--scoring", "roc_auc"): "another scoring",
        ("--random-state", 1): "another estimator",
        ("--set", "dropout_rate=0"): "another estimator",
    }
    for options, words in cases.items():
        assert_refused(tuned(*kept, *options), words, "give another --study")
    flows.assign(length=0.0).to_csv(csv, index=False)
    assert_refused(tuned(*kept), "another data", "give another --study")


def assert_refused(found, *words):
    status, printed, errors = found
    assert (status, printed, errors.count("\n")) == (1, "", 1)
    for each in words:
        assert each in errors


def test_errors_are_one_line(flows, csv, tmp_path, call, tuned):
    def of(*options, target="label"):
        return call("tune", csv, "--target", target, *options)

    for found, words in [
        (of(target="lable"), "has no column 'lable'; its columns are id, length"),
        (of("--drop", "flow"), "has no column 'flow'"),
        (of("--groups", "device"), "has no column 'device'"),
        (of("--groups", "capture", "--cv", 11), "'capture' holds 10 groups, fewer"),
        (of("--groups", "capture", "--blocks"), "two kinds of folds: give one"),
        (of(target="length"), "120 different numbers, which are no classes: name a"),
        (of(target="id"), "predict the number with --regress"),
        (of("--regress"), "column 'label' holds no finite numbers"),
        (of("--cv", 100), "fewer than the 100 folds of --cv: leave them out, join"),
        (of("--scoring", "accurracy"), "no score of scikit-learn, such as accuracy"),
        (of("--scaler", "standart"), "'standart' must be one of standard, quantile"),
        (of("--set", "n_nodes"), "--set 'n_nodes' must be NAME=VALUE"),
        (of("--set", "nodes=3"), "--set nodes: parameters are activation, batch_norm"),
        (of("-o", csv), "is an input of the command"),
        (of("--best", "-"), "a model is no text, give the name of a file"),
        (of("--storage", tmp_path), "is a folder; name a file in it"),
        (of("--storage", csv), "is no journal of Optuna: name another file"),
        (of("--storage", "mysql://me:s3cret@h/d"), "needs the driver 'mysqldb'"),
    ]:
        assert_refused(found, words)
        assert "s3cret" not in found[2]
    broken = ["--set", "n_nodes=-4", "--n-trials", 2]
    words = (
        "All the 4 fits failed. The last error: InvalidParameterError: The 'n_nodes'"
    )
    assert_refused(tuned(*broken), words)


def test_tables_that_cannot_be_learned_from(flows, csv, tuned):
    ones = flows["label"] == "flood"
    for rows, words in [
        (flows.assign(label="flood"), "'label' holds one class, 'flood'"),
        (flows.assign(label=flows["label"].where(ones)), "no value in"),
        (
            pd.concat([flows, flows[:1].assign(label="scan")]),
            "the class 'scan' in 1 of its rows, fewer",
        ),
        (flows[["id", "capture", "label"]], "has no column left to learn from"),
    ]:
        rows.to_csv(csv, index=False)
        assert_refused(tuned(), words)


def test_database_that_cannot_be_reached_keeps_its_password(tuned):
    address = "postgresql://me:s3cret@localhost:1/db"
    found = tuned("--storage", address)
    assert_refused(found, "cannot be opened", "start the database")
    assert "s3cret" not in found[2]


def test_time_ends_a_search(tuned):
    status, printed, _ = tuned("--timeout", 1, "--n-trials", 100_000)
    assert status == 0
    (n_trials,) = re.findall(r"^(\d+) trials in the study", printed, re.MULTILINE)
    assert 0 < int(n_trials) < 100_000


def test_trials_side_by_side(tuned):
    side_by_side, alone = (
        scores(table(tuned("-o", "-", "--n-trials", 6, "--n-jobs", n)[1]))
        for n in (2, 1)
    )
    names = [f"param_{name}" for name in DRAWN]
    assert len(side_by_side) == len(alone) == 6
    pd.testing.assert_frame_equal(side_by_side[names], alone[names], check_exact=True)


def test_interrupt_before_anything_is_found(tuned, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(MiraiSearchCV, "fit", interrupted)
    said = "skmirai: interrupted before a trial had come to its end\n"
    assert tuned() == (130, "", said)
