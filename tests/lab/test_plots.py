"""Axes, limits and labels of the report's pictures, read from matplotlib's objects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

pytest.importorskip("matplotlib")

from skmirai.lab import _plots
from skmirai.lab._plots.canvas import with_margin
from skmirai.lab._plots.confusion import confusion_figure
from skmirai.lab._plots.histories import histories_figure, robust_limits
from skmirai.lab._plots.load import load_figure
from skmirai.lab._plots.overview import overview_figure
from skmirai.lab._plots.spreads import folds_figure, interval_of_mean, passes_figure

LOSS = [0.7, 0.5, 0.4, 0.35, 0.33]


def history(shift=0.0, **further):
    """A history of five epochs, the first far from the others."""
    loss = np.array([9.0, *LOSS[1:]]) + shift
    accuracy = np.array([0.1, 0.8, 0.85, 0.9, 0.9]) + shift / 10
    curves = {"loss": loss, "val_loss": loss / 2, "accuracy": accuracy}
    curves |= {"val_accuracy": accuracy + 0.01}
    return {**{key: value.tolist() for key, value in curves.items()}, **further}


def said(figure):
    """Texts of a figure's legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def notes(ax):
    return [text.get_text() for text in ax.texts]


# -- limits ------------------------------------------------------------------------
def test_first_epoch_sets_no_limit():
    low, high = robust_limits([[9.0, *LOSS]])
    assert low < min(LOSS) < max(LOSS) < high < 1


def test_a_few_spikes_set_no_limit_and_a_wide_curve_does():
    rng = np.random.default_rng(0)
    steady = 0.3 + 0.01 * rng.normal(size=300)
    spiked = steady.copy()
    spiked[[50, 150, 250]] = 8.0
    assert robust_limits([spiked])[1] < 0.4
    wide = np.where(np.arange(300) % 2, 0.3, 8.0)
    assert robust_limits([steady, wide])[1] > 8


@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3, allow_subnormal=False), min_size=1, max_size=40),
        min_size=1,
        max_size=4,
    )
)
def test_limits_hold_nine_tenths_of_every_curve(curves):
    low, high = robust_limits(curves)
    assert low < high
    for curve in curves:
        values = np.array(curve[1:] or curve)
        inside = (values >= low) & (values <= high)
        assert (~inside).sum() <= 2 * np.floor(0.05 * (len(values) - 1))


@pytest.mark.parametrize("curves", [[], [[]], [[np.nan, np.inf]]])
def test_limits_without_a_value(curves):
    assert robust_limits(curves) == (0, 1)


def test_values_that_are_all_equal_have_an_axis():
    low, high = with_margin([0.84, 0.84])
    assert low < 0.84 < high
    assert with_margin([0.0]) == (-0.01, 0.01)


# -- histories ---------------------------------------------------------------------
def test_axes_say_what_is_cut():
    loss, accuracy = histories_figure({"": history()}).axes
    assert loss.get_ylim()[1] < 1
    assert notes(loss) == ["up to 9.00 above"]
    assert accuracy.get_ylim()[0] > 0.7
    assert notes(accuracy) == ["down to 0.10 below"]


def test_compared_figures_have_the_same_axes():
    one, other = history(), history(shift=0.3)
    figures = [
        histories_figure({"": run}, scale=[one, other]).axes for run in (one, other)
    ]
    both = histories_figure({"one": one, "other": other}).axes
    for first, second, together in zip(*figures, both, strict=True):
        assert first.get_ylim() == second.get_ylim() == together.get_ylim()
    alone = histories_figure({"": other}).axes[0]
    assert alone.get_ylim() != figures[1][0].get_ylim()


@pytest.mark.parametrize(
    ("weighted", "label", "names"),
    [
        ([], "cross-entropy, nats", ["a", "b"]),
        (["a", "b"], "cross-entropy, nats,\nclass-weighted", ["a", "b"]),
        (
            ["b"],
            "cross-entropy, nats,\nclass-weighted where so named",
            ["a", "b (class-weighted)"],
        ),
    ],
)
def test_axis_says_whether_the_loss_is_weighted(weighted, label, names):
    figure = histories_figure(
        {"a": history(), "b": history(0.1)}, title="Why?", weighted=weighted
    )
    assert figure.axes[0].get_ylabel() == label
    assert figure.axes[1].get_ylabel() == "accuracy, share of the rows"
    assert figure.get_suptitle() == "Why?"
    assert said(figure)[:2] == names
    assert said(figure)[2:] == [
        "training: mean over the epoch",
        "validation: after the epoch",
    ]


def test_both_validation_losses():
    run = history(val_loss_unweighted=[0.9, 0.2, 0.2, 0.1, 0.1])
    figure = histories_figure({"": run}, weighted=[""])
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert drawn == [run["loss"], run["val_loss"], run["val_loss_unweighted"]]
    assert "validation without class weights, as Keras reports it" in said(figure)
    assert figure.axes[0].get_ylim()[0] < 0.1
    same = history(val_loss_unweighted=history()["val_loss"])
    assert len(histories_figure({"": same}).axes[0].lines) == 2


def test_validation_with_dropout_on():
    run = history(val_loss_dropout_on=LOSS, val_accuracy_dropout_on=[0.5] * 5)
    loss, accuracy = (figure := histories_figure({"": run})).axes
    assert loss.lines[-1].get_ydata().tolist() == LOSS
    assert accuracy.lines[-1].get_ydata().tolist() == [0.5] * 5
    assert sum("dropout on" in text for text in said(figure)) == 1
    assert accuracy.get_ylim()[0] < 0.5


def test_regression_has_units_of_the_target():
    run = {"loss": LOSS, "mean_absolute_error": LOSS}
    run |= {"val_loss": LOSS, "val_mean_absolute_error": LOSS}
    assert [ax.get_ylabel() for ax in histories_figure({"": run}).axes] == [
        "squared error, variances of the target",
        "absolute error, standard deviations",
    ]


def test_one_epoch_is_seen():
    run = {"loss": [0.7], "val_loss": [0.6], "accuracy": [0.5], "val_accuracy": [0.4]}
    for ax in histories_figure({"": run}).axes:
        low, high = ax.get_ylim()
        assert all(low < line.get_ydata()[0] < high for line in ax.lines)


# -- all runs ----------------------------------------------------------------------
def test_overview_has_seeds_bars_and_the_constant_answer():
    measured = {"a": [0.8, 0.9, 0.85], "b": [0.7]}
    figure = overview_figure(measured, {"b": 0.75}, 0.84)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis.get_inverted()
    (bars,) = ax.containers
    ((start, end),) = bars[2][0].get_segments()
    deviation = np.std(measured["a"], ddof=1)
    assert [start[0], end[0]] == pytest.approx([0.85 - deviation, 0.85 + deviation])
    xs = {tuple(np.array(line.get_xdata(), float).round(6)) for line in ax.lines}
    assert {(0.84, 0.84), (0.8, 0.9, 0.85), (0.85, 0.7), (0.75,)} <= xs
    assert said(figure) == [
        "always the larger class, on the test rows",
        "one seed",
        "here, mean over the seeds",
        "± standard deviation over the seeds",
        "published, one training",
    ]


def test_no_accuracy_above_one():
    figure = overview_figure({"a": [0.2, 1.0]}, {}, 0.84)
    assert 1 < figure.axes[0].get_xlim()[1] <= 1.01


def test_overview_of_single_trainings():
    figure = overview_figure({"a": [0.8], "b": [0.7]}, {}, None)
    assert said(figure) == ["here"]
    assert not figure.axes[0].containers


# -- folds, passes -----------------------------------------------------------------
def test_folds_have_numbers_mean_spread_and_interval():
    values = {1: 0.91, 2: 0.93, 5: 0.92}
    figure = folds_figure(values)
    (ax,) = figure.axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["1", "2", "5", "mean"]
    mean, deviation = 0.92, np.std(list(values.values()))
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert [band.x0, band.x1] == pytest.approx([mean - deviation, mean + deviation])
    low, high = interval_of_mean(list(values.values()))
    (bar,) = ax.containers
    assert bar[2][0].get_segments()[0][:, 0] == pytest.approx([low, high])
    assert said(figure) == [
        "one fold",
        "mean, 0.9200",
        f"± standard deviation of the folds, {deviation:.4f}",
        f"95 % interval of the mean, {low:.4f} to {high:.4f}",
    ]


def test_one_fold_has_no_spread():
    figure = folds_figure({3: 0.9})
    assert said(figure) == ["one fold"]
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["3"]


def test_interval_is_that_of_the_t_test():
    values = np.random.default_rng(0).normal(0.9, 0.01, size=10)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert interval_of_mean(values, 0.9) == pytest.approx(expected)


def test_passes_beside_the_line_without_dropout():
    passes = {"each row": [0.8, 0.82], "thinned": [0.7, 0.9]}
    figure = passes_figure(passes, 0.85)
    (ax,) = figure.axes
    assert said(figure) == ["dropout off, 0.8500", "one pass", "mean of the passes"]
    assert ax.lines[0].get_xdata() == [0.85, 0.85]
    assert ax.lines[1].get_xdata().tolist() == [0.8, 0.82]
    np.testing.assert_allclose(ax.lines[2].get_xdata(), 0.81)
    np.testing.assert_allclose(ax.lines[4].get_xdata(), 0.8)


# -- confusion matrices ------------------------------------------------------------
def test_confusion_matrices_have_one_scale_and_counts_and_shares():
    figure = confusion_figure(
        {"a": [[90, 10], [300, 700]], "b": [[100, 0], [1, 999]], "c": [[0, 0], [1, 3]]}
    )
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    assert {ax.images[0].get_clim() for ax in figure.axes} == {(0, 1)}
    assert notes(figure.axes[0]) == [
        "90\n90.0%",
        "10\n10.0%",
        "300\n30.0%",
        "700\n70.0%",
    ]
    assert notes(figure.axes[2]) == ["0", "0", "1\n25.0%", "3\n75.0%"]
    np.testing.assert_allclose(figure.axes[0].images[0].get_array()[0], [0.9, 0.1])


def test_many_confusion_matrices_take_further_rows():
    figure = confusion_figure({str(k): [[1, 0], [0, 1]] for k in range(6)})
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert len(shown) == 6
    assert len({ax.get_subplotspec().rowspan.start for ax in shown}) == 2


# -- load --------------------------------------------------------------------------
def load(*, since=0.0, **card):
    series = {
        "seconds": [0, 1, 2],
        "processors": [1.0, 1.5, 1.2],
        "memory": [500 * 2**20, 700 * 2**20, 600 * 2**20],
        **card,
    }
    return {"series": series, "since": since}


@pytest.mark.parametrize("card", [{}, {"busy 0": [None] * 3, "machine": [20] * 3}])
def test_load_without_a_card(card):
    figure = load_figure({"batch 100": load(**card)})
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert labels == ["processors\nbusy", "memory,\nMiB"]
    processors, memory = figure.axes
    assert processors.get_ylim() == (0, pytest.approx(1.62))
    assert memory.lines[0].get_ydata().tolist() == [500, 700, 600]


def test_loads_of_several_trainings_have_one_scale_and_may_have_gaps():
    seen = {"busy 0": [20, None, 30], "used memory 0": [2**30] * 3}
    figure = load_figure({"a": load(since=0.5), "b": load(**seen)})
    axes = np.reshape(figure.axes, (4, 2))
    assert [ax.get_title() for ax in axes[0]] == ["a", "b"]
    assert axes[2, 0].get_ylabel() == "graphics card\nbusy, %"
    assert axes[2, 0].get_ylim() == axes[2, 1].get_ylim() == (0, 105)
    np.testing.assert_array_equal(axes[2, 1].lines[0].get_ydata(), [20, np.nan, 30])
    assert np.isnan(axes[2, 0].lines[0].get_ydata()).all()
    assert axes[3, 1].lines[0].get_ydata().tolist() == [1024] * 3
    assert [len(ax.lines) for ax in axes[0]] == [2, 1]  # where the first epoch ended
    assert axes[0, 0].lines[1].get_xdata() == [0.5, 0.5]


# -- files -------------------------------------------------------------------------
def test_every_kind_is_written_to_a_file(tmp_path):
    import matplotlib

    backend = matplotlib.get_backend()
    for k, (plot, arguments) in enumerate(
        {
            _plots.plot_confusion: [{"a": [[1, 0], [0, 1]]}],
            _plots.plot_folds: [{1: 0.9, 2: 0.8}],
            _plots.plot_histories: [{"": history()}],
            _plots.plot_load: [{"a": load()}],
            _plots.plot_overview: [{"a": [0.9]}, {}, 0.8],
            _plots.plot_passes: [{"a": [0.9, 0.8]}, 0.9],
        }.items()
    ):
        path = tmp_path / f"{k}.png"
        plot(*arguments, path)
        assert matplotlib.image.imread(path).shape[1] == pytest.approx(1350, abs=1)
    assert k + 1 == len(_plots.__all__)
    assert matplotlib.get_backend() == backend
