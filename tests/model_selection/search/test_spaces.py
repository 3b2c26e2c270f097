"""What a trial chooses from, in every way that it may be written down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import search_distributions
from skmirai.model_selection._search.spaces import dimension, space_of

optuna = pytest.importorskip("optuna")


def random_study(seed=0):
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))


def draws(what, size=1000):
    """Values that random trials get for a parameter."""
    space, study = space_of({"parameter": what}), random_study()
    return [space.suggest(study.ask())["parameter"] for _ in range(size)]


LAWS = {
    "uniform": stats.uniform(2, 3),
    "loguniform": stats.loguniform(1e-3, 1e2),
    "scaled loguniform": stats.loguniform(1, 100, scale=3),
    "shifted loguniform": stats.loguniform(1, 100, loc=5),
    "normal": stats.norm(1, 2),
    "exponential": stats.expon(scale=100),
    "beta": stats.beta(2, 5),
    "truncated": stats.truncnorm(-1, 1),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_draws_have_the_law_of_a_scipy_distribution(law):
    drawn = np.array(draws(law))
    low, high = law.support()
    assert ((low <= drawn) & (drawn <= high)).all()
    assert stats.kstest(drawn, law.cdf).pvalue > 1e-3
    assert all(type(value) is float for value in draws(law, 5))


WHOLE_LAWS = {
    "randint": stats.randint(3, 9),
    "shifted randint": stats.randint(0, 6, loc=-2),
    "poisson": stats.poisson(4),
    "geometric": stats.geom(0.3),
    "own": stats.rv_discrete(values=([1, 2, 8], [0.2, 0.5, 0.3])),
}


@pytest.mark.parametrize("law", WHOLE_LAWS.values(), ids=WHOLE_LAWS)
def test_draws_have_the_law_of_whole_numbers(law):
    drawn = draws(law)
    assert all(type(value) is int for value in drawn)
    values, counts = np.unique(drawn, return_counts=True)
    assert (law.pmf(values) > 0).all()
    rare = law.pmf(values) * len(drawn) < 5
    expected = law.pmf(values[~rare]) * len(drawn)
    counts = [*counts[~rare], counts[rare].sum() + 1e-9]
    expected = [*expected, len(drawn) - expected.sum() + 1e-9]
    assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_optuna_distributions_are_drawn_from_as_they_are():
    space = {
        "a": optuna.distributions.FloatDistribution(0, 1, step=0.25),
        "b": optuna.distributions.IntDistribution(1, 1000, log=True),
        "c": optuna.distributions.CategoricalDistribution(["x", None, True]),
    }
    trial = random_study().ask()
    params = space_of(space).suggest(trial)
    assert trial.distributions == space
    assert trial.params == params
    assert params == random_study().ask(space).params


@pytest.mark.parametrize(
    "values", [[1, 2.5, "x", None, True], range(3), np.arange(3), (4, 5)]
)
def test_lists_of_plain_values_are_categories(values):
    plain = [x.item() if isinstance(x, np.generic) else x for x in values]
    assert {repr(each) for each in draws(values, 60)} == {repr(each) for each in plain}


def test_values_that_are_objects_are_drawn_as_copies(whole, data):
    scalers = [StandardScaler(), MinMaxScaler()]
    drawn = draws(scalers, 20)
    assert {type(each) for each in drawn} == {StandardScaler, MinMaxScaler}
    assert not any(each is scaler for each in drawn for scaler in scalers)
    layers = draws([(8,), (8, 4), np.ones(2)], 20)
    assert {type(each) for each in layers} == {tuple, np.ndarray}


def test_parameters_of_what_a_space_replaces(whole, data):
    pipe = Pipeline([("first", StandardScaler()), ("last", SVC())])
    space = [
        {"first": [PCA(random_state=0)], "first__n_components": [1, 2, 3]},
        {"first": [MinMaxScaler()], "first__feature_range": [(0, 1), (-1, 1)]},
    ]
    search = whole(pipe, space, n_trials=8).fit(*data)
    kinds = [type(p["first"]) for p in search.cv_results_["params"]]
    assert kinds[0] is StandardScaler
    assert {PCA, MinMaxScaler} <= set(kinds)
    again = whole(pipe, space, n_trials=8).fit(*data)
    assert again.best_score_ == search.best_score_


def kernels(trial):
    """A space in which one choice opens others."""
    kernel = trial.suggest_categorical("kernel", ["linear", "poly", "rbf"])
    params = {"kernel": kernel, "C": trial.suggest_float("C", 0.1, 10, log=True)}
    if kernel == "poly":
        params["degree"] = trial.suggest_int("degree", 1, 3)
    return params


def test_functions_with_conditions(whole, data):
    search = whole(SVC(), kernels, n_trials=12).fit(*data)
    for params in search.cv_results_["params"]:
        assert ("degree" in params) == (params["kernel"] == "poly")
    assert {p["kernel"] for p in search.cv_results_["params"]} == {
        "linear",
        "poly",
        "rbf",
    }
    degrees = search.cv_results_["param_degree"]
    assert (degrees.mask == (search.cv_results_["param_kernel"] != "poly")).all()


def test_a_function_returns_parameters_by_name(whole, data):
    with pytest.raises(TypeError, match="must return a dict of parameters by name"):
        whole(SVC(), lambda trial: 3).fit(*data)


@pytest.mark.parametrize(
    ("space", "error", "words"),
    [
        (3, ValueError, "The 'space' parameter of MiraiSearchCV must be"),
        ([], TypeError, "must be a dict of parameters by name"),
        ([{"C": [1]}, 3], TypeError, "must be a dict of parameters by name"),
        ({"C": 1.0}, TypeError, r"space\['C'\]=1.0 must be a list of values"),
        ({"kernel": "rbf"}, TypeError, r"space\['kernel'\]='rbf' must be a list"),
        ({"C": {1.0, 2.0}}, TypeError, r"space\['C'\]=.* must be a list of values"),
        ({"C": iter([1.0])}, TypeError, r"space\['C'\]=.* must be a list of values"),
        ({"C": []}, ValueError, r"space\['C'\] is empty"),
        ({"c": [1.0]}, ValueError, "space has 'c', which is no parameter of SVC"),
        ([{"C": [1]}, {"c": [1.0]}], ValueError, "space has 'c'"),
        (lambda trial: {"c": 1.0}, ValueError, "space has 'c'"),
        ({"C__x": [1.0]}, ValueError, "space has 'C__x'"),
    ],
)
def test_errors_come_before_the_first_fit(space, error, words, whole, data):
    class NeverFitted(SVC):
        def fit(self, X, y):
            raise AssertionError("fitted")

        def __repr__(self):
            return "SVC()"

    NeverFitted.__name__ = "SVC"
    with pytest.raises(error, match=words):
        whole(NeverFitted(), space, error_score="raise").fit(*data)


def test_a_function_that_draws_without_its_trial(whole, data):
    """All trials would look alike, and none could be told from its draws."""
    random = np.random.RandomState(0)
    search = whole(SVC(), lambda trial: {"C": random.uniform()})
    with pytest.raises(ValueError, match="for the same trial; draw all that differs"):
        search.fit(*data)
    assert not hasattr(search, "study_")


def test_unknown_names_of_a_branch_are_raised_too(whole, data):
    """They are known only where a trial takes that branch."""

    def space(trial):
        kernel = trial.suggest_categorical("kernel", ["rbf", "poly"])
        return {"kernel": kernel} if kernel == "rbf" else {"kernels": kernel}

    with pytest.raises(ValueError, match="Invalid parameter 'kernels'"):
        whole(SVC(), space, n_trials=10).fit(*data)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("C", r"did you mean 'svc__C'\? "),
        ("scv__gamma", r"did you mean 'svc__gamma'\? "),
        ("svc__kernal", r"did you mean 'svc__kernel'\? "),
        ("zzz", "estimator.get_params"),
    ],
)
def test_an_unknown_name_gets_the_one_that_was_meant(name, hint, whole, data):
    pipe = Pipeline([("scaler", StandardScaler()), ("svc", SVC())])
    words = f"space has '{name}', which is no parameter of Pipeline; {hint}"
    with pytest.raises(ValueError, match=words):
        whole(pipe, {name: [1.0]}).fit(*data)


@pytest.mark.parametrize("prefix", ["", "mirai__", "outer__mirai__"])
def test_none_is_the_space_of_our_estimators(prefix, whole):
    estimator = MiraiDNNClassifier()
    for name in reversed(prefix.split("__")[:-1]):
        estimator = Pipeline([("scaler", StandardScaler()), (name, estimator)])
    assert described(whole(estimator)) == {
        name: str(distribution)
        for name, distribution in search_distributions(prefix=prefix).items()
    }


def described(search):
    """Distributions of a search that has not begun, by name."""
    from skmirai.model_selection._search.prepared import _space
    from skmirai.model_selection._search.rungs import last_step

    return _space(search, last_step(search.estimator)).description


@pytest.mark.parametrize(
    "estimator", [SVC(), Pipeline([("s", StandardScaler()), ("c", SVC())])]
)
def test_others_have_no_space_of_their_own(estimator, whole, data):
    with pytest.raises(ValueError, match="and not of SVC; give a dict of parameters"):
        whole(estimator).fit(*data)


def test_draws_of_values_go_back_and_forth():
    spaces = [
        ([1, 2.5, "x", None, True], [1, 2.5, "x", None, True]),
        ([(1, 2), (3,), np.nan], [(1, 2), (3,), np.nan]),
        (stats.uniform(0, 1), [0.0, 0.5, 1.0]),
        (stats.randint(0, 5), [0, 4]),
        (optuna.distributions.FloatDistribution(0, 1, step=0.25), [0.25, 1.0]),
    ]
    for what, values in spaces:
        part = dimension("parameter", what)
        for value in values:
            (draw,) = part.draws_of(value)
            trial = optuna.trial.FixedTrial({"parameter": draw})
            again = part.suggest(trial, "parameter")
            assert repr(again) == repr(value)


@given(
    low=st.integers(-50, 50),
    steps=st.integers(0, 40),
    step=st.integers(1, 5),
    value=st.integers(-60, 300),
)
def test_whole_numbers_have_a_draw_where_the_distribution_holds_them(
    low, steps, step, value
):
    what = optuna.distributions.IntDistribution(low, low + steps * step, step=step)
    held = range(low, low + steps * step + 1, step)
    assert dimension("parameter", what).draws_of(value) == [value] * (value in held)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ([1, 2], 1.0),
        ([1, 2], True),
        ([(1, 2)], (1, 3)),
        (stats.uniform(0, 1), 1.5),
        (stats.uniform(0, 1), None),
        (stats.randint(0, 5), 5),
        (stats.randint(0, 5), 2.5),
        (stats.randint(0, 5), np.inf),
        (stats.randint(0, 5), np.nan),
        (optuna.distributions.FloatDistribution(0, 1, step=0.25), 0.3),
    ],
)
def test_values_outside_have_no_draw(what, value):
    assert dimension("parameter", what).draws_of(value) == []


def test_values_that_are_equal_and_not_the_same(whole, data):
    """One feature, and all of them: Optuna takes 1 and 1.0 for the same."""
    tree = DecisionTreeClassifier(random_state=0)
    search = whole(tree, {"max_features": [1, 1.0]}, n_trials=8).fit(*data)
    assert {repr(p["max_features"]) for p in search.cv_results_["params"]} >= {
        "1",
        "1.0",
    }
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        again = cross_validate(clone(tree).set_params(**params), *data, cv=3)
        assert score == again["test_score"].mean()


def test_an_equal_choice_is_not_fitted_twice(whole, data):
    fitted = []

    class Counts(DecisionTreeClassifier):
        def fit(self, X, y):
            fitted.append(self.max_depth)
            return super().fit(X, y)

    search = whole(
        Counts(random_state=0), {"max_depth": [1, 2, None]}, n_trials=20, refit=False
    ).fit(*data)
    assert len(search.trials_) == 20
    assert sorted(map(str, fitted)) == sorted(map(str, [1, 2, None] * 3))
    by_depth = {}
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        assert by_depth.setdefault(params["max_depth"], score) == score
    assert len(by_depth) == 3


@pytest.mark.parametrize("highest", [0.5, 5.0])  # the default is 1
def test_a_function_prunes_what_makes_no_sense(highest, whole, data):
    """Such trials have no scores, and so no row; the defaults have one."""

    def space(trial):
        value = trial.suggest_float("C", 0.1, 10)
        if value > highest:
            raise optuna.TrialPruned
        return {"C": value}

    search = whole(SVC(), space, n_trials=12).fit(*data)
    values = [params.get("C", 1.0) for params in search.cv_results_["params"]]
    assert values[0] == 1.0
    assert all(value <= highest for value in values[1:])
    assert len(search.study_.trials) == 12
    pruned = [t for t in search.study_.trials if t.state.name == "PRUNED"]
    assert len(pruned) == 12 - len(values) > 0
