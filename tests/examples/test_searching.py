"""Searches: grids, draws, Optuna."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score


@pytest.mark.slow
def test_tuning(run_example):
    found, printed = run_example("plot_tuning.py")
    for search in found["grid"], found["search"]:
        best = clone(found["default"]).set_params(**search.best_params_)
        again = cross_val_score(best, found["X"], found["y"], **found["settings"])
        assert search.best_score_ == pytest.approx(again.mean())
    assert f"Best of the grid: {found['grid'].best_params_}" in printed
    # "The scaler decides": each of the others, for every width
    by_scaler = found["by_scaler"]
    assert (by_scaler.drop(index="standard") > by_scaler.loc["standard"] + 0.05).all(
        axis=None
    )
    test = found["summary"]["test"]
    assert test["best of the grid"] > test["default"] + 0.03
    assert found["summary"].round(3).to_string() in printed


@pytest.mark.slow
def test_search_over_a_pipeline(run_example):
    found, printed = run_example("plot_search_pipeline.py")
    grid, halved = found["grid"], found["halved"]
    X, y, settings = found["X"], found["y"], found["settings"]
    # the score of a search is the one of its winner
    for search in found["searches"].values():
        best = clone(found["pipe"]).set_params(**search.best_params_)
        again = cross_val_score(best, X, y, **settings)
        assert search.best_score_ == pytest.approx(again.mean())
    # "The scaler decides", "what replaces the gaps matters less"
    table = found["table"]
    by_scaler, by_gap = table.mean(axis=0), table.mean(axis=1)
    assert np.ptp(by_scaler) > 3 * np.ptp(by_gap)
    # "Halving judges most of its candidates after two epochs"
    assert halved.n_resources_ == [2, 6, 18]
    assert halved.n_candidates_ == [18, 6, 2]
    summary = found["summary"]
    assert summary["epochs"].tolist() == [432, 432, 324]
    assert summary.round(3).to_string() in printed
    # an outer score is that of a search which has not seen the rows
    outer = found["outer"]
    assert len(outer) == 5
    assert f"outer: {outer.mean():.3f} +- {outer.std():.3f}" in printed
    assert len(grid.cv_results_["params"]) == 8


@pytest.mark.slow
def test_optuna(run_example):
    pytest.importorskip("optuna")
    found, printed = run_example("plot_optuna.py")
    search, default = found["search"], found["default"]
    X, y, settings = found["X"], found["y"], found["settings"]

    def score(params):
        model = clone(default).set_params(**params)
        return cross_val_score(model, X, y, **settings).mean()

    # a tuned network of whole fits has the score that the search found rung by rung
    assert search.best_score_ == pytest.approx(score(search.best_params_))
    defaults = score({})
    assert found["rows"]["default"][0] == pytest.approx(defaults)
    test = found["summary"]["test"]
    assert test["tuned"] - test["default"] > 0.02
    # "Nearly all of the gain is another scaler", which the third trial had
    scaler = {"scaler": search.best_params_["scaler"]}
    assert score(scaler) - defaults > 0.8 * (search.best_score_ - defaults)
    third = search.trials_[2]
    assert third.params["scaler"] != "standard"
    assert 0 <= search.best_score_ - third.value < 0.01
    assert third.value - defaults > 0.02
    # "Seven ... were ended at the first rung, which saved more than a third"
    ended = [max(trial.intermediate_values) for trial in search.trials_]
    assert 6 <= ended.count(3) <= 8
    assert 1 / 3 < 1 - sum(ended) / (27 * len(ended)) < 0.5
    assert f"Epochs on each fold: {sum(ended)} of the 432 of whole fits" in printed
    # "The defaults were far behind after the first rung"
    at_first = sorted(trial.intermediate_values[3] for trial in search.trials_)
    assert at_first.index(search.trials_[0].intermediate_values[3]) < 8
    assert len(found["display"].curves_) == 16
    # "a network with a tenth of the parameters and a better score"
    values = [trial.values for trial in found["study"].trials]
    n_parameters = found["rows"]["default"][1].n_parameters_
    assert values[0] == [pytest.approx(defaults), n_parameters]
    best = [trial.values for trial in found["study"].best_trials]
    assert any(s > defaults and n < n_parameters / 10 for s, n in best)


@pytest.mark.slow
def test_search_that_goes_on(run_example):
    pytest.importorskip("optuna")
    from skmirai.model_selection import MiraiSearchCV

    found, printed = run_example("plot_search_storage.py")
    search, stopped = found["search"], found["stopped"]
    assert len(stopped.trials_) == 5
    assert len(search.trials_) == 24
    # "a search that was stopped ends as one that ran through"
    through = clone(search).set_params(storage=None, study_name=None)
    assert isinstance(through, MiraiSearchCV)
    through.fit(found["X"], found["y"])
    assert [trial.params for trial in through.trials_] == [
        trial.params for trial in search.trials_
    ]
    assert [trial.value for trial in through.trials_] == [
        trial.value for trial in search.trials_
    ]
    assert 0 < found["trials"]["pruned"].sum() < 24
    # what another process sees of the file
    assert [trial.number for trial in found["study"].trials] == list(range(24))
    assert "scoring" in printed  # refused
    # "They count the step size most", "one trial alone had the standard one"
    assert next(iter(found["importances"])) == "learning_rate"
    whole = found["trials"][~found["trials"]["pruned"]]
    assert (whole["param_scaler"] == "standard").sum() <= 2
    scores = found["scores"]
    assert scores["tuned"] > scores["default"]
