"""A study goes on with the search that it belongs to, and with no other."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV

optuna = pytest.importorskip("optuna")

TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": list(range(1, 9)), "min_samples_leaf": [1, 2, 3, 4]}


def new_study(**options):
    sampler = optuna.samplers.TPESampler(seed=0)
    usual = {"direction": "maximize", "sampler": sampler}
    return optuna.create_study(**usual | options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"space": {"max_depth": [1, 2]}}, "another space"),
        ({"estimator__ccp_alpha": 0.01}, "another estimator"),
        ({"scoring": "recall"}, "another scoring"),
        ({"cv": 4}, "another number of folds"),
        ({"scoring": ["accuracy", "recall"], "refit": "recall"}, "another scoring"),
    ],
)
def test_a_study_of_another_search_is_refused(change, words, tree, data):
    study = new_study()
    search = MiraiSearchCV(tree, SPACE, n_trials=3, cv=2, study=study).fit(*data)
    with pytest.raises(ValueError, match=words):
        clone(search).set_params(study=study, **change).fit(*data)
    assert len(study.trials) == 3


def test_a_study_of_an_estimator_of_many_words_is_refused(data):
    """Of which repr leaves out the middle."""
    study, steps = new_study(), [FunctionTransformer(kw_args={}) for _ in range(60)]
    pipe = make_pipeline(*steps, DecisionTreeClassifier())
    space = {"decisiontreeclassifier__max_depth": [1, 2]}
    search = MiraiSearchCV(pipe, space, n_trials=2, cv=2, study=study).fit(*data)
    other = clone(pipe).set_params(**{"functiontransformer-40__validate": True})
    assert repr(other) == repr(pipe)
    with pytest.raises(ValueError, match="another value of a parameter"):
        search.set_params(estimator=other).fit(*data)


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), float, "float32"])
def test_types_of_numbers_are_values_as_others_are(data, dtype):
    study = new_study()
    pipe = make_pipeline(OneHotEncoder(dtype=dtype, handle_unknown="ignore"), TREE)
    space = {"decisiontreeclassifier__max_depth": [1, 2]}
    search = MiraiSearchCV(pipe, space, n_trials=1, cv=2, study=study).fit(*data)
    clone(search).set_params(study=study, n_trials=2).fit(*data)  # known again
    other = clone(search).set_params(estimator__onehotencoder__dtype=np.float64)
    with pytest.raises(ValueError, match="another estimator"):
        other.set_params(study=study).fit(*data)


def scaled_by(factor):
    """A transformer whose words hold an address, and are long."""

    def scaled(X, factor):
        return X * factor

    return FunctionTransformer(scaled, kw_args={"factor": factor})


def test_functions_in_a_space_are_the_same_in_the_next_process(data):
    study = new_study()
    pipe = make_pipeline(FunctionTransformer(), DecisionTreeClassifier())
    search = MiraiSearchCV(pipe, n_trials=3, cv=2, study=study)
    for n_trials in (3, 5):
        space = {"functiontransformer": [scaled_by(2), scaled_by(3)]}
        search.set_params(space=space, n_trials=n_trials).fit(*data)
    assert len(study.trials) == 5
    other = {"functiontransformer": [scaled_by(2), scaled_by(4)]}
    with pytest.raises(ValueError, match="another space"):
        search.set_params(space=other).fit(*data)


def test_optimizers_in_a_space_are_told_apart(data):
    """Their words are their addresses."""
    keras = pytest.importorskip("keras")
    study = new_study()
    network = MiraiDNNClassifier(1, 4, epochs=1, random_state=0)
    search = MiraiSearchCV(network, n_trials=1, cv=2, study=study, refit=False)
    for _ in range(2):
        space = {"optimizer": [keras.optimizers.Adam(0.01)]}
        search.set_params(space=space).fit(*data)
    with pytest.raises(ValueError, match="another space"):
        search.set_params(space={"optimizer": [keras.optimizers.Adam(0.1)]}).fit(*data)
    search.set_params(space={"optimizer": ["sgd"]}, study=new_study())
    search.set_params(estimator__optimizer=keras.optimizers.Adam(0.01)).fit(*data)
    search.set_params(estimator__optimizer=keras.optimizers.Adam(0.1))
    with pytest.raises(ValueError, match="another value of a parameter"):
        search.fit(*data)


def test_a_study_of_other_rows_is_refused(tree, data):
    X, y = data
    study = new_study()
    search = MiraiSearchCV(tree, SPACE, n_trials=3, cv=2, study=study).fit(X, y)
    for rows, words in [
        ((X[::-1], y), "another data"),
        ((X, 1 - y), "another data"),
        ((X[:60], y[:60]), "another data"),
    ]:
        with pytest.raises(ValueError, match=words):
            clone(search).set_params(study=study).fit(*rows)


def test_a_study_of_other_scores_of_the_same_name_is_refused(tree, data):
    study = new_study()
    scoring = {"one": "accuracy", "two": "recall"}
    search = MiraiSearchCV(tree, SPACE, n_trials=3, cv=2, scoring=scoring, refit="one")
    search.set_params(study=study).fit(*data)
    other = clone(search).set_params(scoring={"one": "accuracy", "two": "precision"})
    with pytest.raises(ValueError, match="another scoring"):
        other.set_params(study=study).fit(*data)


def test_a_study_of_other_weights_is_refused(tree, data, weights):
    study = new_study()
    search = MiraiSearchCV(tree, SPACE, n_trials=3, cv=2, study=study)
    search.fit(*data, sample_weight=weights)
    search.set_params(n_trials=4).fit(*data, sample_weight=weights.copy())
    for other in ({}, {"sample_weight": weights[::-1]}):
        with pytest.raises(ValueError, match="another metadata"):
            search.fit(*data, **other)


def test_studies_that_do_not_fit(tree, data):
    search = MiraiSearchCV(tree, SPACE, n_trials=3)
    with pytest.raises(ValueError, match="direction='maximize'"):
        clone(search).set_params(study=new_study(direction="minimize")).fit(*data)
    several = new_study(direction=None, directions=["maximize", "maximize"])
    with pytest.raises(ValueError, match="direction='maximize'"):
        clone(search).set_params(study=several).fit(*data)
    foreign = new_study()
    foreign.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(ValueError, match="holds trials that are none of"):
        clone(search).set_params(study=foreign).fit(*data)
