"""``skmirai lab notebook``, ``compare`` and ``check``, as a shell calls them."""

import json

import nbformat
import numpy as np
import pytest

from skmirai.lab import check_lab, compare_labs, lab_notebook
from tests.lab.folders import change, write_run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A run with all published figures; tests leave it as it is."""
    return write_run(tmp_path_factory.mktemp("lab") / "published", n_seeds=2)


def test_notebook_is_that_of_the_function(call, tmp_path):
    path = tmp_path / "lab.ipynb"
    arguments = (
        "lab",
        "notebook",
        "--worksheet",
        "--part",
        5,
        "--part",
        12,
        "-o",
        path,
    )
    assert call(*arguments, "--rows", 500)[0] == 0
    expected = lab_notebook(worksheet=True, parts=[5, 12], n_rows=500)
    assert nbformat.read(path, 4) == expected
    path.write_text("my answers")
    status, _, err = call(*arguments)
    assert status == 1
    assert f"{path} exists: give another name, or --force to replace it" in err
    assert path.read_text() == "my answers"
    assert call(*arguments, "--rows", 500, "--force")[0] == 0
    assert nbformat.read(path, 4) == expected


def test_notebook_on_files_with_answers(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("Mirai_data.npy", np.ones((100, 116)))
    np.save("Mirai_labels.npy", np.repeat([0, 1], [30, 70]))
    assert call("lab", "run", "--data", ".", "--only", 5, "-o", "run", "-q")[0] == 0
    options = ("--data", "mirai", "--epochs-scale", 0.5, "--random-state", 4)
    assert call("lab", "notebook", *options, "--answers", "run")[0] == 0
    text = (tmp_path / "lab.ipynb").read_text()
    for line in ("FOLDER = 'mirai'", "N_ROWS = None", "EPOCHS_SCALE = 0.5", "SEED = 4"):
        assert line in text
    assert "0.7000" in text


def test_compare_prints_text_or_json(call, tmp_path, published):
    other = write_run(tmp_path / "other", n_seeds=2, random_state=9, shift=-0.01)
    found = compare_labs(published, other)
    assert call("lab", "compare", published, other) == (0, f"{found}\n", "")
    status, out, _ = call("lab", "compare", published, other, "--json")
    assert status == 0
    assert json.loads(out) == json.loads(json.dumps(found.to_dict()))


def test_compare_draws_curves(call, tmp_path, published):
    picture = tmp_path / "curves.png"
    arguments = ("lab", "compare", published, published, "-o", picture)
    status, out, _ = call(*arguments)
    assert status == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Test accuracy" in out
    assert "Validation loss over the epochs" not in out
    status, _, err = call(*arguments)
    assert status == 1
    assert "exists" in err
    assert call(*arguments, "--force")[0] == 0


def test_check_tells_by_its_status(call, tmp_path, published):
    status, out, err = call("lab", "check", published)
    assert (status, err) == (0, "")
    assert out == f"{check_lab(published)}\n"
    run = write_run(tmp_path / "run", n_seeds=1, shift=-0.02)
    status, out, _ = call("lab", "check", run)
    assert status == 3
    assert "run 1, accuracy" in out
    assert call("lab", "check", run, "--accuracy-tolerance", 0.03)[0] == 0
    assert call("lab", "check", run, "--part", 5)[0] == 0
    change(run, "part_05", majority="most")
    assert call("lab", "check", run, "--part", 5)[0] == 3


def test_check_against_a_reference_as_json(call, tmp_path, published):
    run = write_run(tmp_path / "run", n_seeds=1)
    change(run, "run_1", loss=0.5)
    status, out, _ = call("lab", "check", run, "--reference", published, "--json")
    assert status == 3
    found = json.loads(out)
    assert found["complete"]
    assert not found["within"]
    assert found["reference"] == str(published)
    assert found["tolerances"] == {"accuracy": 0.01, "loss": 0.02}
    outside = [figure for figure in found["figures"] if not figure["within"]]
    assert [figure["name"] for figure in outside] == ["run 1, loss"]
    assert outside[0]["expected"] == pytest.approx(0.1724)
    arguments = ("--reference", published, "--loss-tolerance", 0.4)
    assert call("lab", "check", run, *arguments)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere"], "skmirai: nowhere: there is no such folder"),
        (["check", "."], "is no folder of a lab run"),
        (["compare", ".", "."], "is no folder of a lab run"),
        (["notebook", "--part", "23"], "skmirai: parts=[23] must be parts of the lab"),
        (["notebook", "-o", "no/lab.ipynb"], "skmirai: no: there is no such folder"),
    ],
)
def test_errors_are_one_line(call, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = call("lab", *arguments)
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1
