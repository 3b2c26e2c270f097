import numpy as np
import pandas as pd
import pytest

from skmirai.inspection import BaselineReportDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


class Report:
    """As much of a report as a display looks at."""

    def to_frame(self):
        index = pd.MultiIndex.from_product(
            [["network", "majority", "trees"], ["random", "honest"]],
            names=["model", "split"],
        )
        return pd.DataFrame(
            {
                "balanced_accuracy": [0.9, 0.8, 0.5, 0.5, np.nan, np.nan],
                "balanced_accuracy_low": [0.85, 0.7, 0.5, 0.5, np.nan, np.nan],
                "balanced_accuracy_high": [0.95, 0.9, 0.5, 0.5, np.nan, np.nan],
                "roc_auc": [0.95, 0.92, 0.5, 0.5, np.nan, np.nan],
                "n_rows": 10,
                "failure": ["", "", "", "", "oh", "oh"],
            },
            index=index,
        )


def points(display):
    return {line.get_label(): line.get_xdata().tolist() for line in display.ax_.lines}


def test_scores_and_intervals_are_drawn():
    display = BaselineReportDisplay.from_report(Report())
    np.testing.assert_equal(
        points(display),
        {"random split": [0.9, 0.5, np.nan], "honest split": [0.8, 0.5, np.nan]},
    )
    drawn = {c.get_label(): c.get_segments() for c in display.ax_.collections}
    np.testing.assert_array_equal(drawn["gap"][0], [[0.9, 0], [0.8, 0]])
    np.testing.assert_array_equal(drawn["its interval"][0], [[0.7, 0], [0.9, 0]])
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["network", "majority", "trees"]
    assert display.ax_.yaxis_inverted()
    assert display.ax_.get_xlabel() == "balanced accuracy"
    (legend,) = display.figure_.legends
    assert len(legend.get_texts()) == 4


def test_other_scores_have_no_interval():
    figure, ax = plt.subplots()
    display = BaselineReportDisplay.from_report(Report(), score="roc_auc", ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert [c.get_label() for c in ax.collections] == ["gap"]
    assert ax.get_xlabel() == "ROC AUC"
    assert ax.get_legend() is not None


@pytest.mark.parametrize("score", ["n_rows", "failure", "f1"])
def test_figures_that_there_are_not(score):
    with pytest.raises(ValueError, match=f"score='{score}' must be one of"):
        BaselineReportDisplay.from_report(Report(), score=score)


def test_one_value_for_each_name():
    display = BaselineReportDisplay(["a", "b"], [1, 1], [1, 1], low=[1], high=[1, 1])
    with pytest.raises(ValueError, match=r"low has the shape \(1,\).* 2 names"):
        display.plot()
