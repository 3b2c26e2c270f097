"""Rows that the authors' own extractor wrote are those that the packets behind give.

The packets are not published, but the rows tell them. From one packet of a stream to
the next, w' = 1 + w 2 ** (-5 gap) gives the gap, and mean' w' = mean w 2 ** (-5 gap)
+ x gives the size. These must predict the weights, means and variances of the other
decays, and, where the file starts cold, the packets must give the rows again.
"""

import numpy as np
import pandas as pd
import pytest

from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor

pytestmark = pytest.mark.real_data

DECAYS = np.array([5, 3, 1, 0.1, 0.01])
STATISTICS = ("weight", "mean", "std", "magnitude", "radius", "covariance", "pcc")
#: The published heads are cold up to here; then rows were left out.
COLD = {"scan": 6, "doorbell_udp": 299, "thermostat_udp": 16}


def moments(frame, block):
    """Weights, means and variances, each of shape (n_rows, 5)."""
    spread = "std" if block in ("HH", "HpHp") else "variance"
    w, mean, variance = (
        frame[[f"{block}_L{decay:g}_{name}" for decay in DECAYS]].to_numpy()
        for name in ("weight", "mean", spread)
    )
    return w, mean, variance**2 if spread == "std" else variance


def follow(frame, block):
    """Row before on the same stream (-1: none, -2: unknown), and gap to it.

    Streams are told apart by the weights alone; where these fit more than one, as
    those of two streams of one packet do, by a size that is a whole number and, for
    channels, by the mean of the gaps.
    """
    w, mean, _ = moments(frame, "HH" if block == "HH_jit" else block)
    waits = moments(frame, "HH_jit")[1]
    before, gaps = np.full(len(w), -1), np.zeros(len(w))
    last = []
    for row in range(len(w)):
        if np.abs(w[row] - 1).max() < 1e-12:
            last.append(row)
            continue
        fits = []
        for tip in last:
            with np.errstate(invalid="ignore", divide="ignore"):
                shares = np.minimum((w[row] - 1) / w[tip], 1)
                # Where nothing is left of the weight at L5, the next decay tells.
                fastest = np.flatnonzero(w[row] - 1 > 1e-6)[0]
                gap = -np.log2(shares[fastest]) / DECAYS[fastest]
            delta = 2 ** (-DECAYS * gap)
            if np.allclose(1 + w[tip] * delta, w[row], 1e-9, 0):
                sizes = mean[row] * w[row] - mean[tip] * w[tip] * delta
                misfit = np.abs(sizes - sizes.round()).max()
                if block in ("HH", "HH_jit"):
                    wait = (waits[tip] * w[tip] * delta + gap) / w[row]
                    misfit += np.abs(wait / waits[row] - 1).max()
                fits.append((misfit, tip, gap))
        if not fits:
            before[row] = -2
            last.append(row)
            continue
        _, before[row], gaps[row] = min(fits)
        last[last.index(before[row])] = row
    return before, gaps


@pytest.fixture(scope="module")
def official(data_dir):
    return {name: pd.read_csv(data_dir / f"nbaiot/{name}.csv.gz") for name in COLD}


@pytest.mark.parametrize("block", ["MI_dir", "H", "HH", "HH_jit", "HpHp"])
@pytest.mark.parametrize("name", COLD)
def test_one_decay_predicts_the_others(official, name, block):
    w, mean, variance = moments(official[name], block)
    before, gaps = follow(official[name], block)
    assert (before == -2).sum() <= (COLD[name] < len(w))  # where rows are left out
    # Behind the gap, the row before may be one that was left out, if it was the first.
    known = (np.arange(len(w)) < COLD[name]) | (w[before].max(axis=1) > 1 + 1e-9)
    rows = np.flatnonzero((before >= 0) & known)
    if (name, block) != ("thermostat_udp", "HpHp"):  # every packet has its own port
        assert len(rows) >= 2
    tips, gap = before[rows], gaps[rows][:, None]
    delta = 2 ** (-DECAYS * gap)
    at_l5 = mean[rows, :1] * w[rows, :1] - delta[:, :1] * mean[tips, :1] * w[tips, :1]
    x = gap if block == "HH_jit" else at_l5
    new_w = 1 + delta * w[tips]
    new_mean = (delta * mean[tips] * w[tips] + x) / new_w
    squares = delta * (variance[tips] + mean[tips] ** 2) * w[tips] + x**2
    scale = np.abs(mean).max()
    np.testing.assert_allclose(w[rows], new_w, 1e-9)
    np.testing.assert_allclose(mean[rows], new_mean, 1e-9, 1e-15 * scale)
    np.testing.assert_allclose(
        variance[rows], np.abs(squares / new_w - new_mean**2), 1e-9, 1e-12 * scale**2
    )


def packets_behind(frame):
    """Packets that the rows of a cold file were made from, as far as they tell."""
    n, ids = len(frame), {}
    links = {block: follow(frame, block) for block in ("MI_dir", "H", "HH", "HpHp")}
    for block, (before, _) in links.items():
        ids[block] = np.empty(n, int)
        for row in range(n):
            ids[block][row] = row if before[row] < 0 else ids[block][before[row]]
    before, gaps = links["HH"]
    first_gap = moments(frame, "HH_jit")[1][:, 0]
    time, length = np.empty(n), np.empty(n)
    for row in range(n):
        tip = before[row]
        new = tip < 0
        # Captures have whole microseconds.
        time[row] = round(first_gap[row] if new else time[tip] + gaps[row], 6)
        w, mean, _ = (values[:, 0] for values in moments(frame.iloc[[row, tip]], "HH"))
        kept = 0 if new else mean[1] * w[1] * 2 ** (-5 * gaps[row])
        length[row] = round(mean[0] * w[0] - kept)
    return pd.DataFrame(
        {
            "time": time,
            "length": length,
            "source_mac": [
                f"00:00:00:00:{i >> 8:x}:{i & 255:x}" for i in ids["MI_dir"]
            ],
            "destination_mac": "",
            "source": [f"10.0.{i >> 8}.{i & 255}" for i in ids["H"]],
            "destination": [f"10.1.{i >> 8}.{i & 255}" for i in ids["HH"]],
            "source_port": ids["HpHp"],
            "destination_port": ids["HpHp"],
            "protocol": "udp",
        }
    )


@pytest.mark.parametrize("name", COLD)
def test_the_packets_give_the_official_rows_again(official, name):
    rows = official[name][: COLD[name]]
    packets = packets_behind(rows)
    assert (packets["time"] > 1.5e9).all()
    X = AfterImageExtractor(clock="epoch").set_output(transform="pandas")
    X = X.transform(packets)
    n_one_sided = 0
    for block in ("HH", "HpHp"):
        for decay in DECAYS:
            column = f"{block}_L{decay:g}"
            # What the other direction adds cannot be told from the rows.
            own = rows[f"{column}_mean"]
            one_sided = np.isclose(rows[f"{column}_magnitude"], own, 1e-12, 0)
            n_one_sided += one_sided.sum()
            assert (rows.loc[one_sided, f"{column}_covariance"] == 0).all()
            for joint in ("magnitude", "radius", "covariance", "pcc"):
                joint = f"{column}_{joint}"
                X[joint] = X[joint].where(one_sided, rows[joint])
    assert n_one_sided > 0.95 * 10 * len(rows) - 10 * 4
    for column in FEATURE_NAMES:
        is_gap = column.startswith("HH_jit") and not column.endswith("weight")
        scale = 1.6e9 if is_gap else 1600.0
        floor = 1e-6 * scale if column.endswith("_std") else 1e-12 * scale**2
        np.testing.assert_allclose(
            X[column], rows[column], 1e-9, floor, err_msg=f"{name}, {column}"
        )


def columns(table, block, name):
    return table[:, [FEATURE_NAMES.index(f"{block}_L{d:g}_{name}") for d in DECAYS]]


def identities(table, digits):
    """Check what holds between columns; return how often both directions matter."""
    rtol = 10.0**-digits
    assert (columns(table, "HH_jit", "weight") == columns(table, "HH", "weight")).all()
    n_two_sided = 0
    for block in ("HH", "HpHp"):
        w, mean, std, magnitude, radius, covariance, pcc = (
            columns(table, block, name) for name in STATISTICS
        )
        assert (np.diff(w) >= -rtol * w[:, 1:]).all()  # slow decays remember more
        assert (magnitude >= mean * (1 - rtol)).all()
        assert (radius >= std**2 * (1 - 4 * rtol) - 1e-9).all()
        one_sided = magnitude <= mean * (1 + rtol)
        np.testing.assert_allclose(
            radius[one_sided], std[one_sided] ** 2, 4 * rtol, 1e-9
        )
        np.testing.assert_array_equal(covariance[one_sided], 0)
        # pcc = covariance / (std_i std_j), with std_j**4 = radius**2 - std_i**4.
        other = np.sqrt(np.maximum(radius**2 - std**4, 0))
        clear = ~one_sided & (std > 1e-2) & (other > 1e-2 * radius)
        clear &= np.abs(covariance) > 1e-6
        n_two_sided += clear.sum()
        np.testing.assert_allclose(
            pcc[clear],
            covariance[clear] / (std[clear] * np.sqrt(other[clear])),
            1e4 * rtol,
        )
    # MI_dir and H are the same where a MAC has one address.
    same = [
        np.isclose(columns(table, "MI_dir", name), columns(table, "H", name), rtol)
        for name in ("weight", "mean", "variance")
    ]
    assert np.mean(same) > 0.9
    return n_two_sided


def test_identities_hold_in_official_rows_and_in_ours(data_dir):
    folder = data_dir / "kitsune"
    theirs = np.loadtxt(folder / "afterimage_reference_100x115.csv", delimiter=",")
    assert theirs.shape == (100, 115)
    ours = AfterImageExtractor().transform(folder / "mirai_benign_head_2000.pcap")
    assert identities(theirs, 5) > 100
    assert identities(ours, 12) > 1000
