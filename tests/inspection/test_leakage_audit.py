"""LeakageAuditDisplay draws the scores of an audit."""

from types import SimpleNamespace

import numpy as np
import pytest

from skmirai.inspection import LeakageAuditDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def finding(smell, columns, with_it, without):
    return SimpleNamespace(
        smell=smell, columns=columns, score_with=with_it, score_without=without
    )


AUDIT = SimpleNamespace(
    findings=(
        finding("counter", ("id",), 0.9, 0.8),
        finding("twins", ("a", "b", "c"), 0.8, 0.81),
        finding("one-sided classes", (), np.nan, np.nan),
    )
)


def test_points_are_the_scores():
    display = LeakageAuditDisplay.from_audit(AUDIT)
    points = {line.get_label(): line.get_xdata() for line in display.ax_.lines}
    np.testing.assert_array_equal(points["with the leak"], [0.9, 0.8, np.nan])
    np.testing.assert_array_equal(points["without"], [0.8, 0.81, np.nan])
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == ["counter: id", "twins: a and 2 more", "one-sided classes"]
    assert display.ax_.yaxis_inverted()  # the first finding on top
    assert display.figure_ is display.ax_.get_figure()


def test_in_given_axes():
    _, ax = plt.subplots()
    assert LeakageAuditDisplay.from_audit(AUDIT, ax=ax).ax_ is ax


def test_nothing_found():
    display = LeakageAuditDisplay.from_audit(SimpleNamespace(findings=()))
    assert [text.get_text() for text in display.ax_.texts] == ["nothing found"]


def test_lengths():
    with pytest.raises(ValueError, match="differ in length: 1, 2, 1"):
        LeakageAuditDisplay(["id"], [0.9, 0.8], [0.7])
