"""Does a detector of the past hold? Windows of time beside a shuffled split.

Run: ``python benchmarks/drift.py``. Boosted trees, or our classifier with ``--ours``,
are trained once on the past of each table and judged on each later window by
``drift_report``, whose text is printed. Tables may be chosen: ``--tables unsw-nb15``.

The recorded traffic is read from the folder that ``SKMIRAI_DATA`` names.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from accuracy import (
    features_of,
    other_network,
    recorded_packets,
    simulated_traffic,
    with_codes,
)
from common import DATA, machine
from sklearn.ensemble import HistGradientBoostingClassifier

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_unsw_nb15
from skmirai.model_selection import drift_report

#: Columns of the raw records that name hosts, ports or times.
_NAMES = ["srcip", "sport", "dstip", "dsport", "stime", "ltime"]


class Table(NamedTuple):
    """Rows with times, and how they are cut."""

    X: pd.DataFrame
    y: np.ndarray
    times: Any
    cut: dict[str, Any]


def unsw_nb15() -> Table:
    """A sample of connections of 22 January to 18 February 2015, duplicates once."""
    files = [DATA / "unsw_nb15" / f"raw_sample_{n}.csv.gz" for n in (10_000, 5_000)]
    frame = load_unsw_nb15(files).frame.drop_duplicates(ignore_index=True)
    times = pd.to_datetime(frame["stime"], unit="s")
    X = frame.drop(columns=[*_NAMES, "label"])
    return Table(X, frame["label"].to_numpy(), times, {"train_size": 0.3})


def kitsune() -> Table:
    """Recorded packets: benign ones, then those of an attack."""
    parts = recorded_packets()
    X = pd.concat([features_of(packets) for packets in parts], ignore_index=True)
    y = np.repeat([0, 1], [len(packets) for packets in parts])
    times = np.concatenate([packets.records["time"] for packets in parts])
    return Table(X, y, times, {"purge": 10})


def changed_network() -> Table:
    """Simulated packets: after the onset, of one network and then of another one."""
    packets, y = simulated_traffic(random_state=0)
    half, times = len(y) // 2, packets.records["time"]
    X, (other, y_other) = features_of(packets), other_network()
    rows = slice(half, None)  # from the onset on, where both classes are
    gaps = [np.diff(times[rows], prepend=times[half])] * 2
    return Table(
        pd.concat([X[rows], other[len(y_other) // 2 :]], ignore_index=True),
        np.concatenate([y[rows], y_other[len(y_other) // 2 :]]),
        np.concatenate(gaps).cumsum(),
        {"train_size": 0.3, "purge": 10},
    )


TABLES: dict[str, Callable[[], Table]] = {
    "unsw-nb15": unsw_nb15,
    "kitsune": kitsune,
    "other-network": changed_network,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--ours", action="store_true")
    given = parser.parse_args()
    print(machine())
    model = (
        MiraiDNNClassifier(scaler="auto", random_state=0)
        if given.ours
        else with_codes(HistGradientBoostingClassifier(random_state=0))
    )
    for name in given.tables:
        table = TABLES[name]()
        print(f"\n## {name}\n")
        try:
            report = drift_report(
                model, table.X, table.y, times=table.times, random_state=0, **table.cut
            )
        except ValueError as error:  # a past of one class
            print(error)
            continue
        with pd.option_context("display.width", 200):
            print(report)


if __name__ == "__main__":
    main()
