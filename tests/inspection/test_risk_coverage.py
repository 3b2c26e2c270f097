"""RiskCoverageDisplay draws what abstaining is worth."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skmirai.inspection import RiskCoverageDisplay
from skmirai.metrics import aurc_score, predictive_entropy, risk_coverage_curve

plt = pytest.importorskip("matplotlib.pyplot")

X, y = make_classification(200, flip_y=0.2, random_state=0)


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def legend_of(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_curves_and_areas_are_those_of_the_metrics():
    clf = LogisticRegression().fit(X, y)
    display = RiskCoverageDisplay.from_estimator(
        clf, X, y, by=["predictive_entropy", "confidence"]
    )
    wrong = clf.predict(X) != y
    entropy = predictive_entropy(clf.predict_proba(X))
    curve = risk_coverage_curve(wrong, entropy)
    # a confidence is turned round: both order the rows of two classes alike
    for line in display.lines_.values():
        np.testing.assert_allclose(line.get_xdata(), [0, *curve.coverages])
        np.testing.assert_allclose(line.get_ydata(), [curve.risks[0], *curve.risks])
    area, best = aurc_score(wrong, entropy), aurc_score(wrong, wrong)
    assert legend_of(display) == [
        f"predictive entropy: {area:.3g}",
        f"confidence: {area:.3g}",
        f"optimum: {best:.3g}",
    ]
    assert display.ax_.get_legend().get_title().get_text() == "area under the curve"
    share = wrong.mean()
    assert display.optimum_.get_xdata().tolist() == [0, 1 - share, 1]
    np.testing.assert_allclose(display.optimum_.get_ydata(), [0, 0, share])
    assert display.figure_ is display.ax_.get_figure()


def test_noise_of_few_rows_does_not_set_the_axis():
    wrong = np.zeros(1000)
    wrong[0] = wrong[-50:] = 1
    display = RiskCoverageDisplay.from_losses(wrong, np.arange(1000))
    low, high = display.ax_.get_ylim()
    assert low == 0
    assert 0.05 < high < 0.06
    assert display.lines_["uncertainty"].get_ydata().max() == 1


def test_passes_where_there_are_some():
    result = SimpleNamespace(
        label=np.array([0, 1, 1]), mutual_information=np.array([0.1, 0.2, 0.6])
    )
    estimator = SimpleNamespace(predict_uncertainty=lambda X, n_passes: result)
    display = RiskCoverageDisplay.from_estimator(
        estimator,
        np.zeros((3, 1)),
        [0, 0, 1],
        by="mutual_information",
        predict_params={"n_passes": 7},
    )
    line = display.lines_["mutual information"]
    np.testing.assert_allclose(line.get_ydata(), [0, 0, 1 / 2, 1 / 3])


def test_any_losses_in_given_axes():
    _, ax = plt.subplots()
    ax.set_xlim(-3, 3)
    display = RiskCoverageDisplay.from_losses(
        [0.5, -0.1, 2.0], {"a": [1, 2, 3], "b": [3, 2, 1]}, risk_name="cost", ax=ax
    )
    assert display.ax_ is ax
    assert ax.get_xlim() == (-3, 3)
    assert ax.get_ylabel() == "cost among them"
    np.testing.assert_allclose(display.lines_["b"].get_ydata()[1:], [2, 0.95, 0.8])


def test_curves_alone():
    curve = risk_coverage_curve([0, 1], [0.1, 0.2])
    display = RiskCoverageDisplay({"entropy": curve}).plot()
    assert legend_of(display) == ["entropy"]
    assert display.optimum_ is None
    first = display.ax_
    assert display.plot().ax_ is not first


def test_nothing_is_wrong():
    display = RiskCoverageDisplay.from_predictions([0, 1], [0, 1], [0.1, 0.2])
    assert legend_of(display) == ["uncertainty: 0", "optimum: 0"]


def test_bad_input():
    draw = RiskCoverageDisplay.from_predictions
    with pytest.raises(ValueError, match=r"the shapes \(2,\) and \(1,\)"):
        draw([0, 1], [0], [0.1, 0.2])
    with pytest.raises(ValueError, match="losses and uncertainty differ in length"):
        draw([0, 1], [0, 1], {"entropy": [0.1]})
    with pytest.raises(ValueError, match=r"uncertainty\[1\]=nan must be a number"):
        draw([0, 1], [0, 1], {"entropy": [0.1, np.nan]})
    with pytest.raises(ValueError, match="there is no curve to draw"):
        draw([0, 1], [0, 1], {})
    clf = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="by='variation_ratio' needs predict_uncert"):
        RiskCoverageDisplay.from_estimator(clf, X, y, by="variation_ratio")
