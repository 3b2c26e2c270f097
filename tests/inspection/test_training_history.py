import json

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.inspection import TrainingHistoryDisplay

plt = pytest.importorskip("matplotlib.pyplot")
from matplotlib.colors import to_hex  # noqa: E402

HISTORY = {
    "accuracy": [0.5, 0.7, 0.8, 0.85],
    "loss": [0.7, 0.5, 0.4, 0.35],
    "val_accuracy": [0.5, np.nan, 0.7, 0.6],
    "val_loss": [0.6, np.nan, 0.5, 0.55],
    "learning_rate": [0.1, 0.1, 0.01, 0.01],
}
SHORT = {"loss": [0.9], "accuracy": [0.4]}


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def figure_legends(display):
    return [texts(legend) for legend in display.figure_.legends]


def pixels(figure):
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba())


def assert_shows(display, *histories):
    """The lines are the histories over the epochs 1, 2, ..., in the right panel."""
    assert len(display.lines_) == len(histories)
    panels = {ax.get_ylabel().replace(" ", "_"): ax for ax in display.ax_}
    for lines, history in zip(display.lines_, histories, strict=True):
        drawn = {key for key in history if key.removeprefix("val_") in panels}
        assert lines.keys() == drawn
        for key, line in lines.items():
            assert line.axes is panels[key.removeprefix("val_")]
            np.testing.assert_array_equal(line.get_ydata(), history[key])
            epochs = range(1, len(history[key]) + 1)
            np.testing.assert_array_equal(line.get_xdata(), epochs)
            assert line.get_linestyle() == ("--" if key.startswith("val_") else "-")


def test_lines_are_the_history():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert_shows(display, HISTORY)
    assert [ax.get_ylabel() for ax in display.ax_] == ["loss", "accuracy"]
    assert [ax.get_xlabel() for ax in display.ax_] == ["epoch", "epoch"]
    assert figure_legends(display) == [["training", "validation"]]
    loss, accuracy = display.ax_
    assert loss.figure is accuracy.figure is display.figure_
    assert len({line.get_color() for line in display.lines_[0].values()}) == 2


def test_display_stores_and_plots_again():
    display = TrainingHistoryDisplay([HISTORY], metrics="loss")
    assert not hasattr(display, "ax_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot().figure_ is not first
    assert display.histories == [HISTORY]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def clf(table):
    return MiraiDNNClassifier(
        n_nodes=4, epochs=3, validation_fraction=0.3, random_state=0
    ).fit(*table)


def test_from_estimator(clf):
    assert_shows(TrainingHistoryDisplay.from_estimator(clf), clf.history_)


def test_from_history_takes_an_estimator_too(clf):
    assert_shows(TrainingHistoryDisplay.from_history(clf), clf.history_)


@pytest.mark.slow
def test_regressor_shows_its_absolute_error(table):
    X, y = table
    reg = MiraiDNNRegressor(n_nodes=4, epochs=2, random_state=0).fit(X, y)
    display = TrainingHistoryDisplay.from_estimator(reg)
    assert_shows(display, reg.history_)
    assert display.ax_[1].get_ylabel() == "mean absolute error"
    assert figure_legends(display) == [["training"]]


@pytest.mark.slow
def test_pipeline_and_search(table, clf):
    pipeline = make_pipeline(StandardScaler(), clf).fit(*table)
    display = TrainingHistoryDisplay.from_estimator(pipeline)
    assert_shows(display, pipeline[-1].history_)

    name = "miraidnnclassifier__epochs"
    search = GridSearchCV(pipeline, {name: [1, 4]}, cv=2).fit(*table)
    best = search.best_estimator_[-1]
    assert_shows(TrainingHistoryDisplay.from_estimator(search), best.history_)


def test_history_of_keras(clf, table):
    import keras

    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(*table, epochs=2, validation_split=0.5, verbose=0)
    assert_shows(TrainingHistoryDisplay.from_history(history), history.history)
    both = TrainingHistoryDisplay.from_history({"Keras": history, "skmirai": clf})
    assert_shows(both, history.history, clf.history_)


def test_several_runs_have_a_colour_each():
    runs = {"wide": HISTORY, 2: SHORT}
    display = TrainingHistoryDisplay.from_history(runs)
    assert_shows(display, HISTORY, SHORT)
    colours = [{line.get_color() for line in run.values()} for run in display.lines_]
    assert [len(of_run) for of_run in colours] == [1, 1]
    assert colours[0] != colours[1]
    assert figure_legends(display) == [["training", "validation"], ["wide", "2"]]
    drawn = [to_hex(h.get_color()) for h in display.figure_.legends[1].legend_handles]
    assert [{colour.lower()} for colour in drawn] == [
        {to_hex(colour).lower() for colour in of_run} for of_run in colours
    ]


def test_runs_without_validation_have_one_legend():
    display = TrainingHistoryDisplay.from_history({"a": SHORT, "b": SHORT})
    assert figure_legends(display) == [["a", "b"]]


def test_many_runs_have_as_many_colours():
    display = TrainingHistoryDisplay.from_history(dict.fromkeys(range(30), SHORT))
    assert len({lines["loss"].get_color() for lines in display.lines_}) == 30


@pytest.mark.parametrize("name", ["short", 12 * "a_long_name_of_a_run "])
def test_legends_are_within_the_figure(name):
    runs = {f"{name} {i}": HISTORY for i in range(6)}
    display = TrainingHistoryDisplay.from_history(runs)
    pixels(display.figure_)
    width, height = display.figure_.bbox.size
    boxes = [legend.get_window_extent() for legend in display.figure_.legends]
    boxes += [ax.get_window_extent() for ax in display.ax_]
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    kinds, names, panel, _ = boxes
    assert names.y1 <= panel.y0
    assert panel.y1 <= kinds.y0


@pytest.mark.parametrize("n_epochs", [1, 2, 7, 20, 300])
def test_epochs_are_whole_numbers_from_one(n_epochs):
    history = {"loss": np.linspace(1, 0.5, n_epochs)}
    display = TrainingHistoryDisplay.from_history(history)
    (panel,) = display.ax_
    low, high = panel.get_xlim()
    assert 0 < low < 1
    assert high > n_epochs
    ticks = [tick for tick in panel.get_xticks() if low <= tick <= high]
    assert ticks
    np.testing.assert_array_equal(ticks, np.round(ticks))


def test_values_alone_get_a_marker():
    values = [0.5, np.nan, 0.4, 0.3, np.nan, np.nan, 0.2]
    display = TrainingHistoryDisplay.from_history({"loss": values})
    line = display.lines_[0]["loss"]
    assert line.get_markevery() == [0, 6]
    with_markers = pixels(display.figure_)
    line.set_marker("")
    assert not np.array_equal(with_markers, pixels(display.figure_))


def test_whole_lines_have_no_marker():
    display = TrainingHistoryDisplay.from_history({"loss": [0.5, 0.4, 0.3]})
    with_markers = pixels(display.figure_)
    display.lines_[0]["loss"].set_marker("")
    assert np.array_equal(with_markers, pixels(display.figure_))


def test_quantities_that_were_never_known_have_no_line():
    history = {"loss": [0.5, 0.4], "val_loss": [np.nan, np.nan]}
    display = TrainingHistoryDisplay.from_history(history)
    assert display.lines_[0].keys() == {"loss"}
    assert figure_legends(display) == [["training"]]


def test_scale_of_the_loss():
    display = TrainingHistoryDisplay.from_history(HISTORY, loss_scale="log")
    assert [ax.get_yscale() for ax in display.ax_] == ["log", "linear"]
    pixels(display.figure_)
    labels = {text.get_text() for text in display.ax_[0].get_yticklabels()}
    assert "0.5" in labels
    decades = TrainingHistoryDisplay.from_history(
        {"loss": [1, 1e-2, 1e-4]}, loss_scale="log"
    )
    ticks = decades.ax_[0].get_yticks()
    np.testing.assert_allclose(np.log10(ticks), np.round(np.log10(ticks)))
    with pytest.raises(ValueError, match="loss_scale='ln' must be 'linear' or 'log'"):
        TrainingHistoryDisplay.from_history(HISTORY, loss_scale="ln")


def test_metrics_choose_the_panels():
    names = ["learning_rate", "loss", "accuracy"]
    display = TrainingHistoryDisplay.from_history(HISTORY, metrics=names)
    assert_shows(display, HISTORY)
    assert [ax.get_ylabel() for ax in display.ax_] == [
        "learning rate",
        "loss",
        "accuracy",
    ]
    single = TrainingHistoryDisplay.from_history(HISTORY, metrics="accuracy")
    assert [ax.get_ylabel() for ax in single.ax_] == ["accuracy"]


def test_other_metrics_are_found():
    history = {"auc": [0.5], "learning_rate": [0.1], "loss": [0.3]}
    display = TrainingHistoryDisplay.from_history(history)
    assert [ax.get_ylabel() for ax in display.ax_] == ["loss", "auc"]


def test_given_panels():
    figure, axes = plt.subplots(2, 2)
    n_figures = len(plt.get_fignums())
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=axes[1])
    assert_shows(display, HISTORY)
    assert len(plt.get_fignums()) == n_figures
    assert list(display.ax_) == list(axes[1])
    assert display.figure_ is figure
    assert not figure.legends
    assert axes[1, 0].get_legend() is None
    assert texts(axes[1, 1].get_legend()) == ["training", "validation"]
    assert not axes[0, 0].lines


def test_one_given_panel():
    _, ax = plt.subplots()
    display = TrainingHistoryDisplay.from_history(HISTORY, metrics="loss", ax=ax)
    assert list(display.ax_) == [ax]
    with pytest.raises(ValueError, match=r"ax holds 1 Axes, but 2 .*subplots\(1, 2\)"):
        TrainingHistoryDisplay.from_history(HISTORY, ax=ax)


def test_legend_can_be_left_out():
    display = TrainingHistoryDisplay.from_history(HISTORY, legend=False)
    assert figure_legends(display) == []


@pytest.mark.parametrize(
    ("history", "error"),
    [
        ({"loss": [1, 2], "accuracy": [1]}, r"differ in length: \{'loss': 2, 'acc"),
        ({}, "the history is empty: train for at least one epoch"),
        ({"loss": []}, "the history is empty"),
        ({"run": {"loss": []}}, "run 'run' is empty"),
        ({"loss": ["low"]}, "must hold one number per epoch"),
        ({"loss": [[1, 2]]}, r"one number per epoch; shapes: \{'loss': \(1, 2\)\}"),
        ({"val_loss": [1]}, r"no loss or metric in common; .* metrics="),
        ({"a": {"auc": [1]}, "b": {"f1": [1]}}, "no loss or metric in common"),
    ],
)
def test_bad_histories(history, error):
    with pytest.raises(ValueError, match=error):
        TrainingHistoryDisplay.from_history(history)
    assert not plt.get_fignums()


def test_bad_metrics():
    with pytest.raises(ValueError, match=r"metrics='auc' .*\['accuracy', 'loss', 'lea"):
        TrainingHistoryDisplay.from_history(HISTORY, metrics="auc")
    runs = {"a": HISTORY, "b": {"loss": [1]}}
    with pytest.raises(ValueError, match=r"'accuracy'\] .* every run has: \['loss'\]"):
        TrainingHistoryDisplay.from_history(runs, metrics=["loss", "accuracy"])
    with pytest.raises(ValueError, match=r"metrics=\[\] must name"):
        TrainingHistoryDisplay.from_history(HISTORY, metrics=[])


def test_bad_names():
    with pytest.raises(ValueError, match="2 runs cannot be told apart without names"):
        TrainingHistoryDisplay([SHORT, SHORT]).plot()
    with pytest.raises(ValueError, match="1 names for 2 histories"):
        TrainingHistoryDisplay([SHORT, SHORT], names=["a"]).plot()
    with pytest.raises(ValueError, match="no history to draw; give at least one run"):
        TrainingHistoryDisplay([]).plot()
    with pytest.raises(ValueError, match="no history to draw"):
        TrainingHistoryDisplay.from_estimator({})


def test_not_fitted():
    clf = MiraiDNNClassifier()
    for unfitted in (
        clf,
        make_pipeline(StandardScaler(), clf),
        GridSearchCV(clf, {"epochs": [1]}),
        {"run": clf},
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            TrainingHistoryDisplay.from_estimator(unfitted)


def test_nothing_that_keeps_a_history(table):
    other = LogisticRegression().fit(*table)
    searched = GridSearchCV(other, {"C": [1, 2]}, refit=False, cv=2).fit(*table)
    for found, error in (
        (other, r"LogisticRegression\(\) keeps no history of its training: expected"),
        (MiraiDNNClassifier, "keeps no history"),
        ([1, 2], r"\[1, 2\] keeps no history"),
        (searched, "fit the search with refit=True"),
    ):
        with pytest.raises(TypeError, match=error):
            TrainingHistoryDisplay.from_history(found)


@pytest.mark.slow
def test_matplotlib_comes_with_the_drawing(run_python):
    code = """
import json, sys
from skmirai.inspection import TrainingHistoryDisplay
display = TrainingHistoryDisplay([{"loss": [1, 2]}])
before = [name for name in ("matplotlib", "tensorflow", "keras") if name in sys.modules]
sys.modules["matplotlib"] = None
try:
    display.plot()
except ImportError as error:
    print(json.dumps([before, str(error)]))
"""
    assert json.loads(run_python(code)) == [
        [],
        "plots need matplotlib: pip install 'skmirai[plot]'",
    ]
