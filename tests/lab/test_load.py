"""What is seen of the machine while a training runs."""

import os
import re
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from skmirai.lab import run_lab
from skmirai.lab._plots import plot_load
from skmirai.lab._training import load as _load
from skmirai.lab._training.load import LoadSampler, _thinned
from skmirai.lab._writing.load_words import load_in_words, load_row
from tests.lab.runs import SMALL, results
from tests.utils.cards import MIB, GpuIsLostError, fake_command, fake_nvml


def sampled(monkeypatch, looks, *, after=None, until=6):
    """Sample a card until it was looked at so many times."""
    nvml = fake_nvml(looks)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with LoadSampler(period=0.005) as sampler:
        deadline = time.monotonic() + 60
        while nvml.n_looks < until:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        middle = time.perf_counter()
    return sampler.summary(after=middle if after == "middle" else None), nvml


def test_a_card_that_changes(monkeypatch):
    # the first look finds the card, before anything is trained
    looks = [(99, 0), (18, 1151 * MIB), (27, 2175 * MIB), (21, 2175 * MIB)]
    load, nvml = sampled(monkeypatch, looks)
    (card,) = load["cards"]
    assert card["name"] == "Tesla T4"
    assert (card["busy"]["low"], card["busy"]["peak"]) == (18, 27)
    assert 18 < card["busy"]["mean"] < 27
    assert card["used memory"]["peak"] == 2175 * MIB
    series = load["series"]
    assert series["busy 0"][:3] == [18, 27, 21]
    assert {len(values) for values in series.values()} == {load["n_looks"]}
    assert np.all(np.diff(series["seconds"]) > 0)
    assert nvml.n_open == 0


def test_a_card_that_vanishes_in_mid_training(monkeypatch):
    lost = GpuIsLostError()
    load, _ = sampled(monkeypatch, [(0, 0), (40, 7), (60, 9), (lost, lost)])
    (card,) = load["cards"]
    assert card["busy"]["peak"] == 60
    assert card["used memory"]["low"] == 7
    assert load["series"]["busy 0"][:4] == [40, 60, None, None]
    assert "was busy 40 to 60 % of the time" in " ".join(load_in_words(load))


def test_only_looks_after_a_moment_count(monkeypatch):
    load, _ = sampled(monkeypatch, [(0, 0), (40, 7), (10, 9)], after="middle")
    (card,) = load["cards"]
    assert card["busy"] == {"low": 10, "mean": 10, "peak": 10}
    assert load["series"]["busy 0"][0] == 40
    assert load["since"] > 0
    assert load["n_looks"] < len(load["series"]["seconds"])


def test_a_card_that_tells_nothing(monkeypatch, tmp_path):
    silent = GpuIsLostError()
    load, _ = sampled(monkeypatch, [(silent, silent)])
    assert load["cards"][0]["busy"] == {"low": None, "mean": None, "peak": None}
    assert "did not tell how busy" in " ".join(load_in_words(load))
    assert load_row(load)[3:5] == [None, None]
    plot_load({"a": load}, tmp_path / "load.png")
    assert (tmp_path / "load.png").stat().st_size > 5_000


def test_work_of_this_process_is_seen(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    begin = time.process_time()
    with LoadSampler(period=0.01) as sampler:
        assert "load sampler" in {thread.name for thread in threading.enumerate()}
        while time.process_time() - begin < 0.3:
            pass
    load = sampler.summary()
    spent = load["processors"]["mean"] * load["series"]["seconds"][-1]
    assert spent == pytest.approx(0.3, abs=0.15)  # ticks of the system's clock
    assert load["cards"] == []
    assert load["memory"]["peak"] > 10 * MIB
    assert "load sampler" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(("end", "n_looks"), [(60.1, 1), (89.0, 1), (100.0, 2)])
def test_a_moment_at_the_end_is_no_look(monkeypatch, end, n_looks):
    """A tick of the system's clock in it would look like many processors."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    now = [0.0]
    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr(_load, "time", clock)
    with LoadSampler(period=60) as sampler:  # its thread sleeps all along
        now[0] = 60.0
        sampler._look()
        now[0] = end
    assert sampler.summary()["n_looks"] == n_looks
    assert len(sampler.summary()["series"]["seconds"]) == n_looks
    # of the time after the first look the last one is all that is known
    alone = sampler.summary(after=60.05)
    assert alone["n_looks"] == 1
    assert alone["series"]["seconds"][-1] == end


def test_a_short_time_is_seen(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with LoadSampler(period=60) as sampler:
        pass
    assert sampler.summary()["n_looks"] == 1


def test_long_series_are_thinned():
    values = [float(k) for k in range(1_000)]
    thin = _thinned(values)
    assert len(thin) <= 120
    assert np.mean(thin) == pytest.approx(np.mean(values), rel=0.01)
    assert _thinned([None, 1.0]) == [None, 1.0]
    assert _thinned([None] * 240) == [None] * 120


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a script is no command on Windows")
def test_report_of_a_run_with_a_card(uci_folder, tmp_path, monkeypatch):
    answers = [f"0, Tesla T4, 15360, {1151 + k}, {k}" for k in range(18, 28)]
    fake_command(tmp_path / "bin", [*answers, 15])
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    (tmp_path / "pynvml.py").write_text("raise ImportError('for the test')\n")
    run_lab(uci_folder, output=tmp_path / "run", only=[3, 13], **SMALL)
    load = results(tmp_path / "run")["batch_100"]["load"]
    assert load["cards"][0]["name"] == "Tesla T4"
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| graphics card | Tesla T4, number of cores unknown, 15.0 GiB |" in text
    assert re.search(r"\| batch 100 \|.*\| \d+ %, peak \d+ % \|", text)
    assert (tmp_path / "run" / "figures" / "part_13_load.png").exists()
    for number in (1, 2, 3, 8):
        assert f"**Question {number}. " in text
    assert "The cards here: Tesla T4, 15.0 GiB." in text
