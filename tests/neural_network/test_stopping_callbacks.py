"""scikit-learn's callbacks end a fit: whole epochs are kept, or all is as before."""

import copy
from collections import Counter

import keras
import pytest

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from tests.neural_network.recorder import NOISY, Recorder


def interrupt(number=1):
    def at(epoch):
        if epoch == number:
            raise KeyboardInterrupt

    return at


def fail(number=1):
    def at(epoch):
        if epoch == number:
            raise RuntimeError("a hook failed")

    return at


def test_hook_that_returns_true_stops(kind_and_table, same_state):
    kind, X, y = kind_and_table
    recorder = Recorder(lambda epoch: epoch == 1)
    stopped = kind(**NOISY).set_callbacks(recorder).fit(X, y)
    shorter = kind(**NOISY | {"epochs": 2}).fit(X, y)
    assert stopped.n_iter_ == len(stopped.history_["loss"]) == 2
    assert stopped.history_ == shorter.history_
    same_state(stopped, shorter)
    assert recorder.events[-3:] == ["end epoch 1", "end fit 0", "teardown"]


def test_user_callback_of_keras_may_stop_it_too(binary):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY, callbacks=Stop()).set_callbacks(recorder)
    assert clf.fit(*binary).n_iter_ == 1
    assert recorder.events.count("end epoch 0") == 1
    assert "begin epoch 1" not in recorder.events


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("hook", ["on_fit_task_begin", "on_fit_task_end"])
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_error_in_a_hook_of_partial_fit(binary, unchanged, same_state, kind, hook):
    X, y = binary
    first = {"classes": [0, 1]} if kind is MiraiDNNClassifier else {}
    recorder = Recorder(fail(0), hook, "fit")
    estimator = kind(**NOISY).set_callbacks(recorder)
    names = set(vars(estimator))
    with pytest.raises(RuntimeError, match="a hook failed"):
        estimator.partial_fit(X, y, **first)
    assert vars(estimator).keys() == names
    estimator.set_callbacks().partial_fit(X, y, **first)
    twin = copy.deepcopy(estimator)
    estimator.set_callbacks(recorder)
    with unchanged(estimator, X), pytest.raises(RuntimeError, match="a hook failed"):
        estimator.partial_fit(X, y)
    assert recorder.events.count("teardown") == 2
    same_state(estimator.set_callbacks().partial_fit(X, y), twin.partial_fit(X, y))


WHERE = [
    ("on_fit_task_begin", "fit", 0),
    ("on_fit_task_begin", "epoch", 1),
    ("on_fit_task_end", "epoch", 1),
    ("on_fit_task_end", "fit", 0),
]


@pytest.mark.slow(after=2)
@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(("hook", "task", "number"), WHERE)
def test_error_in_a_hook_leaves_what_was_fitted(
    binary, unchanged, same_state, hook, task, number, warm_start, live
):
    X, y = binary
    clf = MiraiDNNClassifier(**NOISY, warm_start=warm_start).fit(X, y)
    if live:
        _ = clf.model_
    twin = copy.deepcopy(clf)
    recorder = Recorder(fail(number), hook, task)
    clf.set_callbacks(recorder)
    with unchanged(clf, X), pytest.raises(RuntimeError, match="a hook failed"):
        clf.fit(X[:80], y[:80])
    assert Counter(recorder.events)["teardown"] == 1
    assert recorder.events[-1] == "teardown"
    same_state(clf.set_callbacks().fit(X, y), twin.fit(X, y))


def test_error_in_a_hook_of_the_first_fit_leaves_nothing_fitted(binary):
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(Recorder(fail()))
    names = vars(clf).keys() | set()
    with pytest.raises(RuntimeError, match="a hook failed"):
        clf.fit(*binary)
    assert vars(clf).keys() == names


def test_bad_data_ends_in_teardown(binary):
    X, y = binary
    recorder = Recorder()
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(recorder)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clf.fit(X, y[:-1])
    assert recorder.events == ["setup", "teardown"]
    assert "_callback_fit_ctx" not in vars(clf)


@pytest.mark.parametrize(
    ("hook", "n_epochs"), [("on_fit_task_begin", 1), ("on_fit_task_end", 2)]
)
def test_interrupted_fit_keeps_whole_epochs(binary, warns, same_state, hook, n_epochs):
    X, y = binary
    recorder = Recorder(interrupt(), hook)
    clf = MiraiDNNClassifier(**NOISY).set_callbacks(recorder)
    with warns(UserWarning, f"after {n_epochs} whole epochs is kept"):
        clf.fit(X, y)
    shorter = MiraiDNNClassifier(**NOISY | {"epochs": n_epochs}).fit(X, y)
    same_state(clf, shorter)
    assert clf.n_iter_ == n_epochs
    begun = [e for e in recorder.events if e.startswith("begin")]
    ended = [e for e in recorder.events if e.startswith("end")]
    assert sorted(e.split(" ", 1)[1] for e in begun) == sorted(
        e.split(" ", 1)[1] for e in ended
    )
    assert recorder.events[-1] == "teardown"
