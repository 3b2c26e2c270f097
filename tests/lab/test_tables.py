"""Parts without training, on every kind of table that the lab takes."""

import csv
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.lab import run_lab
from tests.lab.runs import SMALL, results, write_uci_files

N_ROWS = 1200
FACTS = [1, 2, 3, 4, 5, 6, 7, 8, 11]


def as_npy(folder, *, part="", dtype=float):
    """Turn UCI's files into the lab's; return them."""
    X, y = write_uci_files(folder, n_rows=N_ROWS, compressed=False)
    for path in list(folder.iterdir()):
        path.unlink()
    if part:
        chosen = np.arange(0, N_ROWS, {"_half": 2, "_quarter": 4}[part])
        X, y = X[chosen], y[chosen]
    np.save(folder / f"Mirai_data{part}.npy", X.astype(dtype))
    np.save(folder / f"Mirai_labels{part}.npy", y)
    return X, y


KINDS = {
    "npy": lambda folder: as_npy(folder),
    "float32": lambda folder: as_npy(folder, dtype=np.float32),
    "csv": lambda folder: write_uci_files(folder, n_rows=N_ROWS, compressed=False),
    "csv.gz": lambda folder: write_uci_files(folder, n_rows=N_ROWS),
    "half": lambda folder: as_npy(folder, part="_half"),
    "quarter": lambda folder: as_npy(folder, part="_quarter"),
}


@pytest.fixture(params=[*KINDS, "generated"])
def kind(request):
    return request.param


@pytest.mark.slow(after=2)
def test_each_part_alone_and_all_together_find_the_same(tmp_path, kind):
    settings = {**SMALL}
    if kind == "generated":
        data = None
        settings["n_rows"] = N_ROWS
    else:
        data = tmp_path / "data"
        KINDS[kind](data)
        settings["subset"] = kind if kind in ("half", "quarter") else "full"
    n_rows = N_ROWS // {"half": 2, "quarter": 4}.get(kind, 1)
    without_keras = [part for part in FACTS if part not in (2, 11)]
    for part in without_keras:
        # a folder of its own for each, but for the one that all share in the end
        run_lab(data, output=tmp_path / "one by one", only=[part], **settings)
        text = (tmp_path / "one by one" / "report.md").read_text()
        assert f"## Part {part}: " in text
    run_lab(data, output=tmp_path / "together", only=FACTS, **settings)
    one, all_ = results(tmp_path / "one by one"), results(tmp_path / "together")
    assert set(all_) == {f"part_{part:02}" for part in FACTS}
    for name in ("part_01", "part_05", "part_06", "part_07", "part_08"):
        assert {**one[name], "seconds": 0} == {**all_[name], "seconds": 0}
    assert all_["part_01"]["shape"] == [n_rows, 116]
    assert all_["part_04"]["shape"] == [n_rows, 92]
    assert all_["part_06"]["n_rows"] == n_rows
    text = (tmp_path / "together" / "report.md").read_text()
    numbers = [int(x.split(".")[0]) for x in text.split("**Question ")[1:]]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert text.startswith("# The Mirai lab on a generated") is (kind == "generated")


def test_columns_before_and_after_standardisation_are_listed(tmp_path):
    X, _ = KINDS["float32"](tmp_path / "data")
    run_lab(tmp_path / "data", output=tmp_path / "run", only=[6], **SMALL)
    with (tmp_path / "run" / "standardised_columns.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["column"] for row in rows] == list(FEATURE_NAMES[23:])
    kept = X[:, 24:].astype(np.float32).astype(float)
    for row, column in zip(rows, kept.T, strict=True):
        assert float(row["mean"]) == pytest.approx(column.mean(), rel=1e-6)
        assert float(row["standard_deviation"]) == pytest.approx(column.std(), rel=1e-5)
        assert math.isclose(float(row["mean_after"]), 0, abs_tol=1e-6)
        assert math.isclose(float(row["standard_deviation_after"]), 1, abs_tol=1e-6)
    text = (tmp_path / "run" / "report.md").read_text()
    assert "(standardised_columns.csv)" in text


@pytest.mark.parametrize("compressed", [False, True])
def test_gaps_in_a_csv_file_are_counted_and_stop_the_rest(tmp_path, compressed):
    import gzip

    opened = gzip.open if compressed else open
    write_uci_files(tmp_path / "data", n_rows=300, compressed=compressed)
    (path,) = (tmp_path / "data").glob("Mirai_dataset*")
    with opened(path, "rt") as file:
        lines = file.read().split("\n")
    for row, column in ((7, 50), (9, 60)):
        cells = lines[row].split(",")
        cells[column] = "nan"
        lines[row] = ",".join(cells)
    with opened(path, "wt") as file:
        file.write("\n".join(lines))
    with pytest.raises(RuntimeError, match="1 pieces of work failed: part_06"):
        run_lab(tmp_path / "data", output=tmp_path / "run", only=[1, 5, 6], **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| values that are no numbers | 2 |" in text
    assert "mend the rows, or leave them out with their labels" in text
    assert "row 7, column 50 (counted from 0) is nan; the lab needs finite" in text
    assert "## Part 5: " in text


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_timed_trainings_on_files_of_a_half_go_on_after_a_kill(tmp_path):
    as_npy(tmp_path / "data", part="_half", dtype=np.float32)
    output = tmp_path / "run"
    command = [
        sys.executable, "-m", "skmirai", "lab", "run", "--data", str(tmp_path / "data"),
        "-o", str(output), "--epochs-scale", "0.1", "--seeds", "1", "-j", "1",
        "--subset", "half", "--only", "3", "--only", "11", "--only", "13",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    main = psutil.Process(process.pid)
    deadline = time.monotonic() + 240
    while not list(output.glob("parts/batch_*.json")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = main.children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    kept = {p: p.stat().st_mtime_ns for p in output.glob("parts/*.json")}
    assert not (output / "report.html").exists()
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    found = results(output)
    sizes = {f"batch_{size}" for size in (100, 1_000, 10_000)}
    sizes |= {f"rate_of_batch_{size}" for size in (100, 1_000)}
    assert set(found) == {"part_02", "part_03", "part_06", "part_11", *sizes}
    assert found["batch_100"]["n_rows"] == 420
    assert found["batch_100"]["updates"] == 5
    assert found["batch_100"]["load"]["processors"]["peak"] > 0
    text = (output / "report.md").read_text()
    numbers = [int(x.split(".")[0]) for x in text.split("**Question ")[1:]]
    assert numbers == [1, 2, 3, *range(5, 13)]
    assert "why validation is often ahead of training" in text
