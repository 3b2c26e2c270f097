"""Where training can run: not in graphs, nor after a fork; side by side in threads."""

import copy
import gc
import json
import weakref
from collections import OrderedDict

import keras
import numpy as np
import pytest
import tensorflow as tf

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine import compiled, kept


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    return X, (X[:, 0] > 0).astype(int)


def classifier(**settings):
    common = {"n_layers": 1, "n_nodes": 4, "epochs": 2, "random_state": 0}
    return MiraiDNNClassifier(**common | settings)


def in_function(fit):
    return tf.function(fit, autograph=False)()


def in_graph(fit):
    with tf.Graph().as_default():
        return fit()


def in_scope(fit):
    with keras.StatelessScope():
        return fit()


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (in_function, "a tf.function"),
        (in_graph, "a tf.Graph"),
        (in_scope, "a keras.StatelessScope"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_where_nothing_has_a_value(table, unchanged, place, name, method):
    clf = classifier().fit(*table)
    arguments = (*table, [0, 1]) if method == "partial_fit" else table
    with (
        unchanged(clf, table[0]),
        pytest.raises(RuntimeError, match=f"fit was called inside {name}.*outside"),
    ):
        place(lambda: getattr(clf, method)(*arguments))


def test_a_tape_changes_nothing(table, same_state):
    with tf.GradientTape():
        taped = classifier().fit(*table)
    same_state(taped, classifier().fit(*table))


FORKED = """
import json, os, signal, sys
import numpy as np
from skmirai import MiraiDNNClassifier, build_dnn, load
rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 40))
y = (X[:, 0] > 0).astype(int)

def classifier(**settings):
    return MiraiDNNClassifier(1, 64, epochs=1, random_state=0, **settings)

def in_child(task):
    # the child's answer; "killed" where it waits for ever
    reading, writing = os.pipe()
    if os.fork() == 0:
        signal.alarm(60)
        try:
            answer = task()
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    answer = os.fdopen(reading).read()
    os.wait()
    return json.loads(answer) if answer else "killed"

path = sys.argv[1] + "/gelu.skmirai"
answers = {"before": in_child(lambda: classifier().fit(X, y).score(X, y))}
fitted = classifier(activation="gelu").fit(X, y)
fitted.save(path)
answers |= {
    "fit": in_child(lambda: classifier().fit(X, y).score(X, y)),
    "build_dnn": in_child(lambda: build_dnn(40).fit(X, y, verbose=0).history),
    "model_": in_child(lambda: fitted.model_.fit(X, y, verbose=0).history),
    "partial_fit": in_child(lambda: fitted.partial_fit(X, y).score(X, y)),
    "evaluate": in_child(lambda: fitted.evaluate(X, y)),
    "predict": in_child(lambda: fitted.predict(X).tolist()),
    "uncertainty": in_child(
        lambda: fitted.predict_uncertainty(X, n_passes=5, random_state=0).std.tolist()
    ),
    "load": in_child(lambda: load(path).predict(X).tolist()),
}
expected = {
    "before": classifier().fit(X, y).score(X, y),
    "predict": fitted.predict(X).tolist(),
    "uncertainty":
        fitted.predict_uncertainty(X, n_passes=5, random_state=0).std.tolist(),
    "load": fitted.predict(X).tolist(),
}
same = {name: answers.pop(name) == value for name, value in expected.items()}
print(json.dumps([same, answers]))
"""


@pytest.mark.slow
def test_after_a_fork(run_python, tmp_path):
    """Training in the child would wait for threads that only the parent has."""
    same, refused = json.loads(run_python(FORKED, tmp_path))
    assert same == dict.fromkeys(["before", "predict", "uncertainty", "load"], True)
    assert refused.keys() == {"fit", "build_dnn", "model_", "partial_fit", "evaluate"}
    for message in refused.values():
        assert message.startswith("RuntimeError")
        assert "forked after" in message
        assert "'spawn'" in message


@pytest.mark.slow
def test_programs_for_graphics_cards(monkeypatch, table):
    """There, programs take and return tensors; here, they do so on the processor."""
    X, y = table
    settings = {"dropout_rate": 0.2, "batch_norm": True, "validation_fraction": 0.2}
    expected = classifier(**settings).fit(X, y)
    monkeypatch.setattr(kept, "_programs", OrderedDict())
    monkeypatch.setattr(compiled, "gpu_names", lambda: ["a card"])
    on_card = classifier(**settings).fit(X, y)
    assert isinstance(on_card.pipeline_["dnn"].network_.read_state().floats, tf.Tensor)
    np.testing.assert_allclose(
        on_card.predict_proba(X), expected.predict_proba(X), rtol=0, atol=1e-12
    )
    again = copy.deepcopy(on_card).set_params(warm_start=True).fit(X, y)
    np.testing.assert_allclose(
        again.predict_proba(X),
        expected.set_params(warm_start=True).fit(X, y).predict_proba(X),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.slow
def test_programs_share_sessions_and_let_them_go(monkeypatch, table):
    """A session costs threads; what was compiled in it goes with its last program."""
    X, y = table
    monkeypatch.setattr(kept, "_programs", OrderedDict())
    monkeypatch.setattr(compiled, "_newest", None)
    made = []
    original = compiled._Session.__init__

    def counted(self):
        original(self)
        made.append(weakref.ref(self))

    monkeypatch.setattr(compiled._Session, "__init__", counted)
    monkeypatch.setattr(compiled, "_PER_SESSION", 2)
    for n_nodes in range(2, 7):
        classifier(n_nodes=n_nodes, epochs=1).fit(X, y)
    assert len(made) == 3
    kept._programs.clear()
    gc.collect()
    assert [session() is None for session in made] == [True, True, False], "the newest"
