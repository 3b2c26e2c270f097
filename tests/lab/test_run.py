"""A run of the whole lab: what it keeps, what it reports, how it goes on."""

import base64
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from sklearn.metrics import accuracy_score, log_loss

import skmirai
from skmirai.lab import PARTS, QUESTIONS, RUNS, run_lab, shuffled_split
from skmirai.lab._report import write_report
from skmirai.lab._rows.table import lab_table
from skmirai.lab._schedule import lab_tasks
from skmirai.lab._work.store import ResultStore
from tests.lab.runs import SMALL, results, write_uci_files
from tests.pages import Page

#: Results that differ from run to run.
TIMES = {
    "seconds",
    "fit_seconds",
    "epoch_seconds",
    "passes_seconds",
    "seconds_to_open",
    "load",
    "free memory",
}


def without_times(result):
    """Leave out what differs from run to run."""
    if not isinstance(result, dict):
        return result
    return {k: without_times(v) for k, v in result.items() if k not in TIMES}


@pytest.fixture
def copy_of_run(whole_run, tmp_path):
    return shutil.copytree(whole_run, tmp_path / "copy")


@pytest.mark.slow
def test_every_piece_of_work_leaves_a_result(whole_run):
    names = {task.name for task in lab_tasks(epochs_scale=0.01, n_seeds=1)}
    assert set(results(whole_run)) == names
    assert {task.part for task in lab_tasks()} == {part.number for part in PARTS}
    assert not list((whole_run / "parts").glob("*.epoch"))


@pytest.mark.slow
def test_facts_about_the_table(whole_run, uci_folder):
    found = results(whole_run)
    y = np.loadtxt(uci_folder / "Mirai_labels.csv.gz", dtype=int)
    train, validation, test = shuffled_split(3000)
    assert found["part_01"]["shape"] == [3000, 116]
    assert found["part_01"]["counts"] == [480, 2520]
    assert found["part_01"]["n_nan"] == 0
    assert found["part_04"]["shape"] == [3000, 92]
    assert found["part_05"]["majority"] == 2520 / 3000
    assert found["part_06"]["largest_mean"] < 1e-12
    assert found["part_06"]["largest_deviation"] == pytest.approx(1, abs=1e-9)
    assert found["part_07"]["rest"] == [0, 900]
    assert found["part_08"]["train"] == np.bincount(y[train]).tolist()
    assert found["part_08"]["validation"] == np.bincount(y[validation]).tolist()
    assert found["part_08"]["test"] == np.bincount(y[test]).tolist()
    assert found["part_09"]["2 x 20"]["trainable"] == 2301
    assert found["batch_100"]["updates"] == 21
    assert found["batch_1000"]["updates"] == 3
    balanced = found["part_08"]["class_weight"]
    for k in range(10):  # stratified, so nearly those of all training rows
        assert found[f"fold_{k}"]["class_weight"] == pytest.approx(balanced, rel=0.01)


@pytest.mark.slow
def test_saved_networks_give_the_reported_figures(whole_run, uci_folder):
    X = np.loadtxt(uci_folder / "Mirai_dataset.csv.gz", delimiter=",")
    y = np.loadtxt(uci_folder / "Mirai_labels.csv.gz", dtype=int)
    test = shuffled_split(3000).test
    for name in ("run_2", "run_10_batch_norm", "run_11"):
        clf = skmirai.load(whole_run / "models" / f"{name}.skmirai")
        found = results(whole_run)[name]
        assert accuracy_score(y[test], clf.predict(X[test])) == pytest.approx(
            found["accuracy"], abs=1e-12
        )
        loss = log_loss(y[test], clf.predict_proba(X[test])[:, 1].astype(float))
        assert loss == pytest.approx(found["loss"], rel=1e-4)
    rows = X[:, 24:]
    network_sees = clf.pipeline_[:-1].transform(X)
    expected = (rows - rows.mean(axis=0)) / rows.std(axis=0)  # over all rows
    np.testing.assert_allclose(network_sees, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_report_names_every_part_run_and_question(whole_run):
    text = (whole_run / "report.md").read_text()
    for part in PARTS:
        assert f"## Part {part.number}: {part.title}\n" in text
    for run in RUNS:
        assert f"| {run.name}: {run.title} |" in text
    for question in QUESTIONS:
        assert f"**Question {question.number}. {question.text}**" in text
    assert "[[" not in text
    assert "generated" not in text.split("\n")[0]
    assert "published figures are left out" in text
    assert "(published: 0." not in text  # accuracies of another table
    assert "## Time of every part" in text


@pytest.mark.slow
def test_page_holds_everything(whole_run):
    page = Page((whole_run / "report.html").read_text())
    page.check()
    text = (whole_run / "report.md").read_text()
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", text)
    shown = [(attrs["alt"], attrs["src"]) for attrs in page.all("img")]
    assert shown == [
        (alt, f"data:image/png;base64,{_base64(whole_run / name)}")
        for alt, name in pictures
    ]
    assert len(shown) == len(set(shown)) > 10
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    (saved,) = (attrs for attrs in page.all("a") if "download" in attrs)
    columns = _base64(whole_run / "standardised_columns.csv")
    assert saved["href"] == f"data:text/csv;base64,{columns}"
    links = [text for tag, text in page.texts if tag == "a"]
    assert [text for text in links if text != saved["download"]] == headings
    assert len(page.all("table")) == len(page.all("div"))


def _base64(path):
    return base64.b64encode(path.read_bytes()).decode()


@pytest.mark.slow
def test_second_run_trains_nothing_and_reports_the_same(copy_of_run, uci_folder, capfd):
    before = {p: p.stat().st_mtime_ns for p in (copy_of_run / "parts").iterdir()}
    report = (copy_of_run / "report.md").read_text()
    (copy_of_run / "report.md").unlink()
    run_lab(uci_folder, output=copy_of_run, **{**SMALL, "quiet": False})
    after = {p: p.stat().st_mtime_ns for p in (copy_of_run / "parts").iterdir()}
    assert after == before
    assert (copy_of_run / "report.md").read_text() == report
    assert "part" not in capfd.readouterr().err


@pytest.mark.slow
def test_other_settings_need_another_folder(whole_run, uci_folder):
    with pytest.raises(ValueError, match=r"epochs_scale=0.01, but epochs_scale=0.5"):
        run_lab(uci_folder, output=whole_run, **{**SMALL, "epochs_scale": 0.5})


KILLED = (10, 12, 21)


@pytest.fixture
def unbroken(copy_of_run):
    """The whole run's results of the parts that are killed below."""
    kept = {task.name for task in lab_tasks(KILLED, n_seeds=1)}
    for path in (copy_of_run / "parts").glob("*.json"):
        if path.stem not in kept:
            path.unlink()
    return copy_of_run


def _equal_times(folder, copy):
    """Copy a run with all times set to 1; return the text of its report."""
    shutil.copytree(folder, copy)
    settings = json.loads((copy / "settings.json").read_text())

    def set_times(value):
        if not isinstance(value, dict):
            return value
        return {
            k: set_times(v) if without_times({k: 0}) else 1.0 for k, v in value.items()
        }

    for path in (copy / "parts").glob("*.json"):
        path.write_text(json.dumps(set_times(json.loads(path.read_text()))))
    return copy, settings


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_killed_run_goes_on_and_reports_the_same(uci_folder, unbroken, tmp_path):
    output = tmp_path / "run"
    command = [
        sys.executable, "-m", "skmirai", "lab", "run", "--data", str(uci_folder),
        "-o", str(output), "--epochs-scale", "0.01", "--seeds", "1", "-j", "1",
        *(word for part in KILLED for word in ("--only", str(part))),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    main = psutil.Process(process.pid)
    deadline = time.monotonic() + 240
    while len(list(output.glob("parts/fold_*.json"))) < 2:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = main.children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive, "a worker outlives the run that was killed"
    kept = {p: p.stat().st_mtime_ns for p in output.glob("parts/*.json")}
    assert 3 <= len(kept) < len(results(unbroken))
    assert not (output / "report.html").exists()
    damaged = output / "parts" / "fold_0.json"
    os.truncate(damaged, 20)
    del kept[damaged]

    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    assert {p: p.stat().st_mtime_ns for p in kept} == kept  # nothing done twice
    first, second = results(unbroken), results(output)
    assert without_times(second) == without_times(first)

    table = lab_table(uci_folder, output)
    reports = []
    for k, folder in enumerate((unbroken, output)):
        copy, settings = _equal_times(folder, tmp_path / f"copy_{k}")
        write_report(ResultStore(copy, settings), table)
        reports.append((copy / "report.md").read_text())
    assert reports[0] == reports[1]


def test_table_without_counter_drops_one_column_less(tmp_path):
    write_uci_files(tmp_path / "data", counter=False, compressed=False, n_rows=300)
    run_lab(tmp_path / "data", output=tmp_path / "run", only=[1, 4], **SMALL)
    found = results(tmp_path / "run")
    assert found["part_01"]["shape"] == [300, 115]
    assert found["part_04"]["shape"] == [300, 92]


@pytest.mark.parametrize(("subset", "n_rows"), [("half", 150), ("quarter", 75)])
def test_subset(uci_folder, tmp_path, subset, n_rows):
    write_uci_files(tmp_path / "data", n_rows=300)
    run_lab(
        tmp_path / "data", output=tmp_path / "run", only=[1], subset=subset, **SMALL
    )
    assert results(tmp_path / "run")["part_01"]["counts"] == [
        round(0.16 * n_rows), n_rows - round(0.16 * n_rows),
    ]  # fmt: skip


def test_generated_table_says_so(tmp_path):
    run_lab(None, output=tmp_path / "run", only=[1, 8], n_rows=1000, **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    assert text.startswith("# The Mirai lab on a generated table\n")
    assert "rows of this run come from simulated packets" in text
    assert results(tmp_path / "run")["part_01"]["counts"] == [159, 841]


@pytest.mark.slow
def test_generated_table_has_the_published_labels(tmp_path):
    run_lab(None, output=tmp_path / "run", only=[7, 8], **SMALL)
    found = results(tmp_path / "run")
    assert found["part_07"]["train"] == [121_621, 413_274]
    assert found["part_08"]["train"] == [84_952, 449_943]
    assert found["part_08"]["class_weight"] == pytest.approx(
        [3.14821899, 0.59440307], abs=5e-9
    )
    text = (tmp_path / "run" / "report.md").read_text()
    counts = "84,952 / 449,943"
    assert f"| training | 534,895 | 534,895 | {counts} | {counts} |" in text
    assert "published" not in text.split("## Part")[1]


@pytest.mark.slow
def test_published_figures_beside_a_table_of_the_lab(copy_of_run, uci_folder):
    copy = copy_of_run
    settings = json.loads((copy / "settings.json").read_text()) | {"epochs_scale": 1.0}
    (copy / "settings.json").write_text(json.dumps(settings))
    table = dataclasses.make_dataclass("Table", ["origin", "has_published_labels"])
    write_report(ResultStore(copy, settings), table("published", True))
    text = (copy / "report.md").read_text()
    measured = results(copy)

    first = measured["run_1"]
    accuracy, loss = first["accuracy"], first["loss"]
    assert (
        f"| 1: 2 x 20, no class weights | {accuracy:.4f} | 0.9084 | "
        f"{accuracy - 0.9084:+.4f} | {loss:.4f} | 0.1724 | {loss - 0.1724:+.4f} |"
    ) in text
    dropout = measured["run_9b"]
    accuracy, loss = dropout["val_accuracy"], dropout["val_loss"]
    assert f"| {accuracy:.4f} | 0.8835 | {loss:.4f} | 0.2725 |" in text
    assert "(published: 0.8835 and 0.9028)" in text
    assert "The published answer is 0.9370: 6 x 20 sigmoid units" in text
    assert "With it the test accuracy was 0.9559, and yet it was rejected" in text
    assert "(published: 0.9132 and 0.0002)" in text
    assert "(published: 0.9168 and 0.0032)" in text
    assert "; published: 0.9168 and 0.0032." in text
    one = measured["run_11"]
    accuracy, loss = one["pass_accuracy"], one["pass_loss"]
    assert f"| {accuracy:.4f} | 0.9133 | {loss:.4f} | 0.2235 |" in text
    assert re.search(r"\| 100 \| [\d.]+ \| 22 \| [\d.]+ \| 399 \| 21 \| 5,348 \|", text)
    assert "published figures are set beside" in text


@pytest.mark.slow
def test_damaged_results_are_done_again(copy_of_run, uci_folder):
    """Here those without training; a damaged training above, after the kill."""
    before = results(copy_of_run)
    os.truncate(copy_of_run / "parts" / "part_01.json", 20)
    (copy_of_run / "parts" / "part_05.json").write_text("{}")
    (copy_of_run / "parts" / "note.json").write_text('{"a": 1}')
    run_lab(uci_folder, output=copy_of_run, **SMALL)
    (copy_of_run / "parts" / "note.json").unlink()
    assert without_times(results(copy_of_run)) == without_times(before)


def test_changed_table_is_noticed(tmp_path):
    X, y = write_uci_files(tmp_path / "uci", n_rows=200)
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "Mirai_data.npy", X)
    np.save(tmp_path / "data" / "Mirai_labels.npy", y)
    arguments = {"output": tmp_path / "run", "only": [1], **SMALL}
    run_lab(tmp_path / "data", **arguments)
    X[3, 70] += 1
    np.save(tmp_path / "data" / "Mirai_data.npy", X)
    with pytest.raises(ValueError, match=r"results of another table .* was changed"):
        run_lab(tmp_path / "data", **arguments)
