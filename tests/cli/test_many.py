"""``extract`` and ``predict`` over many files: one data set, side by side."""

import os
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from skmirai.cli import _side_by_side
from skmirai.cli._inputs import Input
from skmirai.cli._side_by_side import do_all
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor
from skmirai.utils import _progress
from tests.cli.common import BATCH, table

NAMES = ["a.pcap", "b.pcap", "c.pcap"]


@pytest.fixture
def captures(capture, tmp_path, monkeypatch):
    """A folder of three captures of other lengths, and what is none."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "captures"
    folder.mkdir()
    whole = capture.read_bytes()
    ends = [24]
    while ends[-1] < len(whole):
        size = int.from_bytes(whole[ends[-1] + 8 : ends[-1] + 12], "little")
        ends.append(ends[-1] + 16 + size)
    for name, n_packets in zip(NAMES, (100, 200, 300), strict=True):
        (folder / name).write_bytes(whole[: ends[n_packets]])
    (folder / "README").write_text("three captures")
    (folder / ".hidden.pcap").write_text("being written")
    return Path("captures")


def parts(folder):
    """What is in a data set, with the times of writing."""
    files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in files}


@pytest.mark.parametrize("options", [[], ["--packets"]], ids=["features", "packets"])
def test_features_of_a_folder(call, captures, options):
    status, out, err = call("extract", captures, "-o", "features", *options)
    assert (status, out) == (0, "")
    lines = err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"{Path('captures/a.pcap').resolve()}: 100 packets; ")
    assert lines[-1].startswith("3 files are done; ")
    assert list(parts("features")) == [f"{name}.parquet" for name in NAMES]
    found = pd.read_parquet("features")
    assert found.columns[0] == "capture"
    assert found.shape[1] == 116 + 6 * bool(options)
    for name, n_packets in zip(NAMES, (100, 200, 300), strict=True):
        rows = found[found["capture"] == name]
        expected = AfterImageExtractor().transform(captures / name)
        assert len(rows) == n_packets
        np.testing.assert_array_equal(rows[list(FEATURE_NAMES)], expected)


def test_what_is_done_is_not_done_again(call, captures):
    extract = ["extract", captures, "-o", "features"]
    assert call(*extract)[0] == 0
    before = parts("features")
    Path("features/b.pcap.parquet").unlink()
    status, _, err = call(*extract)
    assert status == 0
    assert "b.pcap: 200 packets" in err.splitlines()[0]
    assert err.splitlines()[1].startswith("3 files are done, 2 of them before; ")
    after = parts("features")
    assert [name for name in after if after[name] != before[name]] == ["b.pcap.parquet"]
    assert call(*extract, "--force", "-q") == (0, "", "")
    again = parts("features")
    assert all(again[name] != after[name] for name in again)


def test_parts_that_were_made_otherwise_are_kept(call, captures):
    extract = ["extract", captures, "-o", "features"]
    assert call(*extract)[0] == 0
    shutil.copy(captures / "a.pcap", captures / "b.pcap")
    before = parts("features")
    status, _, err = call(*extract)
    assert status == 1
    assert "b.pcap.parquet was made of another file or in another way (bytes)" in err
    assert "1 of 3 files failed, and the others are done" in err
    status, _, err = call(*extract, "--clock", "epoch")
    assert status == 1
    assert err.count("in another way (clock): give another folder, or --force") == 2
    assert parts("features") == before
    Path("features/a.pcap.parquet").write_text("mine")
    assert "(bytes, clock, packets)" in call(*extract)[2]
    assert Path("features/a.pcap.parquet").read_text() == "mine"


def test_a_bad_capture_keeps_no_other_from_being_done(call, captures):
    whole = (captures / "b.pcap").read_bytes()
    (captures / "b.pcap").write_text("no capture at all")
    extract = ["extract", captures, "-o", "features", "-q"]
    status, _, err = call(*extract)
    assert status == 1
    first, last = err.splitlines()
    assert first.startswith(f"skmirai: {Path('captures/b.pcap').resolve()}")
    assert last == (
        "skmirai: 1 of 3 files failed, and the others are done: the same command does "
        "those that are not"
    )
    assert list(parts("features")) == ["a.pcap.parquet", "c.pcap.parquet"]
    (captures / "b.pcap").write_bytes(whole)
    assert call(*extract) == (0, "", "")
    assert len(pd.read_parquet("features")) == 600


def test_patterns_and_folders_below(call, captures):
    for day in "monday", "tuesday":
        (captures / day).mkdir()
        shutil.copy(captures / "a.pcap", captures / day / "x.pcap")
    pattern = "captures/*day/x.pcap"
    assert call("extract", pattern, "-o", "features")[0] == 0
    names = ["monday/x.pcap", "tuesday/x.pcap"]
    assert list(parts("features")) == [f"{name}.parquet" for name in names]
    assert pd.read_parquet("features")["capture"].unique().tolist() == names
    assert call("extract", "captures/**/*.pcap", "-o", "all")[0] == 0
    found = pd.read_parquet("all")["capture"].value_counts().to_dict()
    expected = dict(zip([*NAMES, *names], (100, 200, 300, 100, 100), strict=True))
    assert found == expected
    # a file whose name looks like a pattern is a file
    shutil.copy(captures / "a.pcap", "x[1].pcap")
    assert call("extract", "x[1].pcap", "-o", "x.npy")[0] == 0


def test_files_one_by_one(call, captures):
    files = [captures / "a.pcap", captures / "c.pcap", captures / "a.pcap"]
    assert call("extract", *files, "-o", "features")[0] == 0
    assert list(parts("features")) == ["a.pcap.parquet", "c.pcap.parquet"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["captures"], "several inputs make a folder of Parquet files: name it with"),
        (["captures", "-o", "x.csv"], "x.csv ends in '.csv', but several inputs make"),
        (["captures", "-o", "old"], "old: is a file, but several inputs make a fol"),
        (["captures", "-o", "no/x"], "no: there is no such folder"),
        (["captures", "-o", "captures"], "captures is an input of the command"),
        (["captures", "-o", "x", "--format", "npy"], "several captures make Parquet"),
        (["captures", "none.pcap", "-o", "x"], "none.pcap: there is no such file"),
        (["captures", "-", "-o", "x"], "-: there is no such file"),
        (
            ["cap*/*.cap", "-o", "x"],
            "cap*/*.cap stands for no file: expected files that it",
        ),
        (["empty", "-o", "x"], "empty stands for no file: expected files that end in"),
        (["captures", "a.pcap", "-o", "x"], "would both be called a.pcap: give a pat"),
        (["_a.pcap", "captures", "-o", "x"], "readers skip names that begin with '_'"),
    ],
)
def test_what_cannot_be_a_data_set(call, captures, arguments, message):
    Path("old").write_text("precious")
    Path("empty").mkdir()
    shutil.copy(captures / "b.pcap", "a.pcap")
    shutil.copy(captures / "b.pcap", "_a.pcap")
    status, out, err = call("extract", *arguments)
    assert (status, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not Path("x").exists()
    assert Path("old").read_text() == "precious"


def test_verdicts_on_a_folder(call, captures, model):
    options = ["--n-passes", 5, "--batch", BATCH]
    (captures / "d.pcap").write_bytes((captures / "a.pcap").read_bytes()[:24])
    status, out, err = call("predict", model, captures, "-o", "verdicts", *options)
    assert (status, out) == (0, "")
    assert "d.pcap holds no packets" in err
    found = pd.read_parquet("verdicts")
    assert len(found) == 600
    for name in NAMES:
        alone = call("predict", model, captures / name, *options, "-q")[1]
        rows = found[found["capture"] == name].drop(columns="capture")
        expected = table(alone).astype({"verdict": str})
        pd.testing.assert_frame_equal(
            rows.reset_index(drop=True), expected, check_dtype=False, check_exact=True
        )
    empty = pd.read_parquet("verdicts/d.pcap.parquet")
    assert empty.columns.tolist() == found.columns.tolist()
    assert "(batch, n_passes)" in call("predict", model, captures, "-o", "verdicts")[2]


def test_verdicts_on_a_data_set_of_features(call, captures, model):
    assert call("extract", captures, "-o", "features", "--packets")[0] == 0
    options = ["--n-passes", 0, "--batch", BATCH, "-q"]
    for source, target in (("features", "one"), (captures, "other")):
        assert call("predict", model, source, "-o", target, *options) == (0, "", "")
    one, other = (pd.read_parquet(name) for name in ("one", "other"))
    assert set(one["capture"]) == {f"{name}.parquet" for name in NAMES}
    pd.testing.assert_frame_equal(
        one.drop(columns="capture"), other.drop(columns="capture")
    )


def test_progress_on_a_terminal(call, captures, monkeypatch):
    """Of what takes longer than a second; here of everything."""
    whole = _progress.progress_bar
    at_once = {"delay": 0.0}
    monkeypatch.setattr(
        _progress, "progress_bar", lambda n, **how: whole(n, **how | at_once)
    )
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = call("extract", captures, "-o", "one")[2]
    assert "files: 100%" in err
    assert "3/3" in err
    assert call("extract", captures, "-o", "two", "-q")[2] == ""


def test_one_of_several_is_not_followed(call, captures, model):
    status, _, err = call("predict", model, captures, "--follow", "-o", "x")
    assert status == 1
    assert "--follow waits for packets of one capture: give one" in err


@pytest.mark.slow
def test_processes_do_the_same(call, captures, model):
    (captures / "bad.pcap").write_text("no capture at all")
    for command in ["extract"], ["predict", model]:
        name = command[0]
        call(*command, captures, "-o", f"{name} here", "-q")
        status, _, err = call(
            *command, captures, "-o", f"{name} there", "--n-jobs", 2, "-q"
        )
        assert status == 1
        assert "1 of 4 files failed" in err
        for part in Path(f"{name} here").iterdir():
            there = Path(f"{name} there", part.name)
            assert there.read_bytes() == part.read_bytes()


def fatal(source, *, fatal_name, folder):
    """Kill the process at one file, and write the others."""
    if source.name == fatal_name:
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / source.name).write_text("done")
    return source.name


@pytest.mark.slow
def test_a_process_that_dies_takes_no_other_file_along(tmp_path, capsys):
    sources = [Input(tmp_path / name, name) for name in NAMES]
    with pytest.raises(RuntimeError, match="1 of 3 files failed"):
        do_all(
            partial(fatal, fatal_name="b.pcap", folder=tmp_path),
            lambda source: False,
            sources,
            n_jobs=2,
            cluster=None,
            quiet=True,
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pcap", "c.pcap"]
    assert (
        "b.pcap: A process in the process pool was terminated"
        in capsys.readouterr().err
    )


#: Packets of captures that take seconds.
N_PACKETS = 200_000


@pytest.fixture
def long_run(start, capture, tmp_path):
    """Start a run over three long captures; wait until a part is being written."""
    records = np.zeros((N_PACKETS, 4), "<u4")
    records[:, 0] = np.arange(N_PACKETS)
    for name in NAMES:
        head = capture.read_bytes()[:24]
        (tmp_path / name).write_bytes(head + records.tobytes())
    folder = tmp_path / "features"
    extract = ["extract", *(tmp_path / name for name in NAMES), "-o", folder]

    def run(n_jobs):
        process = start(*extract, "--n-jobs", n_jobs)
        deadline = time.monotonic() + 120
        while not any(folder.glob(".*.part")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return process, extract, folder

    return run


@pytest.mark.slow
def test_processes_end_with_a_run_that_is_killed(long_run):
    process, *_ = long_run(2)
    others = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    _, alive = psutil.wait_procs(others, timeout=30)
    for each in alive:
        each.kill()
    assert not alive


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupted_run_goes_on(long_run, call, n_jobs):
    """Ctrl-C while a capture is read; its half part is gone in the end."""
    process, extract, folder = long_run(n_jobs)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert b"Traceback" not in process.stderr.read()
    assert len(list(folder.glob("*.parquet"))) < 3
    assert call(*extract, "-q") == (0, "", "")
    assert list(parts(folder)) == [f"{name}.parquet" for name in NAMES]
    assert len(pd.read_parquet(folder, columns=["capture"])) == 3 * N_PACKETS


@pytest.mark.slow
def test_a_cluster_does_the_same(call, captures, model):
    distributed = pytest.importorskip("distributed")
    (captures / "bad.pcap").write_text("no capture at all")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        address = cluster.scheduler_address
        for command in ["extract"], ["predict", model]:
            name = command[0]
            call(*command, captures, "-o", f"{name} here", "-q")
            status, _, err = call(
                *command, captures, "-o", f"{name} there", "--cluster", address, "-q"
            )
            assert status == 1
            assert "1 of 4 files failed" in err
            for part in Path(f"{name} here").iterdir():
                there = Path(f"{name} there", part.name)
                assert there.read_bytes() == part.read_bytes()


@pytest.mark.slow
def test_a_cluster_without_workers(call, captures, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(_side_by_side, "_PATIENCE", 0.1)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        extract = ["extract", captures, "-o", "x", "--cluster", address]
        status, _, err = call(*extract)
    assert status == 1
    assert f"the scheduler at {address} has no worker: start one with 'dask" in err
