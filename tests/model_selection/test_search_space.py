"""The search space is one space, whoever draws from it, and all of it can be fitted."""

import sys

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import ParameterSampler
from sklearn.pipeline import Pipeline

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from skmirai.model_selection import (
    param_distributions,
    search_distributions,
    suggest_params,
)
from skmirai.model_selection._search_space import SPACE, Choice
from skmirai.preprocessing import make_scaler

optuna = pytest.importorskip("optuna")


def new_study(seed=0):
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))


@pytest.mark.parametrize("prefix", ["", "mirai__"])
def test_a_trial_suggests_from_the_distributions_of_the_search(prefix):
    trial = new_study().ask()
    suggest_params(trial, prefix=prefix)
    assert trial.distributions == search_distributions(prefix=prefix)


def test_every_parameter_is_one_of_both_estimators():
    for estimator in (MiraiDNNClassifier(), MiraiDNNRegressor()):
        assert set(SPACE) <= set(estimator.get_params())


@pytest.mark.parametrize("name", SPACE)
def test_randomized_search_has_the_support_of_the_study(name):
    of_study, of_scipy = search_distributions()[name], param_distributions()[name]
    if isinstance(SPACE[name], Choice):
        assert tuple(of_scipy) == of_study.choices
    else:
        assert of_scipy.support() == (of_study.low, of_study.high)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    "name", [name for name, part in SPACE.items() if not isinstance(part, Choice)]
)
def test_randomized_search_draws_as_a_random_study_does(name):
    study, space = new_study(), search_distributions()
    drawn = [study.ask(space).params[name] for _ in range(1500)]
    expected = param_distributions()[name].rvs(size=1500, random_state=1)
    assert stats.ks_2samp(drawn, expected).pvalue > 1e-3


def test_fixed_trial_gives_back_its_values():
    fixed = {
        "n_layers": 3,
        "n_nodes": 40,
        "activation": "silu",
        "optimizer": "nadam",
        "learning_rate": 0.01,
        "batch_norm": True,
        "dropout_rate": 0.25,
        "scaler": "quantile",
        "batch_size": 64,
        "n_members": 8,
        "learning_rate_schedule": "cosine",
    }
    assert suggest_params(optuna.trial.FixedTrial(fixed)) == fixed


def test_the_defaults_are_a_point_of_the_space():
    for estimator in (MiraiDNNClassifier(), MiraiDNNRegressor()):
        defaults = {name: estimator.get_params()[name] for name in SPACE}
        # a FixedTrial warns of a value outside its range
        assert suggest_params(optuna.trial.FixedTrial(defaults)) == defaults


def test_prefix_reaches_the_step_of_a_pipeline():
    pipeline = Pipeline([("mirai", MiraiDNNClassifier())])
    params = suggest_params(new_study().ask(), prefix="mirai__")
    pipeline.set_params(**params)
    assert {
        name: pipeline["mirai"].get_params()[name] for name in SPACE
    } == suggest_params(new_study().ask())
    assert set(params) == set(param_distributions(prefix="mirai__"))


def test_two_hundred_draws_pass_the_parameter_checks():
    study = new_study()
    drawn = [suggest_params(study.ask()) for _ in range(100)]
    drawn += ParameterSampler(param_distributions(), n_iter=100, random_state=0)
    for params in drawn:
        for estimator in (MiraiDNNClassifier(), MiraiDNNRegressor()):
            clone(estimator.set_params(**params))._validate_params()


def test_every_name_in_the_space_is_known():
    for activation in SPACE["activation"].values:
        build_dnn(2, 1, 2, activation=activation)
    for optimizer in SPACE["optimizer"].values:
        build_dnn(2, 1, 2, optimizer=optimizer)
    for scaler in SPACE["scaler"].values:
        make_scaler(scaler)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("seed", range(4))
def test_a_draw_fits_one_epoch_on_forty_rows(seed):
    params = suggest_params(new_study(seed).ask())
    if seed % 2:
        X, y = make_regression(40, 6, random_state=seed)
        estimator = MiraiDNNRegressor(epochs=1, random_state=0)
    else:
        X, y = make_classification(40, 6, random_state=seed)
        estimator = MiraiDNNClassifier(epochs=1, random_state=0)
    estimator.set_params(**params).fit(X, y)
    assert np.isfinite(estimator.history_["loss"]).all()
    assert estimator.predict(X).shape == (40,)


def test_only_the_distributions_need_optuna(monkeypatch):
    class Trial:
        """As much of a trial as the space asks for."""

        def suggest_categorical(self, name, choices):
            return choices[-1]

        def suggest_int(self, name, low, high, *, log=False):
            return high

        def suggest_float(self, name, low, high, *, log=False):
            return high

    # None in sys.modules makes every import of that name fail.
    for name in [name for name in sys.modules if name.partition(".")[0] == "optuna"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert suggest_params(Trial())["n_nodes"] == 256
    assert param_distributions()["optimizer"] == ["adam", "adamw", "nadam"]
    with pytest.raises(ImportError, match=r"pip install 'skmirai\[tune\]'"):
        search_distributions()
