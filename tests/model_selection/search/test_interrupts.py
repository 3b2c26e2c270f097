"""Ctrl-C leaves a search that can be used, with what it has found."""

import json

import pytest

pytest.importorskip("optuna")

pytestmark = pytest.mark.slow

#: The fit of the seventh fold gets a real signal, as Ctrl-C sends it.
TREE = """
import json, os, signal, sys, threading, warnings
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier
from skmirai.model_selection import MiraiSearchCV

n_fits, lock = [0], threading.Lock()

class Interrupted(DecisionTreeClassifier):
    def fit(self, X, y):
        with lock:
            n_fits[0] += 1
            now = n_fits[0] == {at}
        if now:
            os.kill(os.getpid(), signal.SIGINT)
        return super().fit(X, y)

X, y = make_classification(80, random_state=0)
search = MiraiSearchCV(
    Interrupted(random_state=0),
    {{"max_depth": list(range(1, 20)), "ccp_alpha": [0.0, 1e-6]}},
    n_trials=500, cv=3, n_jobs={n_jobs}, random_state=0,
)
before = signal.getsignal(signal.SIGINT)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        search.fit(X, y)
    except KeyboardInterrupt:
        print(json.dumps("interrupted"))
        sys.exit()
print(json.dumps({{
    "words": [str(w.message) for w in caught],
    "files": [w.filename for w in caught],
    "n_trials": len(search.trials_),
    "states": sorted({{t.state.name for t in search.study_.trials}}),
    "finite": bool((search.cv_results_["mean_test_score"] > 0).all()),
    "classes": search.predict(X).tolist()[:1],
    "handler": signal.getsignal(signal.SIGINT) is before,
    "n_fits": n_fits[0],
}}))
"""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_trials_before_are_kept(n_jobs, run_python):
    found = json.loads(run_python(TREE.format(at=13, n_jobs=n_jobs)))
    (words,) = (each for each in found["words"] if "interrupted" in each)
    assert f"of {found['n_trials']} trials with scores the best is kept" in words
    assert "<string>" in found["files"]
    assert 1 <= found["n_trials"] <= 12
    assert found["finite"]
    assert found["classes"]
    assert found["handler"]
    assert "RUNNING" not in found["states"]
    assert found["n_fits"] <= 13 + 2 * n_jobs + 1  # and the refit


def test_before_the_first_trial_it_is_an_interrupt_as_always(run_python):
    assert json.loads(run_python(TREE.format(at=2, n_jobs=1))) == "interrupted"


IN_STORAGE = """
import json, os, signal, sys, warnings
import optuna
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier
from skmirai.model_selection import MiraiSearchCV

Storage = optuna.storages.JournalStorage
write, n_over = Storage.set_trial_state_values, [0]

def interrupted(self, number, state, values=None):
    n_over[0] += state.is_finished()
    if n_over[0] == {at} and state.is_finished():
        os.kill(os.getpid(), signal.SIGINT)
    return write(self, number, state, values)

Storage.set_trial_state_values = interrupted

X, y = make_classification(80, random_state=0)
search = MiraiSearchCV(
    DecisionTreeClassifier(max_depth=1, random_state=0),
    {{"max_depth": list(range(1, 20))}},
    n_trials=4, cv=3, random_state=0, storage=sys.argv[1], study_name="s",
)
warnings.simplefilter("ignore")
found = []
for _ in range(2):
    try:
        found.append(search.fit(X, y).interrupted_)
    except KeyboardInterrupt:
        found.append("nothing")
    found.append([t.state.name for t in search.study_.trials])
    found.append(["defaults" in t.user_attrs for t in search.study_.trials])
print(json.dumps(found))
"""


@pytest.mark.parametrize("at", [1, 3])
def test_while_a_trial_is_written_down(at, run_python, tmp_path):
    """Optuna stumbles over that; the process lives on, and the trial is no other's."""
    first, states, defaults, last, after, of_all = json.loads(
        run_python(IN_STORAGE.format(at=at), tmp_path / "journal")
    )
    assert first == ("nothing" if at == 1 else True)
    assert states == (at - 1) * ["COMPLETE"] + ["FAIL"]
    assert last is False
    assert after == [*states, *(5 - at) * ["COMPLETE"]]
    assert defaults == [True, False, False][:at]
    assert of_all == [True, at == 1, False, False, False]


NETWORK = """
import json, os, signal, threading, warnings
from sklearn.datasets import make_classification
from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV

MANY = 10_000_000

def space(trial):
    return {"epochs": trial.suggest_int("epochs", MANY, MANY)}

def interrupt_the_next(study, trial):
    threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT)).start()

X, y = make_classification(80, random_state=0)
search = MiraiSearchCV(
    MiraiDNNClassifier(1, 4, epochs=2, random_state=0),
    space, n_trials=5, cv=2, callbacks=interrupt_the_next,
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    search.fit(X, y)
print(json.dumps({
    "words": [str(w.message) for w in caught],
    "best": search.best_params_,
    "states": [t.state.name for t in search.study_.trials],
    "n_rows": len(search.cv_results_["params"]),
}))
"""


def test_within_the_fit_of_a_network(run_python):
    """The fit itself ends with the last whole epoch: this is no finished trial."""
    found = json.loads(run_python(NETWORK))
    assert any("of 1 trials" in each for each in found["words"])
    assert found["best"] == {}  # the defaults
    assert found["states"] == ["COMPLETE", "FAIL"]
    assert found["n_rows"] == 1
