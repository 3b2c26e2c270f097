"""docs/command_line.md: its commands run, in order, and its options exist."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from skmirai.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|py)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


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
    for kind, code in BLOCKS:
        if kind == "py":
            exec(compile(code, PAGE, "exec"), {})
            continue
        for line in code.splitlines():
            line = re.sub(r"--n-trials \d+", "--n-trials 2 --epochs 3", line)
            # the net, an interface, a database, and what ends by Ctrl-C have tests of
            # their own
            if not re.search(r"^skmirai fetch|\||--follow|postgresql:", line):
                status, _, err = call(*shlex.split(line)[1:])
                assert status == 0, f"{line}: {err}"
                n_run += 1
    assert n_run == 20
    assert np.load("benign.npy").shape == (600, 115)
    assert len(pd.read_parquet("features")) == len(pd.read_parquet("verdicts")) == 1200
    column = r"^\| (`(?:time|verdict|prob|predictive|mutual|hist).*?) \|"
    rows = re.findall(column, TEXT, re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert pd.read_csv("verdicts.csv").columns.tolist() == named


def test_options_on_the_page_exist():
    known = ""
    commands = ["fetch"], ["extract"], ["audit"], ["predict"], ["tune"]
    of_the_lab = (["lab", name] for name in ("run", "notebook", "compare", "check"))
    for command in (*commands, *of_the_lab):
        known += CliRunner().invoke(app, [*command, "-h"], terminal_width=120).output
    named = set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--help"}
    assert len(named) > 8
    assert {option for option in named if option not in known} == set()
