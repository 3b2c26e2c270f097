"""``skmirai predict``: what the estimator says, line by line."""

import gzip
import io
import os
import struct
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import InconsistentVersionWarning

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.cli import _sources
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor, read_packets

SMALL = {"n_layers": 1, "n_nodes": 8, "epochs": 2, "random_state": 0}
BATCH = 200  # 600 rows are whole blocks, so that nothing is filled up


def table(text):
    """Read CSV to the last bit, as pandas of itself does from 3.1 on."""
    return pd.read_csv(io.BytesIO(text.encode()), engine="pyarrow")


def blocks(predict, X):
    """Predictions of blocks of rows, joined."""
    return np.concatenate([predict(X[i : i + BATCH]) for i in range(0, len(X), BATCH)])


@pytest.fixture
def predicted(call):
    """Call predict on standard output; return the lines as a table."""

    def run(*arguments):
        status, out, err = call("predict", *arguments, "-q", "--batch", BATCH)
        assert (status, err) == (0, "")
        return table(out)

    return run


def uncertainty(model, X, n_passes=100, random_state=0):
    def measure(X):
        found = model.predict_uncertainty(
            X, n_passes=n_passes, random_state=random_state
        )
        return found.mutual_information

    return blocks(measure, X)


def test_verdicts_on_a_capture(predicted, classifier, model, capture, features):
    found = predicted(model, capture)
    columns = ["time", "source", "destination", "verdict", "probability", "uncertainty"]
    assert found.columns.tolist() == columns
    packets = read_packets(capture).to_frame()
    for name in columns[:3]:
        assert found[name].tolist() == packets[name].tolist()
    np.testing.assert_array_equal(found["verdict"], classifier.predict(features))
    assert 0 < found["verdict"].mean() < 1
    proba = blocks(classifier.predict_proba, features)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    np.testing.assert_array_equal(
        found["uncertainty"], uncertainty(classifier, features)
    )
    assert found["uncertainty"].max() > 0


def test_a_block_that_is_filled_up(call, classifier, model, capture, features):
    """Another number of rows may round the last bit differently, no more."""
    found = table(call("predict", model, capture)[1])
    for name, expected in (
        ("probability", classifier.predict_proba(features)[:, 1]),
        (
            "uncertainty",
            classifier.predict_uncertainty(features, random_state=0).mutual_information,
        ),
    ):
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 64, 599])
def test_cuts_change_nothing(call, model, capture, monkeypatch, rows):
    capture_in = ["predict", model, capture, "--n-passes", 5]
    whole = call(*capture_in)
    assert whole[0] == 0
    monkeypatch.setattr(_sources, "ROWS", rows)
    assert call(*capture_in) == whole


def test_the_seed_decides(predicted, classifier, model, capture, features):
    found = predicted(model, capture, "--random-state", 7, "--n-passes", 9)
    expected = uncertainty(classifier, features, n_passes=9, random_state=7)
    np.testing.assert_array_equal(found["uncertainty"], expected)
    other = predicted(model, capture, "--random-state", 8, "--n-passes", 9)
    assert (found["uncertainty"] != other["uncertainty"]).any()


def test_no_passes_no_uncertainty(predicted, model, capture):
    found = predicted(model, capture, "--n-passes", 0)
    assert found.columns[-2:].tolist() == ["verdict", "probability"]


def test_threshold(predicted, model, capture):
    found = predicted(model, capture, "--n-passes", 0)
    threshold = float(found["probability"].quantile(0.9))
    strict = predicted(model, capture, "--n-passes", 0, "--threshold", threshold)
    expected = (found["probability"] >= threshold).astype(int)
    assert strict["verdict"].tolist() == expected.tolist()
    assert 0 < expected.sum() < found["verdict"].sum()


def test_file_and_summary(call, model, capture, tmp_path):
    path = tmp_path / "verdicts.csv"
    status, out, err = call("predict", model, capture, "-o", path, "--n-passes", 0)
    assert (status, out) == (0, "")
    assert path.read_text() == call("predict", model, capture, "--n-passes", 0)[1]
    counts = table(path.read_text())["verdict"].value_counts()
    assert err == f"{capture}: 600 packets; {counts[0]} x 0, {counts[1]} x 1\n"
    np.save(tmp_path / "x.npy", np.ones((3, 115)))
    _, _, err = call("predict", model, tmp_path / "x.npy", "--n-passes", 0)
    assert err.startswith(f"{tmp_path / 'x.npy'}: 3 rows; 3 x ")
    status, out, err = call("predict", model, capture, "-o", path)
    assert (status, out) == (1, "")
    assert "verdicts.csv exists" in err
    assert call("predict", model, capture, "-o", path, "--force")[0] == 0
    assert "uncertainty" in path.read_text()


# -- tables of features ------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "packets"),
    [  # .npy with --packets is refused, see test_extract.py
        *(("parquet", []), ("npy", []), ("csv", [])),
        *(("parquet", ["--packets"]), ("csv", ["--packets"])),
    ],
)
def test_extracted_features(call, predicted, model, capture, tmp_path, ending, packets):
    path = tmp_path / f"features.{ending}"
    assert call("extract", capture, "-o", path, *packets)[0] == 0
    expected = predicted(model, capture)
    if not packets:
        expected = expected.drop(columns=["time", "source", "destination"])
    pd.testing.assert_frame_equal(predicted(model, path), expected)


@pytest.fixture(scope="module")
def with_counter(features, labels, tmp_path_factory):
    """A model of UCI's 116 columns, which drops the counter and 23 more."""
    X = np.column_stack([np.arange(len(features)), features])
    settings = {**SMALL, "drop_columns": 24}
    model = MiraiDNNClassifier(**settings).fit(X, labels)
    path = tmp_path_factory.mktemp("uci") / "uci.skmirai"
    model.save(path)
    return model, path, X


def test_model_of_116_columns(predicted, with_counter, capture, tmp_path):
    model, path, X = with_counter
    np.savetxt(tmp_path / "uci.csv", X, "%.17g", delimiter=",")
    np.savetxt(tmp_path / "115.csv.gz", X[:, 1:], "%.17g", delimiter=",")
    np.save(tmp_path / "uci.npy", X)
    proba = blocks(model.predict_proba, X)[:, 1]
    for source in (capture, *(tmp_path / n for n in ("uci.csv", "115.csv.gz"))):
        np.testing.assert_array_equal(predicted(path, source)["probability"], proba)
    np.testing.assert_array_equal(
        predicted(path, tmp_path / "uci.npy")["uncertainty"], uncertainty(model, X)
    )


def test_model_of_115_columns_on_uci_tables(predicted, model, capture, with_counter):
    path = with_counter[1].with_name("uci.npy")
    np.save(path, with_counter[2])
    expected = predicted(model, capture)["probability"]
    pd.testing.assert_series_equal(predicted(model, path)["probability"], expected)


def test_a_counter_that_is_used_is_named(
    call, features, labels, capture, tmp_path, monkeypatch
):
    X = np.column_stack([np.arange(len(features)), features])
    model = MiraiDNNClassifier(**SMALL).fit(X, labels)
    model.save(path := tmp_path / "m.skmirai")
    monkeypatch.setattr(_sources, "ROWS", 77)
    options = ["--batch", BATCH, "--n-passes", 0]
    status, out, err = call("predict", path, capture, *options)
    assert status == 0
    assert "skmirai: the model uses the row counter of its training table" in err
    proba = blocks(model.predict_proba, X)[:, 1]
    np.testing.assert_array_equal(table(out)["probability"], proba)


@pytest.fixture(scope="module")
def by_names(features, labels, tmp_path_factory):
    """A model of named columns, a counter and some features in another order."""
    names = ["counter", *FEATURE_NAMES[40:10:-2]]
    X = pd.DataFrame(features, columns=FEATURE_NAMES)
    X["counter"] = np.arange(len(X))
    model = MiraiDNNClassifier(**SMALL, drop_columns="counter").fit(X[names], labels)
    path = tmp_path_factory.mktemp("names") / "names.skmirai"
    model.save(path)
    return model, path, X[names]


def test_model_of_names(predicted, by_names, capture, tmp_path):
    model, path, X = by_names
    proba = blocks(model.predict_proba, X)[:, 1]
    X.sample(frac=1, axis=1, random_state=0).to_csv(tmp_path / "x.csv", index=False)
    X.to_parquet(tmp_path / "x.parquet")
    for source in (capture, tmp_path / "x.csv", tmp_path / "x.parquet"):
        np.testing.assert_array_equal(predicted(path, source)["probability"], proba)
    # by position, where the table has no names
    np.save(tmp_path / "x.npy", X.to_numpy())
    found = predicted(path, tmp_path / "x.npy")["probability"]
    np.testing.assert_array_equal(found, proba)


def test_missing_names_are_listed(call, by_names, features, labels, capture, tmp_path):
    path, X = by_names[1:]
    X.drop(columns=["HH_L5_std", "H_L1_mean"]).to_csv(tmp_path / "x.csv", index=False)
    status, out, err = call("predict", path, tmp_path / "x.csv")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    missing = [n for n in X if n in ("HH_L5_std", "H_L1_mean")]
    assert missing
    listed = ", ".join(map(repr, missing))
    assert err.endswith(f"was fitted on ({listed}): give a table that has them\n")
    assert f"lacks {len(missing)} of the 16 columns" in err
    other = pd.DataFrame(features[:, :8], columns=[f"column {i}" for i in range(8)])
    model = MiraiDNNClassifier(**SMALL).fit(other, labels)
    model.save(tmp_path / "other.skmirai")
    _, _, err = call("predict", tmp_path / "other.skmirai", capture)
    assert "lacks 8 of the 8 columns" in err
    assert err.endswith(
        "'column 3', 'column 4' and 3 more): give a table that has them\n"
    )


def test_tables_of_other_features(predicted, features, labels, tmp_path):
    """By position, the columns of packets left out."""
    frame = pd.DataFrame(features[:, [3, 50, 80]], columns=["a", "b", "c"])
    model = MiraiDNNClassifier(**SMALL).fit(frame.to_numpy(), labels)
    model.save(tmp_path / "m.skmirai")
    frame.insert(0, "time", np.arange(600.0))
    frame.to_csv(tmp_path / "x.csv", index=False)
    found = predicted(tmp_path / "m.skmirai", tmp_path / "x.csv")
    assert found.columns[0] == "time"
    proba = blocks(model.predict_proba, frame.iloc[:, 1:].to_numpy())
    np.testing.assert_array_equal(found["probability"], proba[:, 1])


# -- other models ------------------------------------------------------------------


def test_more_classes(predicted, features, capture, tmp_path):
    y = np.array(["benign", "mirai", "scan"])[np.arange(600) % 3]
    model = MiraiDNNClassifier(**SMALL).fit(features, y)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    columns = [f"probability_{label}" for label in model.classes_]
    assert found.columns[3:].tolist() == ["verdict", *columns, "uncertainty"]
    np.testing.assert_array_equal(found[columns], blocks(model.predict_proba, features))
    np.testing.assert_array_equal(found["verdict"], blocks(model.predict, features))


def test_single_precision(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dtype="float32").fit(features, labels)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)["probability"]
    proba = blocks(model.predict_proba, features)[:, 1]
    assert proba.dtype == np.float32
    np.testing.assert_array_equal(found.to_numpy(np.float32), proba)


def test_no_dropout_no_uncertainty(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dropout_rate=0).fit(features, labels)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    assert found.columns[-2:].tolist() == ["verdict", "probability"]


def test_members_without_dropout(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dropout_rate=0, n_members=2)
    model.fit(features, labels).save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    spread = model.predict_uncertainty(features).mutual_information
    np.testing.assert_allclose(found["uncertainty"], spread, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors(call, predicted, features, capture, tmp_path, n_targets):
    y = np.log1p(np.abs(features[:, 1 : 1 + n_targets]))
    y = y[:, 0] if n_targets == 1 else y
    model = MiraiDNNRegressor(**SMALL).fit(features, y)
    model.save(path := tmp_path / "m.skmirai")
    found = predicted(path, capture)
    ends = [""] if n_targets == 1 else ["_0", "_1"]
    values = [f"prediction{end}" for end in ends]
    stds = [f"std{end}" for end in ends]
    assert found.columns[3:].tolist() == values + stds
    shape = (600, n_targets)
    predictions = blocks(model.predict, features).reshape(shape)
    np.testing.assert_array_equal(found[values], predictions)

    def std(X):
        return model.predict_uncertainty(X, random_state=0).std

    np.testing.assert_array_equal(found[stds], blocks(std, features).reshape(shape))
    status, _, err = call("predict", path, capture, "--threshold", 0.5)
    assert status == 1
    assert "--threshold 0.5 needs a model of two classes, but this is a regr" in err


# -- what the user may get wrong ---------------------------------------------------


def random_rows():
    rows = np.random.default_rng(0).random((200, 115)).tolist()
    return "\n".join(",".join(map(str, row)) for row in rows)


def npy_with(start, n_rows):
    """A NumPy file whose header begins otherwise, and may lack its end."""
    rest = "" if start.endswith("(") else " 'descr': '<f8', 'fortran_order': False}"
    header = f"{start}{rest}\n".replace("10**25", "1" + "0" * 25).encode()
    size = len(header).to_bytes(2, "little")
    return b"\x93NUMPY\1\0" + size + header + bytes(24 * n_rows)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.csv", None, "no.csv: No such file or directory"),
        (".", None, ".: is a folder: expected a file"),
        ("x.pcap", b"", "x.pcap is empty: expected packets"),
        ("x.bin", b"\0\1\2\3\4", "expected a pcap or pcapng capture"),
        ("x.gz", b"\x1f\x8b\x08 broken", "x.gz cannot be unpacked: "),
        (
            "x.csv",
            b"1,2\n3,4\n",
            "the model was fitted on 115 columns, but x.csv has 2",
        ),
        ("x.csv", b"a,b\n", "fitted on 115 columns, but x.csv has 2"),
        ("x.csv", ",".join(FEATURE_NAMES).encode(), "x.csv holds no rows"),
        ("x.npy", b"\x93NUMPY\1\0", "x.npy is no NumPy file of numbers"),
        ("x.npy", npy_with("{'descr': '<f8', 'shape': (", 4), "x.npy is no NumPy file"),
        ("x.npy", npy_with("{'shape': (4, True),", 4), "x.npy is no NumPy file of num"),
        ("x.npy", npy_with("{'shape': (10**25, 3),", 4), "x.npy is no NumPy file of "),
        ("x.parquet", b"PAR1 and no more", "x.parquet cannot be read: "),
        (
            "x.csv",
            b"1," * 114 + b"\n",
            "x.csv: nan in row 0 (from 0), column 114; expected finite",
        ),
        (
            "x.csv",
            ",".join(FEATURE_NAMES).encode() + b"\n" + b"1," * 114 + b"one",
            f"x.csv: column {FEATURE_NAMES[-1]!r} holds no numbers",
        ),
        (
            "x.csv.gz",
            gzip.compress(random_rows().encode())[:-40_000],
            "x.csv.gz is cut off or damaged",
        ),
    ],
)
def test_bad_input(call, model, tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, out, err = call("predict", model, name, "-o", "verdicts.csv")
    assert (status, out) == (1, "")
    assert err.startswith("skmirai: ")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "verdicts.csv").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "m.skmirai: No such file or directory"),
        (b"no model", "m.skmirai' cannot be loaded: "),
    ],
)
def test_bad_model(call, capture, tmp_path, content, message):
    path = tmp_path / "m.skmirai"
    if content is not None:
        path.write_bytes(content)
    status, out, err = call("predict", path, capture)
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_fault_behind_whole_pieces(call, model, features, tmp_path, monkeypatch):
    """Lines of a whole table or none; standard output has those before the fault."""
    monkeypatch.setattr(_sources, "ROWS", 10)
    monkeypatch.setattr("skmirai.cli._feature_tables.ROWS", 10)
    X = features[:20].copy()
    X[15, 3] = np.inf
    np.save(tmp_path / "x.npy", X)
    path = tmp_path / "verdicts.csv"
    status, _, err = call("predict", model, tmp_path / "x.npy", "-o", path)
    assert status == 1
    assert "inf in row 15 (from 0), column 3" in err
    assert os.listdir(tmp_path) == ["x.npy"]
    path.write_text("precious")
    assert call("predict", model, tmp_path / "x.npy", "-o", path, "--force")[0] == 1
    assert path.read_text() == "precious"
    status, out, _ = call("predict", model, tmp_path / "x.npy")
    assert status == 1
    assert len(table(out)) == 10


def test_faulty_frames_are_reported(call, model, capture, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes()[:-5])
    status, out, err = call("predict", model, path, "--n-passes", 0)
    assert status == 0
    assert len(table(out)) == 599
    assert "599 packets, " in err
    assert "the capture ends within a packet; " in err


def test_following_a_table(call, model, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 115)))
    status, _, err = call("predict", model, tmp_path / "x.npy", "--follow")
    assert status == 1
    assert "--follow waits for packets, but" in err


def test_inputs_are_not_replaced(call, model, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(random_rows())
    for output in (path, model):
        before = output.read_bytes()
        status, _, err = call("predict", model, path, "-o", output, "--force")
        assert status == 1
        assert err.endswith(f"{output} is an input of the command: give another name\n")
        assert output.read_bytes() == before


@pytest.fixture(scope="module")
def of_three(tmp_path_factory):
    """File of a model of three columns."""
    X = np.random.default_rng(0).random((40, 3))
    path = tmp_path_factory.mktemp("three") / "m.skmirai"
    MiraiDNNClassifier(**SMALL).fit(X, X[:, 0] > 0.5).save(path)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,c\n1,10,20,30\n", "x.csv, line 2: 4 comma-separated values, expected 3"),
        ("a,b,c\n1,2,3\n\n1,2\n", "x.csv, line 4: 2 comma-separated values, "),
        ("a,b,c\n1,2,3\n1,2,3,4,5\n", "x.csv, line 3: 5 comma-separated values, "),
        ('1,2,3\n1,"2,3\n4,5,6\n', "x.csv, line 2: 2 comma-separated values, "),
        ('a,b,c\n1,2,3\n1,2,"3\n', "x.csv: Error tokenizing data. C error: EOF insid"),
        ("?,?,?\n1,2,3\n", "x.csv, line 1: '?' is no number, and the line is no hea"),
        ("True,False,True\n1,2,3\n", "x.csv, line 1: 'True' is no number, and the "),
        ("a,1,c\n1,2,3\n", "x.csv, line 1: 'a' is no number, and the line is no hea"),
    ],
)
def test_faulty_rows(call, of_three, tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(text)
    status, out, err = call("predict", of_three, "x.csv", "--n-passes", 0)
    assert (status, out) == (1, "")
    assert err.startswith(f"skmirai: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("text", ["a;b;c\n1;2;3\n", "\n1,2,3\n", "# rows\n1,2,3\n"])
def test_unknown_types(call, of_three, tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text)
    status, _, err = call("predict", of_three, path)
    assert status == 1
    assert f"{path} is of an unknown type, it begins with b{text[:6]!r}"[:-1] in err
    assert "parted by commas from the first line on" in err


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_link_type_that_cannot_be_read_is_named(call, of_three, tmp_path, pack):
    path, output = tmp_path / "radio.pcap", tmp_path / "out.csv"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105)
    path.write_bytes(pack(header))
    status, out, err = call("predict", of_three, path, "-o", output)
    assert (status, out) == (1, "")
    assert err.startswith(
        f"skmirai: {path}: link type 105 cannot be read: expected Eth"
    )
    assert "convert the file with tshark" in err
    assert not output.exists()


def test_remedies_for_other_columns(call, of_three, capture, tmp_path):
    status, _, err = call("predict", of_three, capture)
    assert status == 1
    assert "fitted on 3 columns" in err
    assert "has 115: give a table with the columns of its training data, or a" in err
    assert "fitted on AfterImage's 115 features, which skmirai extract writes" in err
    assert "UCI" not in err  # of whose table nothing is known
    path = tmp_path / "x.csv"
    path.write_text("time,length,b\n1,2,3\n")
    _, _, err = call("predict", of_three, path)
    assert "x.csv has 1 beside 'time', 'length', which describe packets: give" in err


@pytest.mark.parametrize("first", ["0,1,2", "a,b,c", '"a, b",c,"d"', "1e3,2,3"])
def test_first_rows(predicted, of_three, tmp_path, first):
    path = tmp_path / "x.csv"
    path.write_text(f'{first}\n1,2,3\n\n"1", "2", "3"\n')
    n_rows = 2 + (first[0] in "01")
    found = predicted(of_three, path, "--n-passes", 0)["probability"]
    assert len(found) == n_rows
    assert found.iloc[-1] == found.iloc[-2]


@pytest.mark.parametrize("kind", ["file", "link", "device"])
def test_a_failure_removes_nothing(call, model, tmp_path, kind):
    source, path, old = (tmp_path / x for x in ("bad.pcap", "v.csv", "old.csv"))
    source.write_bytes(b"no capture")
    old.write_text("precious")
    if kind == "file":
        old.rename(path)
    else:
        path.symlink_to(old if kind == "link" else os.devnull)
    assert call("predict", model, source, "-o", path, "--force")[0] == 1
    assert path.read_text() == ("" if kind == "device" else "precious")


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", 2],
        ["--batch", 0],
        ["--batch", 10**9],
        ["--n-passes", -1],
        ["--n-passes", 10**9],
        ["--clock", "x"],
    ],
)
def test_wrong_usage(call, model, capture, options):
    status, _, err = call("predict", model, capture, *options)
    assert status == 2
    assert options[0] in err


def test_warnings_are_one_line(call, model, capture, monkeypatch):
    load = skmirai.load

    def warn(path):
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name="MiraiDNNClassifier",
                current_sklearn_version="2.0",
                original_sklearn_version="1.9",
            ),
            stacklevel=2,
        )
        return load(path)

    monkeypatch.setattr("skmirai.neural_network.load", warn)
    status, _, err = call("predict", model, capture, "-q", "--n-passes", 0)
    assert status == 0
    assert err.startswith("skmirai: Trying to unpickle estimator MiraiDNNClassifier")
    assert err.count("\n") == 1


@pytest.mark.real_data
def test_real_capture(call, predicted, data_dir, tmp_path):
    head = data_dir / "kitsune" / "mirai_benign_head_2000.pcap"
    attack = data_dir / "kitsune" / "mirai_attack_10000.pcap"
    benign, mirai = (AfterImageExtractor().transform(p) for p in (head, attack))
    X, y = np.vstack([benign, mirai]), np.repeat([0, 1], [2000, 10_000])
    model = MiraiDNNClassifier(**SMALL).fit(X, y)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", head, "--n-passes", 10)
    proba = blocks(model.predict_proba, benign)[:, 1]
    np.testing.assert_array_equal(found["probability"].to_numpy(proba.dtype), proba)
    expected = uncertainty(model, benign, n_passes=10)
    np.testing.assert_array_equal(found["uncertainty"], expected)
