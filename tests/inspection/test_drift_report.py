"""The picture of drift: lines are the figures of the report, over time."""

import numpy as np
import pandas as pd
import pytest

from skmirai.inspection import DriftReportDisplay

plt = pytest.importorskip("matplotlib.pyplot")

WINDOWS = pd.DataFrame(
    {
        "start": [100.0, 160.0, 400.0],
        "end": [159.0, 219.0, 459.0],
        "balanced_accuracy": [0.9, np.nan, 0.6],
        "balanced_accuracy_low": [0.8, np.nan, 0.5],
        "balanced_accuracy_high": [0.95, np.nan, 0.7],
        "balanced_accuracy_retrained": [0.9, np.nan, 0.85],
        "false_alarm_rate": np.nan,
        "domain_auc": [0.5, 0.6, 0.9],
    }
)


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


class Report:
    """What a report has, whatever its class."""

    overall = pd.DataFrame({"balanced_accuracy": [0.7, 0.93]}).set_axis(
        ["trained once", "shuffled"]
    )

    def to_frame(self):
        return WINDOWS


def test_lines_are_the_figures_over_time():
    display = DriftReportDisplay.from_report(Report())
    assert [ax.get_ylabel() for ax in display.ax_] == [
        "balanced accuracy",
        "domain AUC",
    ]
    assert display.ax_[-1].get_xlabel() == "seconds from the first window on"
    assert set(display.lines_) == {
        ("balanced_accuracy", "trained once"),
        ("balanced_accuracy", "trained anew"),
        ("balanced_accuracy", "shuffled"),
        ("domain_auc", "trained once"),
    }
    for (name, model), column in {
        ("balanced_accuracy", "trained once"): "balanced_accuracy",
        ("balanced_accuracy", "trained anew"): "balanced_accuracy_retrained",
        ("domain_auc", "trained once"): "domain_auc",
    }.items():
        line = display.lines_[name, model]
        np.testing.assert_array_equal(line.get_ydata(), WINDOWS[column])
        np.testing.assert_array_equal(line.get_xdata(), [29.5, 89.5, 329.5])
    line = display.lines_["balanced_accuracy", "shuffled"]
    np.testing.assert_array_equal(line.get_ydata(), [0.93, 0.93])
    (legend,) = display.figure_.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "trained once",
        "trained anew",
        "shuffled rows, all windows",
    ]


def test_dates_are_dates():
    dates = WINDOWS.assign(
        start=pd.to_datetime(WINDOWS["start"], unit="h"),
        end=pd.to_datetime(WINDOWS["end"], unit="h"),
    )
    display = DriftReportDisplay(dates, figures="domain_auc").plot()
    display.figure_.canvas.draw()
    assert display.ax_[0].get_xlabel() == "time"
    assert "1970-Jan" in display.ax_[0].xaxis.get_offset_text().get_text()


def test_windows_behind_a_long_gap_are_numbered():
    late = WINDOWS.assign(start=[0.0, 9_000.0, 9_060.0], end=[59.0, 9_059.0, 9_119.0])
    display = DriftReportDisplay(late, figures="domain_auc").plot()
    assert display.ax_[0].get_xlabel() == "window"
    line = display.lines_["domain_auc", "trained once"]
    np.testing.assert_allclose(line.get_xdata(), [0, 1, 2])


def test_given_panels_carry_the_legend():
    _, panels = plt.subplots(1, 2)
    names = ["domain_auc", "balanced_accuracy"]
    display = DriftReportDisplay.from_report(Report(), figures=names, ax=panels)
    assert [*display.ax_] == [*panels]
    assert panels[0].get_legend() is not None
    bare = DriftReportDisplay.from_report(Report(), legend=False)
    assert not bare.figure_.legends


@pytest.mark.parametrize(
    ("windows", "figures", "ax", "message"),
    [
        (WINDOWS.iloc[:0], None, None, "there is no window to draw"),
        (WINDOWS, "recall", None, "figures='recall' must name .* no 'recall'"),
        (WINDOWS, [], None, r"figures=\[\] must name columns"),
        (WINDOWS.drop(columns="start"), None, None, "there is no 'start'"),
        (WINDOWS, None, [None], "ax holds 1 Axes, but 2 figures are drawn"),
    ],
)
def test_what_cannot_be_drawn(windows, figures, ax, message):
    with pytest.raises(ValueError, match=message):
        DriftReportDisplay(windows, figures=figures).plot(ax=ax)
