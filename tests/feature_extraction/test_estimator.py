"""The extractor is a transformer, and its stream can be stopped and taken up again."""

import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai.feature_extraction import (
    FEATURE_NAMES,
    AfterImageExtractor,
    PacketTable,
    PacketWarning,
    read_packets,
)


def traffic(n, seed=0, n_hosts=6):
    """A DataFrame of packets between few hosts, some out of order."""
    rng = np.random.default_rng(seed)
    hosts = rng.integers(0, n_hosts, (n, 2))
    return pd.DataFrame(
        {
            "time": 1.5e9 + np.cumsum(rng.exponential(0.3, n) - 0.05),
            "length": rng.choice([60, 98, 1514], n),
            "source_mac": [f"00:00:00:00:00:0{h}" for h in hosts[:, 0]],
            "destination_mac": "ff:ff:ff:ff:ff:ff",
            "source": [f"10.0.0.{h}" for h in hosts[:, 0]],
            "destination": [f"10.0.0.{h}" for h in hosts[:, 1]],
            "source_port": rng.choice([80, 5000], n),
            "destination_port": rng.choice([80, 5000], n),
            "protocol": rng.choice(["tcp", "udp", "icmp", "arp"], n),
        }
    )


@pytest.fixture(scope="module")
def packets():
    return read_packets(traffic(700))


def test_names_params_and_clone():
    extractor = AfterImageExtractor(clock="epoch", max_streams=7)
    assert tuple(extractor.get_feature_names_out()) == FEATURE_NAMES
    copy = clone(extractor)
    assert copy.get_params() == {
        "clock": "epoch",
        "max_streams": 7,
        "on_malformed": "warn",
        "verbose": "auto",
    }
    assert extractor.fit(None) is extractor
    assert "AfterImageExtractor" in extractor._repr_html_()


@pytest.mark.parametrize(
    "params",
    [{"clock": "wall"}, {"max_streams": 0}, {"max_streams": 1.5}, {"verbose": 3},
     {"on_malformed": "skip"}],
)  # fmt: skip
def test_bad_parameters_are_named(params, packets):
    extractor = AfterImageExtractor(**params)
    for method in ("fit", "transform", "partial_transform"):
        with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of"):
            getattr(extractor, method)(packets)


def test_a_table_of_float64_with_the_index_of_the_frame():
    frame = traffic(5).set_axis(list("abcde"))
    X = AfterImageExtractor().fit_transform(frame)
    assert (type(X), X.dtype, X.shape) == (np.ndarray, np.float64, (5, 115))
    named = AfterImageExtractor().set_output(transform="pandas")
    for method in ("transform", "fit_transform", "partial_transform"):
        found = getattr(named, method)(frame)
        assert tuple(found.columns) == FEATURE_NAMES
        assert list(found.index) == list("abcde")
        np.testing.assert_array_equal(found.to_numpy(), X)


def test_it_is_the_first_step_of_a_pipeline(packets):
    pipeline = make_pipeline(AfterImageExtractor(), StandardScaler())
    X = pipeline.set_output(transform="pandas").fit_transform(packets)
    assert tuple(X.columns) == FEATURE_NAMES
    assert np.abs(X.to_numpy().mean(axis=0)).max() < 1e-6


def test_transform_starts_cold_and_leaves_the_stream_alone(packets):
    extractor = AfterImageExtractor()
    X = extractor.transform(packets)
    np.testing.assert_array_equal(extractor.transform(packets), X)
    first = extractor.partial_transform(packets[:300])
    np.testing.assert_array_equal(extractor.transform(packets), X)
    rest = extractor.partial_transform(packets[300:])
    np.testing.assert_array_equal(np.vstack([first, rest]), X)
    again = extractor.reset().partial_transform(packets)
    np.testing.assert_array_equal(again, X)


def taken_up(extractor, how, folder):
    """The same stream in another extractor."""
    if how == "same":
        return extractor
    if how == "pickle":
        return pickle.loads(pickle.dumps(extractor))
    other = clone(extractor)
    if how == "arrays":
        return other.set_state(extractor.get_state())
    extractor.save_state(folder / "state.npz")
    return other.load_state(folder / "state.npz")


@pytest.mark.parametrize("how", ["same", "pickle", "arrays", "file"])
@pytest.mark.parametrize("max_streams", [None, 3])
@pytest.mark.parametrize("clock", ["relative", "epoch"])
def test_pieces_give_the_same_bits(packets, how, max_streams, clock, tmp_path):
    extractor = AfterImageExtractor(clock=clock, max_streams=max_streams)
    X = extractor.transform(packets)
    evicted = extractor.n_evicted_
    assert (max(evicted.values()) > 0) == (max_streams is not None)
    rng, start, rows = np.random.default_rng(1), 0, []
    while start < len(packets):
        stop = start + rng.integers(0, 90)
        rows.append(extractor.partial_transform(packets[start:stop]))
        extractor, start = taken_up(extractor, how, tmp_path), stop
    np.testing.assert_array_equal(np.vstack(rows), X)
    extractor.partial_transform(packets[:0])
    assert extractor.n_evicted_ == evicted


def test_the_state_is_plain_and_a_copy(packets, tmp_path):
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets[:50])
    state = extractor.get_state()
    assert {type(value) for value in state.values()} == {np.ndarray, int, str}
    assert all(
        v.dtype in (np.uint64, np.float64)
        for v in state.values()
        if hasattr(v, "dtype")
    )
    for value in state.values():
        if isinstance(value, np.ndarray):
            value[...] = 7
    X = AfterImageExtractor().transform(packets[:60])
    np.testing.assert_array_equal(extractor.partial_transform(packets[50:60]), X[50:])
    extractor.save_state(tmp_path / "no_ending")
    with np.load(tmp_path / "no_ending", allow_pickle=False) as file:
        assert set(file.files) == set(state)


def test_a_pickle_holds_the_streams_and_no_more(packets):
    extractor = AfterImageExtractor()
    empty = len(pickle.dumps(extractor))
    extractor.partial_transform(packets)
    state = extractor.get_state()
    content = sum(v.nbytes for v in state.values() if isinstance(v, np.ndarray))
    assert content < len(pickle.dumps(extractor)) - empty < 1.1 * content + 5000


def test_what_is_no_state_is_refused(packets, tmp_path):
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets)
    good = extractor.get_state()
    keys, values = good["HH_keys"], good["HH_values"]

    def changed(block, place, value):
        broken = good[f"{block}_values"].copy()
        broken[-1, place] = value
        return {f"{block}_values": broken}

    # A channel: clock, 5 SR, a direction; this has a clock, 5 times w, LS, S, residual,
    # and 5 times LS, S of the gaps. A stream of H: clock, 5 times w, LS, S.
    direction = 6 + 31
    for change, message in (
        ({"format": "other"}, "format=other is unknown"),
        ({"clock": "wall"}, "clock='wall' must be one of"),
        ({"clock": "epoch"}, "clock='relative', but the stream was begun with 'epoch'"),
        ({"HH_keys": keys[:, 1:]}, "keys of dtype uint64 and shape"),
        ({"HH_keys": keys.astype(float)}, "keys of dtype float64"),
        ({"HH_values": values[1:]}, "values of dtype float64 and shape"),
        (changed("HH", 0, np.nan), "not finite"),
        (changed("HH", 0, -np.inf), "not finite"),
        (changed("HpHp", 3, 1e308), "not finite, or above 1e60"),
        (changed("MI_dir", 1, 0.5), "weights that are neither 0 nor 1 or more"),
        (changed("H", 13, -1), "weights that are neither"),
        (changed("HH", direction + 17, 0.5), "weights that are neither"),
        (changed("HpHp", 7, 0.5), "weights that are neither"),
        (changed("H", 15, -1e-9), "negative sums of squares"),
        (changed("HH", 9, -1), "negative sums of squares"),
        (changed("HH", direction + 30, -1), "negative sums of squares"),
        (changed("HpHp", 6 + 21 + 19, -1), "negative sums of squares"),
        ({"HH_evicted": 2**70}, "evicted=1180591620717411303424 is no number"),
        ({"HH_evicted": -1}, "evicted=-1 is no number"),
        ({"HH_evicted": 1.5}, "no state of an extractor: TypeError"),
        ({"HH_keys": np.zeros_like(keys)}, "holds a key twice"),
        ({"HH_keys": None}, "keys of dtype object"),
        ({"HH_evicted": "many"}, "no state of an extractor: TypeError"),
    ):
        with pytest.raises(ValueError, match=message):
            AfterImageExtractor().set_state(good | change)
    with pytest.raises(ValueError, match="no state of an extractor: KeyError"):
        AfterImageExtractor().set_state({"format": good["format"]})
    for nothing in (None, 3, [1], "text", np.arange(3)):
        with pytest.raises(ValueError, match=r"no state of an extractor: .*Error"):
            AfterImageExtractor().set_state(nothing)
    # States of before, which counted the packets, go on.
    AfterImageExtractor().set_state(good | {"n_packets": 700})


def test_features_stay_finite_after_the_largest_values_of_a_state(packets):
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets)
    state = extractor.get_state()
    rng = np.random.default_rng(0)
    for block in extractor.n_evicted_:
        values = state[f"{block}_values"]
        values *= np.where(rng.random(values.shape) < 0.5, 1, 1e50)
        state[f"{block}_values"] = np.clip(values, -1e60, 1e60)
        assert np.abs(state[f"{block}_values"]).max() > 1e54
    X = AfterImageExtractor().set_state(state).partial_transform(packets)
    assert np.isfinite(X).all()


def test_files_that_hold_no_state_are_refused(packets, tmp_path):
    (tmp_path / "text").write_text("no state")
    (tmp_path / "empty").touch()
    np.save(tmp_path / "array.npy", np.arange(3))
    np.savez(tmp_path / "objects.npz", format=np.array([{}], object))
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets)
    extractor.save_state(tmp_path / "good.npz")
    good = (tmp_path / "good.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(good[: len(good) // 2])
    for name in ("text", "empty", "array.npy", "objects.npz", "cut.npz"):
        with pytest.raises(ValueError, match=r"the \.npz file that save_") as caught:
            AfterImageExtractor().load_state(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name} is no state of an")
        assert "pickle" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        AfterImageExtractor().load_state(tmp_path / "nowhere")


def with_member(archive, name, content):
    """The archive with another content of one of its members."""
    out = io.BytesIO()
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return out.getvalue()


@pytest.mark.parametrize("forged", ["deflated", "shape", "objects"])
def test_a_forged_state_takes_no_memory(packets, tmp_path, forged):
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets)
    path = tmp_path / "good.npz"
    extractor.save_state(path)
    state = extractor.get_state()
    if forged == "deflated":
        state["HH_values"] = np.zeros((200_000, state["HH_values"].shape[1]))
        np.savez_compressed(path, **state)
        message = r"the member '\w+.npy' is compressed: [\d,]{10,} bytes in one"
    elif forged == "shape":
        whole = io.BytesIO()
        np.save(whole, np.zeros((3, state["HH_values"].shape[1])))
        content = whole.getvalue().replace(b"(3, ", b"(3000000, ")
        content = content.replace(b" " * 12, b" " * 6, 1)
        path.write_bytes(with_member(path, "HH_values.npy", content))
        message = r"says that it holds \d,\d{3},\d{3},\d{3}"
    else:
        state["HH_values"] = np.array([{}], object)
        np.savez(path, **state)
        message = "a member holds Python objects"
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=rf"no state of an .*{message}.*: expected"
        ):
            AfterImageExtractor().load_state(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * path.stat().st_size + 2**20


@pytest.mark.parametrize("failure", ["clock", "disk"])
def test_a_failed_save_leaves_the_old_state(packets, failure, tmp_path, monkeypatch):
    extractor, path = AfterImageExtractor(), tmp_path / "state.npz"
    extractor.partial_transform(packets)
    extractor.save_state(path)
    before = path.read_bytes()
    if failure == "clock":
        extractor.set_params(clock="epoch")
    else:

        def full(file, **_):
            file.write(b"half")
            raise OSError("no space left")

        monkeypatch.setattr(np, "savez", full)
    with pytest.raises((ValueError, OSError), match=r"reset|no space left"):
        extractor.save_state(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_clock_cannot_change_within_a_stream(packets):
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets[:10])
    extractor.set_params(clock="epoch")
    with pytest.raises(ValueError, match="set it back, or call reset"):
        extractor.partial_transform(packets[10:])
    assert extractor.reset().partial_transform(packets).shape == (700, 115)


def test_a_refused_source_leaves_the_stream_as_it_was(packets):
    extractor = AfterImageExtractor()
    first = extractor.partial_transform(packets[:10])
    with pytest.raises(ValueError, match="is empty"):
        extractor.partial_transform(io.BytesIO(b""))
    bad = packets[10:20].to_frame()
    bad.loc[3, "time"] = np.inf
    with pytest.raises(ValueError, match="time=inf of packet 3"):
        extractor.partial_transform(bad)
    rest = extractor.partial_transform(packets[10:])
    X = extractor.transform(packets)
    np.testing.assert_array_equal(np.vstack([first, rest]), X)


def test_malformed_packets_are_used_and_reported(packets):
    records = packets.records.copy()
    records["flags"][5] = 4
    damaged = PacketTable(records)
    expected = AfterImageExtractor().transform(packets)
    with pytest.warns(PacketWarning, match="700 packets, 1 malformed"):
        X = AfterImageExtractor().transform(damaged)
    np.testing.assert_array_equal(X, expected)
    quiet = AfterImageExtractor(on_malformed="ignore")
    np.testing.assert_array_equal(quiet.transform(damaged), expected)
    assert (quiet.report_.n_packets, quiet.report_.n_malformed) == (700, 1)
    with pytest.raises(ValueError, match="1 malformed; set on_malformed='warn'"):
        AfterImageExtractor(on_malformed="raise").transform(damaged)


@pytest.mark.parametrize("clock", ["relative", "epoch"])
def test_the_first_gap_of_a_channel(packets, clock):
    extractor = AfterImageExtractor(clock=clock).set_output(transform="pandas")
    X = extractor.transform(packets)
    first = ~packets.to_frame().duplicated(["source", "destination"])
    expected = packets.records["time"][first] if clock == "epoch" else 0.0
    assert (X.loc[first, "HH_jit_L5_weight"] == 1).all()
    assert (X.loc[first, "HH_jit_L0.01_mean"] == expected).all()
    assert (X.loc[first, "HH_jit_L0.01_variance"] == 0).all()


@pytest.mark.parametrize(
    "use",
    [
        read_packets,
        lambda X: AfterImageExtractor().transform(X),
        lambda X: AfterImageExtractor().set_output(transform="pandas").transform(X),
        lambda X: AfterImageExtractor().fit_transform(X),
        lambda X: AfterImageExtractor().partial_transform(X),
        lambda X: make_pipeline(AfterImageExtractor(), StandardScaler()).fit(X),
    ],
    ids=["read", "transform", "pandas", "fit_transform", "partial", "pipeline"],
)
def test_warnings_point_at_the_line_of_the_caller(packets, use):
    records = packets.records.copy()
    records["flags"][5] = 4
    with pytest.warns(PacketWarning, match="1 malformed") as caught:
        use(PacketTable(records))
    assert [warning.filename for warning in caught] == [__file__]
