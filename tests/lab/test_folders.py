"""Folders of runs, compared and checked: whole ones, damaged ones, edited ones."""

import json
import math

import pytest
from scipy.stats import ttest_ind

from skmirai.lab import RUNS, SETTINGS, check_lab, compare_labs
from skmirai.lab._best import CONFIGURED
from skmirai.lab._folders.compare import judge
from tests.lab.folders import change, write, write_run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A run with all published figures; tests leave it as it is."""
    return write_run(tmp_path_factory.mktemp("lab") / "published")


def state_of(found, name):
    """State of a piece of work, and why."""
    (piece,) = (piece for piece in found.pieces if piece.name == name)
    return piece.state, "; ".join(piece.reasons)


def test_published_figures_are_complete_and_within(published):
    found = check_lab(published)
    assert found.complete
    assert found.within
    assert found.reference == "the published run"
    names = [figure.name for figure in found.figures]
    assert len(set(names)) == len(names)
    assert {
        f"run {run.name}, accuracy" for run in RUNS if "accuracy" in run.published
    } <= {*names}
    facts = {f"part_08, {name}" for name in ("train", "rest", "class_weight")}
    assert facts | {"passes, accuracy", "folds, accuracy"} <= {*names}
    text = str(found)
    assert f"{len(found.pieces)} of {len(found.pieces)} pieces of work" in text
    assert "Accuracies may differ by 0.01, losses by 0.02" in text


@pytest.mark.parametrize(
    ("n_rows", "within"), [(1_145, True), (-1_146, True), (1_147, False)]
)
def test_accuracies_within_a_hundredth_of_the_published(tmp_path, n_rows, within):
    run = write_run(tmp_path / "run", n_seeds=1)  # 114,621 test rows
    figure = round(0.9084 * 114_621) + n_rows
    change(run, "run_1", accuracy=figure / 114_621)
    found = check_lab(run, parts=[10])
    assert found.complete
    assert found.within == within
    outside = [f.name for f in found.figures if not f.within]
    assert outside == ([] if within else ["run 1, accuracy"])
    assert check_lab(run, parts=[10], accuracy_tolerance=0.02).within


def test_of_several_seeds_the_mean_is_judged(tmp_path):
    run = write_run(tmp_path / "run")
    for name, figure in (("run_1", 0.93), ("run_1_seed_1", 0.89)):
        change(run, name, accuracy=round(figure * 114_621) / 114_621)
    found = check_lab(run, parts=[10])
    (figure,) = (f for f in found.figures if f.name == "run 1, accuracy")
    assert figure.value == pytest.approx((0.93 + 0.89 + 0.9084) / 3, abs=1e-5)
    assert figure.within


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "generated"},
        {"subset": "half"},
        {"epochs_scale": 0.5},
        {"scaling": "training_rows"},
    ],
    ids=str,
)
def test_other_rows_and_settings_have_no_published_figures(tmp_path, changes):
    found = check_lab(write_run(tmp_path / "run", n_seeds=1, **changes))
    assert found.complete
    assert found.reference.startswith("none, since")
    assert found.figures == ()


def own_best(**changes):
    """A configuration of one's own, complete as a run keeps it."""
    return {name: SETTINGS[name] for name in CONFIGURED} | changes


def test_own_best_leaves_the_published_figures_of_other_parts(tmp_path):
    """Trainings of 20 epochs have all seeds, those of parts 19 and 20 too."""
    run = write_run(tmp_path / "run", best=own_best(n_layers=3), shift=0.001)
    assert (run / "parts" / "run_10_seed_2.json").exists()
    found = check_lab(run)
    assert found.complete, str(found)
    assert found.within
    names = {figure.name for figure in found.figures}
    assert {"run 1, accuracy", "run 9b, val_loss"} <= names
    assert not [n for n in names if n.startswith(("run 10", "run 11", "pass", "fold"))]
    (piece,) = (piece for piece in found.pieces if piece.name == "run_10")
    assert piece.title.startswith("run 10: own: 3 x 20 sigmoid, sgd 0.1")


@pytest.mark.parametrize("best", [3, {"layers": 3}, {"n_layers": "3"}], ids=str)
def test_a_damaged_best_is_named(tmp_path, best):
    run = write_run(tmp_path / "run", n_seeds=1)
    known = json.loads((run / "settings.json").read_text())
    write(run, "settings", known | {"best": best})
    found = check_lab(run)
    assert found.other_files["settings"].startswith("best: ")
    assert not found.complete
    assert str(compare_labs(run, run))


def test_own_best_has_its_own_title_beside_the_published_one(tmp_path, published):
    run = write_run(tmp_path / "run", best=own_best(n_layers=3, epochs=40))
    found = compare_labs(published, run)
    titles = {difference.run: difference.title for difference in found.differences}
    assert titles["10"] == (
        "6 x 20, Adam 0.005, 300 epochs (A), "
        "own: 3 x 20 sigmoid, sgd 0.1, batch 10,000, 40 epochs (B)"
    )
    assert titles["1"] == "2 x 20, no class weights"
    assert f"10: {titles['10']}" in found.curves
    told = check_lab(run, reference=published).reference
    assert told == f"{published}, whose settings are others: best"


@pytest.mark.parametrize("origin", ["generated", "part", "other"])
def test_rows_that_are_not_what_their_labels_say(tmp_path, origin):
    run = write_run(tmp_path / "run", n_seeds=1)
    change(run, "part_01", origin=origin)
    assert check_lab(run).figures == ()
    change(run, "part_01", origin="published")
    assert check_lab(run).reference == "the published run"


def test_a_run_agrees_with_itself(published):
    found = check_lab(published, reference=published, loss_tolerance=0)
    assert found.complete
    assert found.within
    assert all(f.value == pytest.approx(f.expected) for f in found.figures)
    assert {f.tolerance for f in found.figures} == {0, 0.01}


def test_figures_of_the_rows_must_be_equal(published, tmp_path):
    run = write_run(tmp_path / "run", n_seeds=1)
    change(run, "part_08", train=[84_953, 449_942])
    change(run, "part_09", **{"4 x 50": {"trainable": 12_350}})
    expected = ["part_08, train", "part_09, parameters of 4 x 50"]
    for reference in (None, published):
        found = check_lab(run, reference=reference)
        assert [f.name for f in found.figures if not f.within] == expected
        assert "84953, 449942" in str(found)


def test_a_reference_of_other_rows_is_called_so(published, tmp_path):
    other = write_run(tmp_path / "other", counts=[1_000, 5_000], n_seeds=1)
    found = check_lab(published, reference=other)
    assert found.reference == f"{other}, whose rows are others"
    assert not found.within


def test_trainings_of_part_13_are_held_against_a_reference(tmp_path, published):
    run = write_run(tmp_path / "run", n_seeds=1)
    change(run, "batch_100", loss=0.5)
    found = check_lab(run, reference=published)
    assert [f.name for f in found.figures if not f.within] == ["batch_100, loss"]
    assert check_lab(run, reference=published, parts=[10]).within


def test_missing_pieces(tmp_path):
    run = write_run(tmp_path / "run", n_seeds=2)
    (run / "parts" / "run_3_seed_1.json").unlink()
    found = check_lab(run)
    assert state_of(found, "run_3_seed_1") == ("missing", "")
    assert not found.complete
    assert check_lab(run, parts=[10, 12]).complete
    assert not check_lab(run, parts=[14]).complete


@pytest.mark.parametrize(
    ("name", "figures", "reason"),
    [
        ("run_2", {"accuracy": "high"}, "accuracy is 'high', expected a number"),
        ("run_2", {"loss": None}, "loss is None, expected a number"),
        ("run_2", {"title": None}, "title is None, expected text"),
        ("run_10", {"settings": [1]}, "settings is [1], expected settings by name"),
        ("run_2", {"loss": math.nan}, "loss is nan, expected a number"),
        ("run_2", {"accuracy": 1.7}, "accuracy is 1.7, expected 0 to 1"),
        ("run_2", {"loss": -0.1}, "loss is -0.1, expected no less than 0"),
        ("run_2", {"accuracy": 0.95}, "0.950000 is no whole number of 114,621 rows"),
        ("batch_100", {"accuracy": 0.95}, "is no whole number of 114,621 rows"),
        ("run_2", {"val_accuracy": 0.5}, "but its curve ends at"),
        ("run_2", {"confusion": [[1, 1], [0, 2]]}, "but 0.750000 by its confusion"),
        ("run_2", {"confusion": [1, 2]}, "confusion is [1, 2], expected two rows"),
        ("run_2", {"n_epochs": 19}, "curves of [20] epochs, expected 19"),
        ("run_2", {"part": 13}, "is of part 13, expected 12"),
        ("run_2", {"seconds": "long"}, "has no time"),
        ("run_2", {"history": [1, 2]}, "has no curves"),
        ("run_2", {"history": {"loss": [0.5]}}, "curves of [1] epochs, expected 20"),
        ("fold_3", {"accuracy": True}, "accuracy is True, expected a number"),
        ("part_08", {"train": "all"}, "train is 'all', expected a list of numbers"),
        ("part_01", {"counts": [1, None]}, "expected a list of numbers"),
        ("regression", {"r2_network": {}}, "r2_network is {}, expected a number"),
    ],
)
def test_results_that_no_run_writes_are_named(
    tmp_path, published, name, figures, reason
):
    run = write_run(tmp_path / "run", n_seeds=1)
    change(run, name, **figures)
    for found in (check_lab(run), check_lab(run, reference=published)):
        state, why = state_of(found, name)
        assert state == "doubtful"
        assert reason in why
        assert f"{name}: doubtful" in str(found)
        assert not found.complete
        json.dumps(found.to_dict(), allow_nan=False)
    assert str(compare_labs(run, published))


@pytest.mark.parametrize("content", [b"", b'{"part": 1', b"[1]", b"\xff\xfe{}", b"3"])
def test_damaged_results_are_named(tmp_path, published, content):
    run = write_run(tmp_path / "run", n_seeds=1)
    (run / "parts" / "run_7.json").write_bytes(content)
    found = check_lab(run)
    assert state_of(found, "run_7") == (
        "damaged",
        "is damaged: it holds no JSON object",
    )
    compared = compare_labs(run, published)
    assert compared.damaged == ({"run_7": "is damaged: it holds no JSON object"}, {})
    assert "run_7: is damaged" in str(compared)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("{", "settings: is damaged"),
        ('{"n_seeds": 2.5, "epochs_scale": 1}', "n_seeds is 2.5, expected a whole"),
        ('{"n_seeds": 1, "epochs_scale": -1}', "epochs_scale is -1, expected a number"),
        ('{"n_seeds": "3", "epochs_scale": NaN}', "epochs_scale is nan, expected"),
    ],
)
def test_damaged_settings_are_named(tmp_path, given, reason):
    run = write_run(tmp_path / "run", n_seeds=1)
    (run / "settings.json").write_text(given)
    found = check_lab(run)
    assert not found.complete
    assert reason in str(found)
    assert "settings" in found.other_files
    assert reason.partition(" ")[0] in str(compare_labs(run, run)) or given != "{"


def test_results_of_no_piece_of_work_are_named(tmp_path):
    run = write_run(tmp_path / "run", n_seeds=1)
    write(run, "parts/run_99", {"part": 14, "seconds": 1})
    found = check_lab(run)
    expected = "is no piece of work of a run with these settings"
    assert found.other_files == {"run_99": expected}
    assert not found.complete


def test_nothing_is_written(published):
    before = {path: path.stat().st_mtime_ns for path in published.rglob("*")}
    check_lab(published, reference=published)
    compare_labs(published, published)
    assert {p: p.stat().st_mtime_ns for p in published.rglob("*")} == before


@pytest.mark.parametrize("look", [check_lab, lambda path: compare_labs(path, path)])
def test_other_folders_are_refused(tmp_path, look):
    with pytest.raises(ValueError, match=r"no folder of a lab run: .* 'skmirai"):
        look(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        look(tmp_path / "nowhere")


def test_balanced_accuracy_is_compared_too(tmp_path, published):
    """Accuracy hides what class weights do."""
    run = write_run(tmp_path / "run", n_seeds=1)
    other = write_run(tmp_path / "other", n_seeds=1)
    change(run, "run_2", balanced_accuracy=0.9)
    change(other, "run_2", balanced_accuracy=0.7)
    found = compare_labs(run, other)
    (difference,) = (d for d in found.differences if d.metric == "balanced_accuracy")
    assert (difference.run, difference.values) == ("2", ([0.9], [0.7]))
    assert "Test balanced accuracy" in str(found)
    held = check_lab(run, reference=other)
    assert [f.name for f in held.figures if not f.within] == [
        "run 2, balanced_accuracy"
    ]


def test_errors_name_the_argument(published):
    with pytest.raises(
        ValueError, match=r"parts=\[23\] must be parts of the lab, 1 to"
    ):
        check_lab(published, parts=[23])


def test_equal_runs_have_no_difference(published):
    found = compare_labs(published, published)
    assert found.settings == found.facts == {}
    assert {difference.verdict for difference in found.differences} == {"equal"}
    assert len(found.differences) == 2 * len(RUNS) + 1
    text = str(found)
    assert "Settings: no difference" in text
    assert "Figures of the rows: no difference" in text


def test_differences_are_those_of_welch_test(tmp_path):
    a = write_run(tmp_path / "a", seed=1, spread=0.005)
    b = write_run(tmp_path / "b", seed=2, spread=0.005, shift=-0.02, random_state=1)
    (b / "parts" / "run_10.json").unlink()
    found = compare_labs(a, b)
    assert found.settings == {"random_state": (0, 1)}
    assert found.only == (["run_10"], [])
    verdicts = set()
    for difference in found.differences:
        if difference.metric == "loss":
            continue
        first, second = difference.values
        assert difference.difference == pytest.approx(
            sum(second) / len(second) - sum(first) / len(first)
        )
        verdicts.add(difference.verdict)
        if len(first) > 1:
            test = ttest_ind(second, first, equal_var=False)
            assert difference.interval == pytest.approx(test.confidence_interval(0.95))
            side, _, of = difference.verdict.partition(" the ")
            assert side == ("beyond" if test.pvalue < 0.05 else "within")
            assert of == ("folds" if difference.run == "folds" else "seeds")
    assert {"beyond the seeds", "one seed"} <= verdicts
    assert "Only A has run_10." in str(found)
    assert found.rule in str(found)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0.9], [0.9], "equal"),
        ([0.9], [0.8, 0.9], "one seed"),
        ([0.9, 0.9], [0.8, 0.8], "beyond the seeds"),
        ([0.9, 0.9], [0.9, 0.9, 0.9], "within the seeds"),
        ([0.9, 0.9], [0.8, 0.9], "within the seeds"),
    ],
)
def test_verdict_where_there_is_no_spread(first, second, expected):
    assert judge(first, second)[0] == expected


def test_other_rows_are_named(tmp_path, published):
    other = write_run(tmp_path / "other", counts=[1_000, 5_000], subset="half")
    found = compare_labs(published, other)
    assert found.settings["subset"] == ("full", "half")
    assert found.settings["table"][0] != found.settings["table"][1]
    assert found.facts["part_01, counts"] == ([121_621, 642_516], [1_000, 5_000])
    assert "121621, 642516" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["facts"].keys() == found.facts.keys()


def test_curves_over_each_other(tmp_path, published):
    other = write_run(tmp_path / "other", shift=-0.05)
    change(other, "run_3", history={"val_loss": ["low"], "val_accuracy": 3})
    found = compare_labs(published, other)
    assert "3: 4 x 20" not in found.curves
    text = str(found)
    assert text.count("ends at") == 2 * (len(RUNS) - 1)
    picture = tmp_path / "curves.png"
    found.plot(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"curves.xyz has no ending that names a pict"):
        found.plot(tmp_path / "curves.xyz")


def test_no_curves_to_draw(tmp_path, published):
    (tmp_path / "parts").mkdir()
    write(tmp_path, "settings", {})
    found = compare_labs(published, tmp_path)
    assert "There is no training that both have." in str(found)
    with pytest.raises(ValueError, match="no training with curves in both"):
        found.plot(tmp_path / "curves.png")
