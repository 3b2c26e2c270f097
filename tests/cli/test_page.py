"""docs/command_line.md: its commands run, in order, and its options exist."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from skmirai.cli import app

DOCS = Path(__file__).parents[2] / "docs"
PAGE, WAY = DOCS / "command_line.md", DOCS / "packets_to_verdicts.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(page):
    """Kind and code of each block of a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```(sh|py)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def write_flows():
    """Write clean tables, in the files that the page audits."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 300)
    features = rng.normal(label[:, None], 2, size=(300, 116))
    features[:, 0], features[:, 115] = rng.uniform(0, 600, 300), label
    np.save("features.npy", features)
    flows = pd.DataFrame(
        {"length": features[:, 1], "attack_cat": label, "label": label}
    )
    flows.to_csv("flows.csv", index=False)
    for name in ("train", "test"):
        flows.drop(columns="attack_cat").to_parquet(f"{name}.parquet")


def test_page_runs(call, capture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("benign", "mirai"):
        shutil.copy(capture, f"{name}.pcap")
    write_flows()
    n_run = 0
    for kind, code in blocks(PAGE):
        if kind == "py":
            exec(compile(code, PAGE, "exec"), {})
            continue
        for line in code.splitlines():
            line = re.sub(r"--n-trials \d+", "--n-trials 2 --epochs 3", line)
            line = line.replace("skmirai train", "skmirai train --epochs 3")
            # the net, an interface, a database, and what ends by Ctrl-C have tests of
            # their own
            if not re.search(r"^skmirai fetch|\||--follow|postgresql:", line):
                status, _, err = call(*shlex.split(line)[1:])
                assert status == 0, f"{line}: {err}"
                n_run += 1
    assert n_run == 34
    assert np.load("benign.npy").shape == (600, 115)
    assert len(pd.read_parquet("features")) == 1200
    assert len(pd.read_parquet("verdicts")) == 1200 + 6000  # the simulated ones too
    column = r"^\| (`(?:time|verdict|prob|predictive|mutual|hist).*?) \|"
    rows = re.findall(column, TEXT, re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert pd.read_csv("verdicts.csv").columns.tolist() == named


def test_the_way_runs(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [line for _, code in blocks(WAY) for line in code.splitlines()]
    for line in lines:
        given = re.sub(r"--n-packets \d+", "--n-packets 3000", line)
        given = given.replace("skmirai train", "skmirai train --epochs 3")
        status, _, err = call(*shlex.split(given)[1:])
        assert status == 0, f"{line}: {err}"
    assert len(lines) == 9
    verdicts, novel = pd.read_csv("verdicts.csv"), pd.read_csv("novelty.csv")
    known = re.findall(
        r"^\| (mirai|benign|abstain|not .*?) \|", WAY.read_text(), re.MULTILINE
    )
    assert {*verdicts["verdict"]} <= {*known}
    assert {"verdict", "probability", "predictive_entropy"} <= {*verdicts}
    assert "novelty" in novel


def test_options_on_the_page_exist():
    known = ""
    commands = ["fetch"], ["simulate"], ["extract"], ["audit"], ["tune"], ["train"]
    commands += ["evaluate"], ["info"], ["predict"], []
    of_the_lab = (["lab", name] for name in ("run", "notebook", "compare", "check"))
    for command in (*commands, *of_the_lab):
        known += CliRunner().invoke(app, [*command, "-h"], terminal_width=120).output
    text = TEXT + WAY.read_text(encoding="utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", text)) - {"--help"}
    assert len(named) > 8
    assert {option for option in named if option not in known} == set()
