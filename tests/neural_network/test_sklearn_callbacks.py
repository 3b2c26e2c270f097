"""scikit-learn's callbacks see every epoch and change nothing."""

import copy
import pickle
import uuid
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._engine.program import Programs
from skmirai.neural_network._keras.network import Network
from tests.neural_network.recorder import N_EPOCHS, NOISY, Recorder

# -- what the hooks see ------------------------------------------------------------


@pytest.mark.slow
def test_order_of_the_hooks(binary):
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY | {"epochs": 2}).set_callbacks(recorder)
    clf.fit(*binary)
    assert recorder.events == [
        "setup",
        "begin fit 0",
        "begin epoch 0",
        "end epoch 0",
        "begin epoch 1",
        "end epoch 1",
        "end fit 0",
        "teardown",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_hooks_get_the_estimator_and_what_fit_was_given(binary, weighted):
    X, y = binary
    frame = pd.DataFrame(X).rename(columns="f{}".format)
    labels = np.array(["benign", "mirai"])[y]
    weight = np.linspace(0, 2, len(y)) if weighted else None
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY, drop_columns=["f0"], validation_fraction=0.2)
    clf.set_callbacks(recorder).fit(frame, labels, weight)
    assert len(recorder.given) == 2 * (N_EPOCHS + 1)
    for estimator, X_seen, y_seen, metadata in recorder.given:
        assert estimator is clf
        assert X_seen is frame
        assert y_seen is labels
        if weighted:
            assert metadata.keys() == {"sample_weight"}
            assert metadata["sample_weight"] is weight
        else:
            assert metadata is None


SETTINGS = {
    "plain": {},
    "validated": {"validation_fraction": 0.25},
    "stopping": {
        "early_stopping": True,
        "n_iter_no_change": 1,
        "validation_fraction": 0.3,
        "learning_rate": 0.1,
    },
    "live network": {"callbacks": [keras.callbacks.TerminateOnNaN()]},
    "live network, stopping": {
        "callbacks": [keras.callbacks.TerminateOnNaN()],
        "early_stopping": True,
        "learning_rate": 0.1,
    },
    "float32": {"dtype": "float32", "optimizer": "sgd", "shuffle": False},
}


#: Each kind of fit for one table at least, the plain and the stopped one for more.
KINDS_OF_FITS = pytest.mark.parametrize(
    ("kind_and_table", "settings"),
    [
        pytest.param(table, SETTINGS[name], id=f"{table}-{name}")
        for table, name in (
            ("binary", "plain"),
            ("multiclass", "plain"),
            ("regression", "plain"),
            ("multiclass", "validated"),
            ("binary", "stopping"),
            ("regression", "stopping"),
            ("binary", "live network"),
            ("multiclass", "live network, stopping"),
            ("regression", "float32"),
        )
    ],
    indirect=["kind_and_table"],
)


@pytest.mark.slow
@KINDS_OF_FITS
def test_copy_after_an_epoch_is_a_fit_of_that_many_epochs(
    kind_and_table, settings, same_state
):
    kind, X, y = kind_and_table
    recorder = Recorder()
    estimator = kind(**NOISY | settings).set_callbacks(recorder).fit(X, y)
    assert len(recorder.copies) == estimator.n_iter_
    for n_epochs, at_epoch in enumerate(recorder.copies, start=1):
        shorter = kind(**NOISY | settings | {"epochs": n_epochs}).fit(X, y)
        same_state(at_epoch, shorter)
        np.testing.assert_array_equal(at_epoch.predict(X), shorter.predict(X))
        assert at_epoch.n_iter_ == shorter.n_iter_ == n_epochs
        assert at_epoch.history_ == shorter.history_
        assert at_epoch.n_parameters_ == shorter.n_parameters_
        assert at_epoch.evaluate(X, y) == shorter.evaluate(X, y)
    same_state(recorder.copies[-1], estimator)


@pytest.mark.slow
def test_early_stopping_goes_back_in_the_copies_too(three_classes):
    """The test above would pass without going back if losses only fell."""
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY | SETTINGS["stopping"] | {"epochs": 12})
    clf.set_callbacks(recorder).fit(*three_classes)
    losses = clf.history_["val_loss"]
    worse = [i for i in range(1, len(losses)) if losses[i] > min(losses[:i])]
    assert worse
    for i in worse:
        best = int(np.argmin(losses[: i + 1]))
        for later, at_best in zip(
            recorder.copies[i].model_.get_weights(),
            recorder.copies[best].model_.get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(later, at_best)


@pytest.mark.parametrize("scoring", ["accuracy", ["accuracy", "neg_log_loss"]])
def test_monitored_scores_are_those_of_shorter_fits(three_classes, scoring):
    X, y = three_classes
    labels = np.array(["benign", "mirai", "scan"])[y]
    monitor = ScoringMonitor(scoring=scoring)
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(monitor).fit(X, labels)
    rows = monitor.get_logs().data
    *epochs, whole = sorted(rows, key=lambda row: -len(row["task_id_path"]))
    assert [row["task_id"] for row in epochs] == list(range(N_EPOCHS))
    for n_epochs, row in enumerate(epochs, start=1):
        shorter = MiraiDNNClassifier(**NOISY | {"epochs": n_epochs}).fit(X, labels)
        assert row["accuracy"] == accuracy_score(labels, shorter.predict(X))
        if isinstance(scoring, list):
            assert row["neg_log_loss"] == -log_loss(labels, shorter.predict_proba(X))
    assert whole["task_name"] == "fit"
    assert whole["accuracy"] == clf.score(X, labels)


@pytest.mark.slow
def test_monitored_scores_of_a_regressor_are_weighted(regression):
    X, y = regression
    weight = np.linspace(0.1, 3, len(y))
    monitor = ScoringMonitor(scoring="r2")
    MiraiDNNRegressor(**NOISY).set_callbacks(monitor).fit(X, y, weight)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    for n_epochs, row in enumerate(rows, start=1):
        shorter = MiraiDNNRegressor(**NOISY | {"epochs": n_epochs}).fit(X, y, weight)
        assert row["r2"] == r2_score(y, shorter.predict(X), sample_weight=weight)


def test_copies_are_independent(binary, same_state):
    X, y = binary
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(recorder).fit(X, y)
    plain = MiraiDNNClassifier(**NOISY).fit(X, y)
    first, second, *_ = recorder.copies
    expected = second.predict_proba(X)
    first.model_.set_weights([0 * w for w in first.model_.get_weights()])
    np.testing.assert_array_equal(second.predict_proba(X), expected)
    same_state(clf, plain)
    clf.model_.set_weights([0 * w for w in clf.model_.get_weights()])
    np.testing.assert_array_equal(second.predict_proba(X), expected)
    again = pickle.loads(pickle.dumps(second.set_callbacks()))
    np.testing.assert_array_equal(again.predict_proba(X), expected)


def test_copy_goes_on_where_the_epoch_ended(binary, same_state):
    X, y = binary
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(recorder).fit(X, y)
    halfway = recorder.copies[1].set_callbacks()
    halfway.set_params(warm_start=True, epochs=N_EPOCHS - 2).fit(X, y)
    same_state(halfway, clf)


def test_copy_after_the_fit_is_independent_too(binary, same_state):
    X, y = binary
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY, warm_start=True).set_callbacks(recorder)
    clf.fit(X, y)
    whole, before = recorder.whole, copy.deepcopy(clf)
    assert vars(whole).keys() >= vars(clf).keys()
    clf.fit(X, y)
    clf.model_.set_weights([0 * w for w in clf.model_.get_weights()])
    same_state(whole, before)
    assert whole.n_iter_ == N_EPOCHS


def test_batches_of_keras_loop_are_followed(binary, batch_watcher, same_state):
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY, callbacks=batch_watcher)
    clf.set_callbacks(recorder).fit(*binary)
    assert clf.callbacks_[0].n_batches == N_EPOCHS * 5
    assert len(recorder.copies) == N_EPOCHS
    same_state(recorder.copies[-1], clf)
    assert recorder.copies[0].evaluate(*binary) != clf.evaluate(*binary)


def test_epoch_that_ends_in_nan_is_taken_back_first(regression, warns, same_state):
    X, y = regression
    recorder = Recorder()
    reg = MiraiDNNRegressor(**NOISY | {"optimizer": "sgd", "learning_rate": 1e30})
    with warns(UserWarning, "Training stopped in epoch"):
        reg.set_params(dtype="float64", batch_norm=False)
        reg.set_callbacks(recorder).fit(X, y)
    assert len(recorder.copies) == reg.n_iter_
    assert np.isfinite(recorder.copies[-1].predict(X)).all()
    same_state(recorder.copies[-1], reg)


def test_warm_start_counts_on(binary, same_state):
    X, y = binary
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY, warm_start=True).fit(X, y)
    clf.set_callbacks(recorder).fit(X, y)
    assert [at_epoch.n_iter_ for at_epoch in recorder.copies] == [5, 6, 7, 8]
    for n_epochs, at_epoch in enumerate(recorder.copies, start=N_EPOCHS + 1):
        once = MiraiDNNClassifier(**NOISY | {"epochs": n_epochs}).fit(X, y)
        same_state(at_epoch, once)


def test_partial_fit_is_a_task_without_subtasks(binary, same_state):
    X, y = binary
    recorder, plain = Recorder(), MiraiDNNClassifier(**NOISY)
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(recorder)
    for rows in (slice(0, 60), slice(60, None)):
        for estimator in (clf, plain):
            estimator.partial_fit(X[rows], y[rows], classes=[0, 1])
    assert recorder.events == ["setup", "begin fit 0", "end fit 0", "teardown"] * 2
    same_state(clf, plain)


# -- what they may not change ------------------------------------------------------


@pytest.mark.slow(after=2)
@KINDS_OF_FITS
def test_fit_is_the_same_with_and_without(kind_and_table, settings, same_state):
    kind, X, y = kind_and_table
    plain = kind(**NOISY | settings).fit(X, y)
    watched = kind(**NOISY | settings)
    scoring = "r2" if kind is MiraiDNNRegressor else "accuracy"
    watched.set_callbacks(Recorder(), ScoringMonitor(scoring=scoring)).fit(X, y)
    same_state(watched, plain)
    assert watched.n_iter_ == plain.n_iter_
    extra = vars(watched).keys() - vars(plain).keys()
    assert extra == {"_skl_callbacks"}


@pytest.mark.slow
def test_epochs_stay_compiled_and_no_network_is_built(binary, monkeypatch):
    """The program of a fit without callbacks does for one with them."""
    traces = []
    trace = Programs._trace_training

    def counted(self, shape):
        traces.append(shape)
        return trace(self, shape)

    monkeypatch.setattr(Programs, "_trace_training", counted)
    odd = NOISY | {"n_nodes": 11}  # an architecture of no other test
    MiraiDNNClassifier(**odd).fit(*binary)
    assert len(traces) == 1

    def built(network):
        raise AssertionError("the live Keras model was built")

    monkeypatch.setattr(Network, "model", property(built))
    recorder = Recorder()
    clf = MiraiDNNClassifier(**odd).set_callbacks(recorder).fit(*binary)
    assert len(traces) == 1
    for at_epoch in recorder.copies:
        at_epoch.predict(binary[0])
    assert clf.n_iter_ == N_EPOCHS


def test_nothing_is_copied_unless_a_hook_asks(binary, monkeypatch):
    def copied(network, state):
        raise AssertionError("a network was copied")

    monkeypatch.setattr(Network, "with_state", copied)
    MiraiDNNClassifier(**NOISY).fit(*binary)
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(ProgressBar()).fit(*binary)
    assert clf.n_iter_ == N_EPOCHS
    with pytest.raises(AssertionError, match="copied"):
        clf.set_callbacks(Recorder()).fit(*binary)


def test_parameters_clones_and_pickles(binary):
    monitor = ScoringMonitor(scoring="accuracy")
    clf = MiraiDNNClassifier(**NOISY)
    before = clf.get_params()
    assert clf.set_callbacks(monitor) is clf
    assert clf.get_params() == before
    clf.fit(*binary)
    for other in clone(clf), copy.copy(clf), pickle.loads(pickle.dumps(clf)):
        assert other.get_params() == before
        assert len(other._skl_callbacks) == 1
    assert "_skl_callbacks" not in vars(clf.set_callbacks())


def test_only_callbacks_of_scikit_learn_are_taken():
    with pytest.raises(TypeError, match="FitCallback protocol"):
        MiraiDNNClassifier().set_callbacks(keras.callbacks.TerminateOnNaN())


# -- inside other estimators -------------------------------------------------------


def logged(monitor, select="most_recent"):
    """Scores by the numbers of their tasks."""
    logs = monitor.get_logs(select=select)
    return [
        {row["task_id_path"]: row["accuracy"] for row in log.data}
        for log in (logs if isinstance(logs, list) else [logs])
    ]


def test_pipeline(binary, capsys):
    X, y = binary
    monitor = ScoringMonitor(scoring="accuracy")
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(monitor)
    pipeline = Pipeline([("scale", StandardScaler()), ("dnn", clf)])
    pipeline.set_callbacks(ProgressBar()).fit(X, y)
    (scores,) = logged(monitor)
    assert set(scores) == {(0, 1), *((0, 1, epoch) for epoch in range(N_EPOCHS))}
    assert scores[0, 1] == scores[0, 1, N_EPOCHS - 1] == pipeline.score(X, y)
    shown = capsys.readouterr().out
    assert "Pipeline" in shown
    assert "MiraiDNNClassifier" in shown


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search(binary, n_jobs):
    X, y = binary
    monitor = ScoringMonitor(scoring="accuracy")
    grid = {"learning_rate": [0.001, 0.03]}
    search = GridSearchCV(
        MiraiDNNClassifier(**NOISY).set_callbacks(monitor), grid, cv=2, n_jobs=n_jobs
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=2)).fit(X, y)
    plain = GridSearchCV(MiraiDNNClassifier(**NOISY), grid, cv=2).fit(X, y)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], plain.cv_results_[name])
    (scores,) = logged(monitor)
    assert len(scores) == (2 * 2 + 1) * (N_EPOCHS + 1)  # two folds and a refit
    last = [score for path, score in scores.items() if len(path) == 2]
    assert last == [search.best_estimator_.score(X, y)]


def test_cross_validate_keeps_a_monitor_per_fold(binary):
    """scikit-learn 1.9 passes no tasks through here; each fold is a run."""
    X, y = binary
    monitor = ScoringMonitor(scoring="accuracy")
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(monitor)
    result = cross_validate(clf, X, y, cv=3, return_train_score=True)
    runs = logged(monitor, "all")
    assert len(runs) == 3
    assert all(len(run) == N_EPOCHS + 1 for run in runs)
    assert [run[0,] for run in runs] == result["train_score"].tolist()


def test_two_monitors_and_a_progress_bar_work_together(binary, capsys):
    monitors = ScoringMonitor(scoring="accuracy"), ScoringMonitor(scoring="roc_auc")
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(ProgressBar(), *monitors)
    clf.fit(*binary)
    assert "MiraiDNNClassifier - fit" in capsys.readouterr().out
    for monitor in monitors:
        log = monitor.get_logs()
        assert isinstance(log.run_id, uuid.UUID)
        assert len(log.data) == N_EPOCHS + 1


def test_no_warning_comes_from_callbacks(binary):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MiraiDNNClassifier(**NOISY).set_callbacks(Recorder()).fit(*binary)
