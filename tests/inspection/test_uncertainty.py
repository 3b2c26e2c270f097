"""UncertaintyDisplay draws how uncertain right and wrong predictions are."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from skmirai.inspection import UncertaintyDisplay
from skmirai.metrics import predictive_entropy
from skmirai.uncertainty import AbstainingClassifier
from tests.uncertainty.scores import PassingScores, scores

plt = pytest.importorskip("matplotlib.pyplot")

X, y = make_classification(200, flip_y=0.2, random_state=0)
SEED = {"n_passes": 7, "random_state": 0}
NAMES = np.array(["benign", "mirai"])[y]


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def clf():
    return LogisticRegression().fit(X, NAMES)


class Passes:
    """An estimator with uncertainties of its own, which tells what it was given."""

    def predict_uncertainty(self, X, **settings):
        self.settings = settings
        return SimpleNamespace(
            label=np.array(["benign", "mirai", "mirai"]),
            mutual_information=np.array([0.1, 0.2, 0.6]),
        )

    def predict_proba(self, X):
        raise AssertionError("predict_uncertainty says more")


def test_each_group_has_an_area_of_one(clf):
    display = UncertaintyDisplay.from_estimator(clf, X, NAMES)
    entropy = predictive_entropy(clf.predict_proba(X))
    edges = np.histogram_bin_edges(entropy, 30)
    right = clf.predict(X) == NAMES
    assert 0 < (~right).sum() < right.sum() / 4
    for group, rows in ("right", right), ("wrong", ~right):
        values, drawn, _ = display.patches_[group].get_data()
        np.testing.assert_allclose(drawn, edges)
        np.testing.assert_allclose(
            values, np.histogram(entropy[rows], edges, density=True)[0]
        )
        assert values @ np.diff(drawn) == pytest.approx(1)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == [
        f"right ({right.sum()} rows)",
        f"wrong ({(~right).sum()} rows)",
    ]
    assert display.ax_.get_xlabel() == "predictive entropy in nats"
    assert display.figure_ is display.ax_.get_figure()


def test_by_class(clf):
    display = UncertaintyDisplay.from_estimator(
        clf, X, NAMES, by="confidence", group_by="class"
    )
    assert [*display.patches_] == ["benign", "mirai"]
    assert display.ax_.get_xlabel() == "confidence"
    _, edges, _ = display.patches_["mirai"].get_data()
    assert edges[-1] == pytest.approx(clf.predict_proba(X).max())


def test_passes_where_there_are_some():
    estimator = Passes()
    display = UncertaintyDisplay.from_estimator(
        estimator,
        np.zeros((3, 1)),
        ["benign", "benign", "mirai"],
        by="mutual_information",
        predict_params={"n_passes": 7},
        bins=[0, 0.3, 1],
    )
    assert estimator.settings == {"n_passes": 7}
    np.testing.assert_array_equal(display.uncertainty, [0.1, 0.2, 0.6])
    np.testing.assert_array_equal(display.groups, ["right", "wrong", "right"])
    values, edges, _ = display.patches_["wrong"].get_data()
    np.testing.assert_allclose(values, [1 / 0.3, 0])
    assert edges.tolist() == [0, 0.3, 1]


def test_passes_of_what_a_pipeline_or_a_search_ends_in():
    rng = np.random.default_rng(0)
    X, y = scores(rng.uniform(0, 0.9, 300)), rng.integers(0, 2, 300)
    how = {"by": "mutual_information", "predict_params": SEED}
    inner = PassingScores().fit(X, y)
    pipe = make_pipeline(FunctionTransformer(np.sqrt), inner)
    search = GridSearchCV(pipe, {"functiontransformer__func": [np.sqrt]}, cv=2)
    abstaining = AbstainingClassifier(FrozenEstimator(pipe), coverage=0.5)
    for estimator in (
        pipe,
        make_pipeline("passthrough", FrozenEstimator(pipe)),
        search.fit(X, y),
        abstaining.fit(X, y),
    ):
        display = UncertaintyDisplay.from_estimator(estimator, X, y, **how)
        result = inner.predict_uncertainty(np.sqrt(X), **SEED)
        np.testing.assert_array_equal(display.uncertainty, result.mutual_information)
        right = np.where(result.label == y, "right", "wrong")
        np.testing.assert_array_equal(display.groups, right)


def test_calibrated_probabilities_are_drawn_as_they_are():
    rng = np.random.default_rng(0)
    X, y = scores(rng.uniform(0, 0.9, 300)), rng.integers(0, 2, 300)
    inner = FrozenEstimator(PassingScores().fit(X, y))
    calibrated = CalibratedClassifierCV(inner).fit(X, y)
    display = UncertaintyDisplay.from_estimator(calibrated, X, y)
    expected = predictive_entropy(calibrated.predict_proba(X))
    np.testing.assert_array_equal(display.uncertainty, expected)
    with pytest.raises(ValueError, match=r"which CalibratedClassifierCV lacks"):
        UncertaintyDisplay.from_estimator(calibrated, X, y, by="mutual_information")


def test_from_predictions_in_given_axes():
    _, ax = plt.subplots()
    display = UncertaintyDisplay.from_predictions(
        [0, 1], [0, 1], [0.1, 0.4], name="distance", unit="metres", ax=ax
    )
    assert display.ax_ is ax
    assert [*display.patches_] == ["right"]
    assert ax.get_xlabel() == "distance in metres"


def test_plotted_again():
    display = UncertaintyDisplay([0.1, 0.4, 0.2], [3, 3, 1])
    display.plot()
    first = display.ax_
    assert display.plot(bins=5).ax_ is not first
    assert len(display.patches_[1].get_data().values) == 5
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["1 (1 row)", "3 (2 rows)"]


def test_equal_values():
    UncertaintyDisplay.from_predictions([0, 1], [0, 0], [0.0, 0.0])


def test_bad_input(clf):
    draw = UncertaintyDisplay.from_estimator
    with pytest.raises(ValueError, match=r"by='entropy' must be one of \['predictive"):
        draw(clf, X, NAMES, by="entropy")
    with pytest.raises(ValueError, match=r"needs predict_uncertainty.*LogisticRegr"):
        draw(clf, X, NAMES, by="mutual_information")
    with pytest.raises(ValueError, match="group_by='right' must be 'outcome' or"):
        draw(clf, X, NAMES, group_by="right")
    with pytest.raises(ValueError, match=r"the shapes \(100,\) and \(200,\)"):
        draw(clf, X, NAMES[:100])
    with pytest.raises(TypeError, match="LinearSVC has neither predict_uncertainty"):
        draw(LinearSVC().fit(X, y), X, y)
    regressor = SimpleNamespace(predict_uncertainty=lambda X: SimpleNamespace(mean=X))
    with pytest.raises(TypeError, match="SimpleNamespace predicts no labels"):
        draw(regressor, X, y)
    with pytest.raises(ValueError, match=r"uncertainty\[1\]=nan must be finite"):
        UncertaintyDisplay.from_predictions([0, 1], [0, 1], [0.1, np.nan])
    with pytest.raises(ValueError, match=r"the shapes \(1,\) and \(2,\)"):
        UncertaintyDisplay.from_predictions([0, 1], [0, 1], [0.1])
    with pytest.raises(ValueError, match="and a row"):
        UncertaintyDisplay([], []).plot()
