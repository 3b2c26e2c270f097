"""Tables without a leak, and with one that was planted."""

import numpy as np
import pandas as pd

N_ROWS = 600


def clean(seed=0):
    """Rows in random order; the labels follow from two columns, with noise."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "length": np.exp(rng.normal(size=N_ROWS)),
            "rate": rng.normal(size=N_ROWS),
            "flags": rng.integers(0, 6, N_ROWS),
            "service": rng.choice(["dns", "http", "ssh"], N_ROWS),
        }
    )
    y = (np.log(X["length"]) + X["rate"] + rng.logistic(size=N_ROWS) > 0).astype(int)
    return X, y.to_numpy()


def smells(audit):
    return {finding.smell for finding in audit.findings}


def found(audit, smell):
    (finding,) = (f for f in audit.findings if f.smell == smell)
    return finding


def with_counter(X, y):
    return X.assign(number=np.arange(len(X))), y


def with_shuffled_counter(X, y):
    return X.assign(number=np.random.default_rng(1).permutation(len(X)) + 17), y


def with_ticks(X, y):
    ticks = np.cumsum(np.random.default_rng(1).exponential(size=len(X)))
    return X.assign(seconds=ticks), y


def with_dates(X, y):
    seconds = 1.5e9 + np.random.default_rng(1).uniform(0, 3_600, len(X))
    rare = np.where(np.arange(len(X)) % 10 == 0, seconds, 0.5)
    return X.assign(start=rare, gap=(rare / 2) ** 2), y


def with_milliseconds(X, y):
    return X.assign(at=1.7e12 + np.random.default_rng(1).integers(0, 9**9, len(X))), y


def with_timestamps(X, y):
    hours = np.random.default_rng(1).integers(0, 900, len(X))
    return X.assign(at=pd.Timestamp("2018-02-18") + pd.to_timedelta(hours, "h")), y


def with_text_of_dates(X, y):
    hours = np.random.default_rng(1).integers(0, 900, len(X))
    at = pd.Timestamp("2018-02-18") + pd.to_timedelta(hours, "h")
    return X.assign(at=at.strftime("%d/%m/%Y %H:%M")), y


def with_addresses(X, y):
    host = np.random.default_rng(1).integers(1, 9, len(X))
    return X.assign(source=[f"10.0.0.{9 if h > 7 else h}" for h in host]), y


def with_hardware_addresses(X, y):
    host = np.random.default_rng(1).integers(1, 9, len(X))
    return X.assign(source=[f"00:1b:44:11:3a:0{h}" for h in host]), y


def with_flow_names(X, y):
    return X.assign(flow=[f"flow{n * 7919 % 10_007}" for n in range(len(X))]), y


def with_the_label(X, y):
    return X.assign(score=y + np.random.default_rng(1).normal(0, 0.1, len(y))), y


def with_a_value_of_one_class(X, y):
    rng = np.random.default_rng(1)
    ttl = rng.choice([30, 62, 252], len(y))
    return X.assign(ttl=np.where((y == 0) & (rng.random(len(y)) < 0.8), 31, ttl)), y


def with_a_twin(X, y):
    return X.assign(bits=8 * X["length"] + 1), y


def with_a_twin_in_words(X, y):
    return X.assign(port=X["service"].map({"dns": "53", "http": "80", "ssh": "22"})), y


def in_a_step(X, y):
    order = np.argsort(y, kind="stable")
    return X.iloc[order].reset_index(drop=True), y[order]


def with_memory(X, y):
    walk = np.random.default_rng(1).normal(size=(len(X) + 30, 2))
    slow = np.apply_along_axis(np.convolve, 0, walk, np.ones(30) / 30, "valid")[1:]
    return X.assign(load=slow[:, 0], peers=slow[:, 1]), y


def with_duplicates(X, y):
    rows = np.r_[: len(X), : len(X) // 3]
    return X.iloc[rows].reset_index(drop=True), y[rows]


def with_near_duplicates(X, y):
    rows = np.r_[: len(X), : len(X) // 3]
    far = X.iloc[rows].reset_index(drop=True)
    noise = 1 + 1e-7 * np.random.default_rng(1).normal(size=len(rows))
    return far.assign(length=far["length"] * noise), y[rows]


def with_conflicts(X, y):
    rows = np.r_[: len(X), :4]
    y = y[rows]
    y[-4:] = 1 - y[-4:]
    return X.iloc[rows].reset_index(drop=True), y


def with_a_thinned_counter(X, y):
    kept = np.random.default_rng(1).choice(2 * len(X), len(X), replace=False)
    return X.assign(number=np.sort(kept)), y


def with_a_thinned_and_shuffled_counter(X, y):
    kept = np.random.default_rng(1).choice(5 * len(X), len(X), replace=False)
    return X.assign(number=10 * kept + 3), y


def with_seconds_in_order(X, y):
    every_ten = np.cumsum(np.random.default_rng(1).integers(8, 13, len(X)))
    return X.assign(uptime=every_ten), y


def with_whole_dates(X, y):
    seconds = 1_500_000_000 + np.random.default_rng(1).permutation(len(X))
    return X.assign(at=seconds), y
