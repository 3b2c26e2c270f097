"""The picture of a search: points, steps and curves are the trials of the study."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skmirai import MiraiDNNClassifier
from skmirai.inspection import SearchDisplay
from skmirai.model_selection import MiraiSearchCV

plt = pytest.importorskip("matplotlib.pyplot")
optuna = pytest.importorskip("optuna")

NAN = np.nan
TRIALS = {
    "numbers": [0, 1, 2, 4],
    "scores": [0.80, 0.70, 0.85, 0.82],
    "pruned": [False, True, False, False],
    "rungs": [3, 9],
    "rung_scores": [[0.75, 0.80], [0.70, NAN], [0.70, 0.85], [NAN, 0.82]],
}
SPACE = {"C": optuna.distributions.FloatDistribution(1e-4, 1e2, log=True)}


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    return make_classification(120, random_state=0)


@pytest.fixture(scope="module")
def by_folds(table):
    """A search without rungs."""
    return MiraiSearchCV(
        LogisticRegression(),
        SPACE,
        n_trials=12,
        cv=3,
        scoring=["neg_log_loss", "accuracy"],
        refit="neg_log_loss",
        random_state=0,
    ).fit(*table)


@pytest.fixture(scope="module")
def by_rungs(table):
    """A search by rungs, some of whose trials are pruned at each of them."""
    return MiraiSearchCV(
        MiraiDNNClassifier(n_layers=1, n_nodes=4, epochs=3, random_state=0),
        {"learning_rate": optuna.distributions.FloatDistribution(1e-4, 0.1, log=True)},
        n_trials=8,
        rungs=[1, 2, 3],
        cv=2,
        scoring="roc_auc",
        random_state=0,
    ).fit(*table)


@pytest.fixture
def study():
    """Eight trials that minimise, every other one of which is pruned at its start."""

    def objective(trial):
        x = trial.suggest_float("x", 1, 2)
        for step in range(3):
            trial.report(x + step, step)
            if trial.number % 2:
                raise optuna.TrialPruned
        if trial.number == 4:
            raise ZeroDivisionError
        return x

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=8, catch=ZeroDivisionError)
    return study


def colours(lines):
    return {line.get_color() for line in lines}


def legend_of(display):
    (legend,) = display.figure_.legends
    return [text.get_text() for text in legend.get_texts()]


def data_of(line):
    return [values.tolist() for values in (line.get_xdata(), line.get_ydata())]


def test_points_and_steps_are_the_scores():
    display = SearchDisplay(**TRIALS, defaults=0, score_name="recall").plot()
    points, curves = display.ax_
    assert points.figure is curves.figure is display.figure_
    assert {name: data_of(line) for name, line in display.lines_.items()} == {
        "best so far": [[0, 1, 2, 4], [0.80, 0.80, 0.85, 0.85]],
        "finished": [[4], [0.82]],
        "pruned": [[1], [0.70]],
        "defaults": [[0], [0.80]],
        "best": [[2], [0.85]],
    }
    assert display.lines_["best so far"].get_drawstyle() == "steps-post"
    assert {number: data_of(line) for number, line in display.curves_.items()} == {
        0: [[3, 9], [0.75, 0.80]],
        1: [[3], [0.70]],
        2: [[3, 9], [0.70, 0.85]],
        4: [[9], [0.82]],
    }
    assert [ax.get_xlabel() for ax in display.ax_] == ["trial", "epochs"]
    assert [ax.get_ylabel() for ax in display.ax_] == ["recall", "recall"]
    assert curves.get_xticks().tolist() == [3, 9]
    assert legend_of(display) == [
        "best so far",
        "finished",
        "defaults",
        "best, trial 2",
        "pruned",
    ]


def test_both_panels_show_a_trial_in_one_colour():
    display = SearchDisplay(**TRIALS, defaults=0).plot()
    roles = {0: "defaults", 1: "pruned", 2: "best", 4: "finished"}
    for number, role in roles.items():
        line = display.curves_[number]
        assert line.get_color() == display.lines_[role].get_color()
    assert len(colours(display.curves_.values())) == 4
    widths = {n: line.get_linewidth() for n, line in display.curves_.items()}
    assert max(widths, key=widths.get) == 2


def test_pruned_trials_are_never_the_best():
    display = SearchDisplay([0, 1], [0.5, 0.9], pruned=[False, True]).plot()
    assert data_of(display.lines_["best"]) == [[0], [0.5]]
    assert data_of(display.lines_["best so far"]) == [[0, 1], [0.5, 0.5]]


def test_pruned_trials_leave_the_scale_as_it_is():
    scores = [0.90, 0.92, 0.1, 0.99, 0.91]
    pruned = [False, False, True, True, True]
    (bare,) = SearchDisplay([0, 1], scores[:2]).plot().ax_
    display = SearchDisplay(range(5), scores, pruned=pruned).plot()
    (panel,) = display.ax_
    display.figure_.canvas.draw()
    assert panel.get_ylim() == bare.get_ylim()
    assert data_of(display.lines_["pruned"])[1] == scores[2:]
    below, above = (line for line in panel.lines if line.get_marker() in "v^")
    for line, number, edge in ((below, 2, 0), (above, 3, 1)):
        assert line.get_xdata() == [number]
        _, height = panel.transAxes.inverted().transform(
            line.get_transform().transform(line.get_xydata())[0]
        )
        assert height == pytest.approx(edge)


def test_low_scores_can_be_the_good_ones():
    display = SearchDisplay(
        [0, 1, 2], [0.5, 0.7, NAN], greater_is_better=False, defaults=0
    ).plot()
    assert data_of(display.lines_["best so far"]) == [[0, 1, 2], [0.5, 0.5, 0.5]]
    assert legend_of(display) == ["best so far", "finished", "best, the defaults"]


@pytest.mark.parametrize("greater_is_better", [True, False])
def test_the_first_of_equals_is_the_best(greater_is_better):
    scores = [0.5, 0.9, 0.9] if greater_is_better else [0.9, 0.5, 0.5]
    display = SearchDisplay(range(3), scores, greater_is_better=greater_is_better)
    assert display.plot().lines_["best"].get_xdata() == [1]


def test_trials_come_in_the_order_of_their_numbers():
    display = SearchDisplay([2, 0, 1], [0.3, 0.1, 0.2]).plot()
    assert data_of(display.lines_["best so far"]) == [[0, 1, 2], [0.1, 0.2, 0.3]]


def test_many_rungs_do_not_all_get_a_tick():
    rungs = range(1, 101)
    display = SearchDisplay([0], [1], rungs=rungs, rung_scores=[rungs]).plot()
    assert len(display.ax_[1].get_xticks()) < 20


def assert_shows_search(display, search):
    """Scores and curves are those of the search's own study."""
    winner = search.trials_[search.best_index_].number
    pruned = search.cv_results_["pruned"]
    assert 0 < pruned.sum() < len(pruned) - 2
    points = dict(
        zip(
            *np.concatenate(
                [
                    line.get_xydata()
                    for name, line in display.lines_.items()
                    if name != "best so far"
                ]
            ).T.tolist(),
            strict=True,
        )
    )
    assert points == {trial.number: trial.value for trial in search.trials_}
    assert points[winner] == pytest.approx(search.best_score_)
    np.testing.assert_array_equal(
        display.lines_["pruned"].get_xdata(), search.cv_results_["trial"][pruned]
    )
    assert display.lines_["best"].get_xdata() == [winner]
    defaults = display.lines_["defaults" if winner else "best"]
    assert defaults.get_xdata() == [0]
    for trial in search.trials_:
        steps = sorted(trial.intermediate_values)
        values = [trial.intermediate_values[step] for step in steps]
        assert data_of(display.curves_[trial.number]) == [steps, values]


@pytest.mark.slow
def test_search_by_rungs(by_rungs):
    display = SearchDisplay.from_estimator(by_rungs)
    assert_shows_search(display, by_rungs)
    assert {line.get_xdata()[-1] for line in display.curves_.values()} >= {1, 3}
    assert [ax.get_xlabel() for ax in display.ax_] == ["trial", "epochs"]
    assert [ax.get_ylabel() for ax in display.ax_] == ["ROC AUC", "ROC AUC"]
    assert display.ax_[1].get_xticks().tolist() == [1, 2, 3]


def test_search_whose_folds_are_reports(by_folds):
    display = SearchDisplay.from_estimator(by_folds)
    assert_shows_search(display, by_folds)
    assert display.ax_[1].get_xlabel() == "folds"
    assert display.ax_[0].get_ylabel() == "negative log loss"


def test_winner_is_the_one_that_the_search_chose(table):
    search = MiraiSearchCV(
        LogisticRegression(),
        {"C": [1.0, 1e-4]},
        n_trials=4,
        cv=3,
        refit=lambda results: len(results["trial"]) - 1,
        random_state=0,
    ).fit(*table)
    display = SearchDisplay.from_estimator(search)
    assert legend_of(display)[-1] == "best, trial 3"
    assert display.ax_[0].get_ylabel() == "score"


@pytest.mark.parametrize(
    ("scoring", "refit", "name"),
    [
        ("average_precision", True, "average precision"),
        (["roc_auc", "accuracy"], "accuracy", "accuracy"),
        ({"mine": "roc_auc", "other": "accuracy"}, False, "mine"),
        (lambda estimator, X, y: {"good": estimator.score(X, y)}, "good", "good"),
        (lambda estimator, X, y: estimator.score(X, y), True, "score"),
    ],
)
def test_score_is_called_what_scoring_says(by_folds, scoring, refit, name):
    search = MiraiSearchCV(LogisticRegression(), scoring=scoring, refit=refit)
    search.study_, search.trials_ = by_folds.study_, by_folds.trials_
    display = SearchDisplay.from_estimator(search)
    assert display.ax_[0].get_ylabel() == name
    named = SearchDisplay.from_estimator(search, score_name="mine alone")
    assert named.ax_[0].get_ylabel() == "mine alone"


def test_study(study):
    display = SearchDisplay.from_study(study, score_name="loss")
    values = {trial.number: trial.value for trial in study.trials}
    assert values.pop(4) is None
    so_far = display.lines_["best so far"]
    assert so_far.get_xdata().tolist() == [*values]
    finished = [NAN if n % 2 else value for n, value in values.items()]
    np.testing.assert_array_equal(so_far.get_ydata(), np.fmin.accumulate(finished))
    assert so_far.get_ydata()[-1] == study.best_value
    assert display.lines_["pruned"].get_xdata().tolist() == [1, 3, 5, 7]
    assert display.curves_.keys() == values.keys()
    assert [ax.get_xlabel() for ax in display.ax_] == ["trial", "step"]
    assert "defaults" not in display.lines_


def test_study_without_reports():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    display = SearchDisplay.from_study(study)
    assert len(display.ax_) == 1
    assert not display.curves_
    with pytest.raises(ValueError, match="kind='rungs' needs scores at rungs"):
        SearchDisplay.from_study(study, kind="rungs")


def test_study_that_is_none():
    several = optuna.create_study(directions=["minimize", "maximize"])
    with pytest.raises(ValueError, match="has 2 objectives, and no best trial"):
        SearchDisplay.from_study(several)
    with pytest.raises(ValueError, match="there is no trial to draw"):
        SearchDisplay.from_study(optuna.create_study())


def test_display_stores_and_plots_again():
    display = SearchDisplay(**TRIALS)
    assert not hasattr(display, "ax_")
    assert display.plot() is display
    first = display.figure_
    assert display.plot(kind="rungs").figure_ is not first
    assert len(display.ax_) == 1
    assert not display.lines_
    assert display.numbers is TRIALS["numbers"]


def test_given_panels_carry_the_legend():
    figure, panels = plt.subplots(2, 2)
    display = SearchDisplay(**TRIALS).plot(ax=panels[1])
    assert [*display.ax_] == [*panels[1]]
    assert display.figure_ is figure
    assert not figure.legends
    assert panels[1, 0].get_legend() is None
    assert panels[1, 1].get_legend() is not None
    bare = SearchDisplay(**TRIALS).plot(kind="scores", ax=panels[0, 0], legend=False)
    assert [*bare.ax_] == [panels[0, 0]]
    assert panels[0, 0].get_legend() is None


@pytest.mark.parametrize("kind", ["scores", "rungs", "both"])
def test_legend_is_within_the_figure(kind):
    trials = TRIALS | {"numbers": [1_000, 1_001, 1_002, 1_003]}
    display = SearchDisplay(**trials, defaults=1_000).plot(kind=kind)
    display.figure_.canvas.draw()
    (legend,) = display.figure_.legends
    box, (width, height) = legend.get_window_extent(), display.figure_.bbox.size
    assert 0 <= box.x0 < box.x1 <= width
    assert max(ax.get_window_extent().y1 for ax in display.ax_) <= box.y0
    assert box.y1 <= height


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"numbers": []}, "there is no trial to draw"),
        ({"numbers": [0, 1, 1, 2]}, r"each trial once, not \[0, 1, 1, 2\]"),
        ({"scores": [1, 2]}, r"scores has the shape \(2,\); expected \(4,\), for 4 "),
        ({"pruned": [True]}, r"pruned has the shape \(1,\)"),
        ({"rungs": [3]}, r"rung_scores has the shape \(4, 2\).* 4 trials and 1 rungs"),
        ({"rungs": None}, r"rung_scores has the shape \(4, 2\)"),
        ({"best": 3}, "best=3 must be one of the numbers"),
        ({"defaults": 9}, "defaults=9 must be one of the numbers"),
    ],
)
def test_arrays_that_do_not_fit(change, message):
    with pytest.raises(ValueError, match=message):
        SearchDisplay(**(TRIALS | change)).plot()
    assert not plt.get_fignums()


def test_what_cannot_be_drawn():
    display = SearchDisplay(**TRIALS)
    with pytest.raises(ValueError, match="kind='lines' must be 'scores', 'rungs', "):
        display.plot(kind="lines")
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"ax holds 1 Axes, but 2 .*subplots\(1, 2\)"):
        display.plot(ax=ax)


def test_what_is_no_fitted_search(table):
    for unfitted in (
        MiraiSearchCV(LogisticRegression(), SPACE),
        GridSearchCV(LogisticRegression(), {"C": [1]}),
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            SearchDisplay.from_estimator(unfitted)
    grid = GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(*table)
    for other in (grid, MiraiSearchCV, [1, 2]):
        with pytest.raises(TypeError, match="has no trials_ and study_ of Optuna"):
            SearchDisplay.from_estimator(other)
