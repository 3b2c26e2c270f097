"""The network beside baselines on recorded traffic, under random and honest splits.

Run: ``python benchmarks/baselines.py``. For each table it prints the report of
:func:`skmirai.model_selection.baseline_report`: Kitsune's packets in blocks of time,
UNSW-NB15 with duplicates kept together and in blocks of its order, NSL-KDD's test file
after its training file. Tables may be chosen: ``--tables kitsune``. The recorded
traffic is read from the folder that ``SKMIRAI_DATA`` names.
"""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from common import DATA, machine, seconds

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.feature_extraction import AfterImageExtractor, read_packets
from skmirai.model_selection import baseline_report, duplicate_groups


def kitsune() -> dict[str, Any]:
    """Packets of two recordings; every packet of the second one counts as attack."""
    folder = DATA / "kitsune"
    parts = [
        read_packets(folder / "mirai_benign_head.pcap.tsv.gz"),
        read_packets(folder / "mirai_attack_10000.pcap"),
    ]
    extractor = AfterImageExtractor(clock="relative").set_output(transform="pandas")
    return {
        "X": pd.concat([extractor.transform(p) for p in parts], ignore_index=True),
        "y": np.repeat(["normal", "attack"], [len(packets) for packets in parts]),
        "times": np.concatenate([packets.records["time"] for packets in parts]),
        "kinds": np.concatenate([packets.to_frame()["protocol"] for packets in parts]),
    }


def unsw(*, grouped: bool) -> dict[str, Any]:
    """The partition of 82,332 rows without its ``id``."""
    bunch = load_unsw_nb15(DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz")
    return {
        "X": bunch.data,
        "y": bunch.target,
        "kinds": bunch.attack,
        "groups": duplicate_groups(bunch.data) if grouped else None,
    }


def nsl_kdd() -> dict[str, Any]:
    """The 20 % training file, and the test file, which holds other attacks."""
    folder = DATA / "nslkdd"
    bunch = load_nslkdd(
        folder / "KDDTrain+_20Percent.txt.gz", folder / "KDDTest+.txt.gz"
    )
    parts = bunch.train, bunch.test
    X = pd.concat([part.data for part in parts], ignore_index=True)
    attack = np.concatenate([part.attack for part in parts])
    return {
        "X": X,
        "y": np.where(attack == "normal", "normal", "attack"),
        "kinds": attack,
        "cv": [np.split(np.arange(len(X)), [len(bunch.train.data)])],
    }


TABLES: dict[str, Callable[[], dict[str, Any]]] = {
    "kitsune": kitsune,
    "unsw-duplicates": lambda: unsw(grouped=True),
    "unsw-order": lambda: unsw(grouped=False),
    "nsl-kdd": nsl_kdd,
}


def main() -> None:
    """Print the reports that the arguments choose."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    given = parser.parse_args()
    print(machine())
    for name in given.tables:
        table = TABLES[name]()
        model = MiraiDNNClassifier(scaler="auto", random_state=0)

        def report(model: Any = model, table: Any = table, name: str = name) -> None:
            print(f"\n## {name}\n")
            print(baseline_report(model, **table, random_state=0))

        print(f"\n{seconds(report):.0f} s", flush=True)


if __name__ == "__main__":
    main()
