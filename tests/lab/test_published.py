"""Published rows are told from all others, as a whole and in part.

The published table is not at hand. What stands for it are features of its own first
packets, which are, repeated to its length.
"""

import numpy as np
import pytest

from skmirai.datasets import make_mirai_traffic
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor
from skmirai.lab import run_lab
from skmirai.lab._protocol import N_ATTACK, N_BENIGN, N_ROWS
from skmirai.lab._rows.published import _has_the_clock, _keeps_the_rules, origin_of
from skmirai.lab._rows.table import GENERATED_MARK, lab_table
from skmirai.packets import read_packets
from tests.lab.runs import SMALL

LABELS = np.repeat([0, 1], [N_BENIGN, N_ATTACK])


@pytest.fixture(scope="module")
def packets_rows(data_dir):
    """Features of 38,363 packets of the capture, with the epoch as first gap."""
    packets = read_packets(data_dir / "kitsune" / "mirai_benign_head.pcap.tsv.gz")
    return AfterImageExtractor(clock="epoch").fit_transform(packets)


@pytest.fixture(scope="module")
def published(packets_rows):
    """A table as the published one; weights are those of early rows, and so allowed."""
    X = np.empty((N_ROWS, 116), np.float32)
    X[:, 0] = np.arange(N_ROWS)
    for start in range(0, N_ROWS, len(packets_rows)):
        part = X[start : start + len(packets_rows), 1:]
        part[:] = packets_rows[: len(part)]
    return X


@pytest.mark.real_data
def test_published_rows_are_seen(published):
    assert origin_of(published, LABELS) == "published"
    assert origin_of(published[:, 1:], LABELS) == "published"
    from_one = published.copy()
    from_one[:, 0] += 1
    assert origin_of(from_one, LABELS) == "published"


@pytest.mark.parametrize("step", [2, 4])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.real_data
def test_half_and_quarter_are_parts(published, step, shuffled):
    rows = np.arange(0, N_ROWS, step)
    if shuffled:
        rows = np.random.default_rng(0).permutation(rows)
    X, y = published[rows], LABELS[rows]
    assert origin_of(X, y) == "part"
    assert origin_of(X[:, 1:], y) == "other"  # nothing tells where they stood
    assert origin_of(X, 1 - y) == "other"
    zeros = np.zeros_like(X)
    assert origin_of(zeros, y) == "other"
    zeros[:, 0] = X[:, 0]
    assert origin_of(zeros, y) == "other"


@pytest.mark.real_data
def test_zeros_with_the_published_labels_are_other_rows(published):
    zeros = np.zeros((N_ROWS, 116), np.float32)
    assert origin_of(zeros, LABELS) == "other"
    zeros[:, 0] = np.arange(N_ROWS)
    assert origin_of(zeros, LABELS) == "other"
    zeros[: N_ROWS // 2] = published[: N_ROWS // 2]
    assert origin_of(zeros, LABELS) == "other"


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X[::-1],  # the counter runs down
        lambda X: np.column_stack([X[:, 0] * 2, X[:, 1:]]),
        lambda X: np.column_stack([X[:, 0], X[:, :0:-1]]),  # columns in another order
        lambda X: np.column_stack([X[:, 0], X[:, 1:] * 0.5]),
        lambda X: np.column_stack([X[:, 0], X[:, 1:] + 500]),  # too many packets
        lambda X: np.column_stack([X[:, 0], np.where(X[:, 1:] > 1e6, 0, X[:, 1:])]),
    ],
    ids=["reversed", "counter", "order", "halved", "shifted", "no clock"],
)
@pytest.mark.real_data
def test_changed_rows_are_others(published, change):
    assert origin_of(change(published), LABELS) == "other"


@pytest.mark.parametrize("clock", ["epoch", "relative"])
def test_simulated_rows_are_told_by_their_clock(clock):
    X = make_mirai_traffic(5_000, clock=clock, random_state=0, drop_index=True).data
    assert _keeps_the_rules(X, np.arange(1, 5_001)).all()
    assert not _has_the_clock(X)


@pytest.mark.real_data
def test_rules_hold_for_rows_of_the_authors(data_dir, packets_rows):
    path = data_dir / "kitsune" / "afterimage_reference_100x115.csv"
    authors = np.loadtxt(path, delimiter=",")
    assert _keeps_the_rules(authors, np.full(100, N_ROWS)).all()
    six_digits = np.array([float(f"{x:.6g}") for x in packets_rows[:2000].ravel()])
    rows = six_digits.reshape(-1, len(FEATURE_NAMES))
    assert _keeps_the_rules(rows, np.arange(1, 2001)).all()
    assert _has_the_clock(rows)


@pytest.mark.real_data
def test_packets_of_the_attack_have_the_clock_too(data_dir):
    packets = read_packets(data_dir / "kitsune" / "mirai_attack_10000.pcap")
    X = AfterImageExtractor(clock="epoch").fit_transform(packets)
    assert _has_the_clock(X)
    assert _keeps_the_rules(X, np.arange(1, len(X) + 1)).all()


def test_a_generated_table_is_not_taken_for_another(tmp_path):
    """A search in the folder of a run would else change its rows, or take them."""
    table = lab_table(None, tmp_path, n_rows=300, random_state=0)
    before = table.data.read_bytes()
    for wanted in ({"n_rows": 300, "random_state": 1}, {"n_rows": 200}):
        message = "with {'n_rows': 300, 'random_state': 0}, but .* is asked for; choose"
        with pytest.raises(ValueError, match=message):
            lab_table(None, tmp_path, **wanted)
    assert lab_table(None, tmp_path, n_rows=300).data.read_bytes() == before
    table.data.unlink()  # as if killed before it was written
    again = lab_table(None, tmp_path, n_rows=300, random_state=0)
    assert again.data.read_bytes() == before


@pytest.mark.parametrize("subset", ["full", "half"])
def test_generated_tables_stay_generated(tmp_path, subset):
    run_lab(None, output=tmp_path / "run", only=[1], n_rows=400, **SMALL)
    again = tmp_path / "run" / "generated"
    assert (again / GENERATED_MARK).exists()
    assert lab_table(again, tmp_path, subset=subset).origin == "generated"
    arguments = {"output": tmp_path / "again", "only": [1], "subset": subset}
    run_lab(again, **arguments, **SMALL)
    text = (tmp_path / "again" / "report.md").read_text()
    assert text.startswith("# The Mirai lab on a generated table\n")
    (again / GENERATED_MARK).unlink()
    assert lab_table(again, tmp_path / "new", subset=subset).origin == "other"
