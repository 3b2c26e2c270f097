"""The lab as a notebook: it says what the parts say, and its code runs."""

import ast
import json
import re
import subprocess
import sys
import threading
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from skmirai.lab import (
    PARTS,
    QUESTIONS,
    RUNS,
    SETTINGS,
    lab_notebook,
    run_lab,
    shuffled_split,
)
from skmirai.lab._notebook import trainings
from skmirai.lab._notebook.answers import general_answer
from skmirai.lab._notebook.build import _cells_of
from skmirai.lab._notebook.code import Code, training_of
from skmirai.lab._notebook.published import published_of
from skmirai.lab._protocol import BEST
from tests.lab.folders import change
from tests.lab.runs import SMALL

NUMBERS = [part.number for part in PARTS]


def sources(notebook, kind):
    """Texts of the cells of a kind."""
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def headings(notebook):
    """Numbers of its parts."""
    text = "\n".join(sources(notebook, "markdown"))
    return [int(number) for number in re.findall(r"^## Part (\d+): ", text, re.M)]


def ruff(notebook, path, *arguments):
    """Complaints of the linter about the code of a notebook."""
    nbformat.write(notebook, path)
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--isolated", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("worksheet", [False, True])
def test_text_and_questions_are_those_of_the_parts(worksheet):
    notebook = lab_notebook(worksheet=worksheet)
    nbformat.validate(notebook)
    assert headings(notebook) == NUMBERS
    text = "\n".join(sources(notebook, "markdown"))
    places = []
    for part in PARTS:
        assert f"## Part {part.number}: {part.title}\n\n{part.text}" in text
        places.append(text.index(f"## Part {part.number}: "))
        for question in part.questions:
            asked = f"**Question {question.number}.** {question.text}"
            assert text.count(asked) == 1
            places.append(text.index(asked))
    assert places == sorted(places)
    assert notebook == lab_notebook(worksheet=worksheet)


def test_every_part_has_code_or_trainings():
    assert all(list(_cells_of(part)) for part in PARTS)


def test_every_training_is_there_with_what_was_published():
    notebook = lab_notebook()
    code = sources(notebook, "code")
    text = "\n".join(sources(notebook, "markdown"))
    for run in RUNS:
        assert code.count(training_of(run).text) == 1
        for value in run.published.values():
            assert f"{value:.4f}" in text


def test_published_figures_of_parts_are_told():
    told = {part: published_of(part) for part in NUMBERS}
    text = "\n".join(sources(lab_notebook(), "markdown"))
    assert all(words in text for words in told.values())
    for part in PARTS:
        for value in part.published.values():
            numbers = value.values() if isinstance(value, dict) else value
            for number in numbers if not isinstance(value, float) else [value]:
                form = f"{number:,}" if isinstance(number, int) else f"{number:.4f}"
                assert form in "".join(told.values()), (part.number, form)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_calls_of_trainings_have_the_settings_of_the_run(run):
    """Called with what stands in the cell, a function gets the run's settings."""
    called = []
    names = {
        "train_and_judge": lambda title, **settings: called.append((title, settings)),
        "BEST": dict(BEST),
        "SEED": 5,
    }
    exec(training_of(run).text, names)
    seed = {"random_state": 5 + run.first_seed} if run.first_seed else {}
    assert called == [(run.title, {**run.settings, **seed})]


def test_answers_are_sentences_of_the_report_without_figures():
    notebook = lab_notebook()
    text = "\n".join(sources(notebook, "markdown"))
    for question in QUESTIONS:
        answer = general_answer(question)
        assert not re.search(r"\{|\}|\[\[|\]\]|<<|>>|\(not run\)", answer)
        assert answer in text
    assert sum(len(general_answer(q)) > 100 for q in QUESTIONS) >= 12


@pytest.mark.parametrize(
    ("number", "lesson"),
    [
        (1, "32 threads form a warp and do one instruction"),
        (3, "is rows and their activations."),
        (4, "in p² + (1 - p)²"),
        (6, "The slope of a sigmoid is at most 1/4"),
        (7, "one for every 100 rows, for about the same arithmetic"),
        (8, "at least one kernel ran"),
        (10, "divided by the size and rounded up."),
        (11, "Upwards the number of training rows and memory"),
        (12, "makes many times as many steps at the same rate"),
        (13, "= 12,351. "),
        (14, "The price: it takes the figures of single batches"),
        (17, "flatters"),
        (20, "They do not tell the same."),
    ],
)
def test_answers_without_a_run_teach_the_same(number, lesson):
    """What does not depend on a run does not go with the figures of one."""
    assert lesson in general_answer(QUESTIONS[number - 1])


def test_answers_with_figures_of_a_run(uci_folder, tmp_path):
    run = tmp_path / "run"
    run_lab(uci_folder, only=[5, 8], output=run, **SMALL)
    notebook = lab_notebook(parts=[5, 12], run_dir=run)
    (answer,) = (t for t in sources(notebook, "markdown") if "Question 4." in t)
    assert f"{2_520 / 3_000:.4f}" in answer
    assert f"Figures in answers are of the run in `{run}`." in notebook.cells[0].source
    assert "(not run)" not in "".join(sources(lab_notebook(run_dir=run), "markdown"))
    with pytest.raises(ValueError, match=r"leaves to the student; leave one of them"):
        lab_notebook(worksheet=True, run_dir=run)
    known = json.loads((run / "settings.json").read_text())
    (run / "settings.json").write_text(json.dumps(known | {"format": 1}))
    with pytest.raises(ValueError, match=r"results of another version of the lab"):
        lab_notebook(run_dir=run)
    change(run, "part_05", majority="most")
    (run / "table.json").unlink()
    with pytest.raises(ValueError, match=r"cannot be used: part_05, table; 'skmirai"):
        lab_notebook(run_dir=run)


def test_a_worksheet_leaves_code_and_answers_to_the_student():
    notebook = lab_notebook(worksheet=True)
    setup, *rest = sources(notebook, "code")
    assert "N_ROWS = 20_000" in setup
    for text in rest:
        assert text.endswith("# Your code")
        statements = ast.parse(text).body
        assert all(isinstance(s, ast.Import | ast.ImportFrom) for s in statements)
    ids = [cell.id for cell in notebook.cells]
    for question in QUESTIONS:
        place = ids.index(f"question-{question.number}-text")
        assert ids[place + 1] == f"question-{question.number}-answer-text"
        assert notebook.cells[place + 1].source == "*Your answer:*"
        if answer := general_answer(question):
            assert answer not in "\n".join(sources(notebook, "markdown"))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_part_alone_has_all_names_that_it_uses(number, tmp_path):
    notebook = lab_notebook(parts=[number])
    assert headings(notebook) == [number]
    complaints = ruff(notebook, tmp_path / "lab.ipynb", "check", "--select=F821,F811")
    assert complaints == ""


def test_code_is_as_the_house_writes_it(tmp_path):
    notebook = lab_notebook()
    path = tmp_path / "lab.ipynb"
    assert ruff(notebook, path, "format", "--check", "--diff") == ""
    rules = "--select=E4,E5,E7,E9,F,I,N,UP,B,SIM"
    assert ruff(notebook, path, "check", rules, "--ignore=E402,N803,N806") == ""


@pytest.mark.parametrize("counter", [True, False])
def test_files_of_a_folder(uci_folder, tmp_path, counter):
    """The first parts, of which none trains, on UCI's files and on part of them."""
    folder = uci_folder
    if not counter:
        folder = tmp_path
        rows = np.loadtxt(uci_folder / "Mirai_dataset.csv.gz", delimiter=",")
        np.save(folder / "Mirai_data.npy", rows[:, 1:])
        labels = np.loadtxt(uci_folder / "Mirai_labels.csv.gz")
        np.save(folder / "Mirai_labels.npy", labels.astype(int))
    notebook = lab_notebook(parts=[4, 5, 7, 8], data_dir=folder, n_rows=1_000)
    found = {}
    for text in sources(notebook, "code"):
        exec(text, found)
    assert found["X"].shape == (1_000, 92)
    assert np.bincount(found["y"]).tolist() == [160, 840]
    assert found["raw"][0, 0] == found["data"][0, 24 if counter else 23]
    for name, rows in shuffled_split(1_000)._asdict().items():
        np.testing.assert_array_equal(found[name], rows)
    assert np.bincount(found["y_last"], minlength=2).tolist() == [0, 300]
    whole = sources(lab_notebook(data_dir=folder), "code")[0]
    assert "N_ROWS = None" in whole


def test_cards_are_looked_at_while_a_network_is_trained():
    """The cell of part 13, with a training that ends after three looks at a card."""
    ended, looks = threading.Event(), [(18, 1_151), (27, 2_175), (21, None)]

    def hardware():
        busy, mib = looks.pop(0)
        if not looks:
            ended.set()
        return {"gpus": [{"busy": busy, "used memory": mib and mib * 2**20}]}

    (cell,) = (cell for cell in trainings.BEFORE[13] if "hardware" in cell.text)
    found = {}
    exec(cell.text.partition("timed = {}")[0], found)
    found["hardware"] = hardware
    seen = []
    found["look_at_cards"](seen, SimpleNamespace(wait=lambda s: ended.is_set()))
    assert found["span"](seen, "busy", 1) == "18 to 27"
    assert found["span"](seen, "used memory", 2**20) == "1,151 to 2,175"
    assert found["span"]([], "busy", 1) == "none seen"


LAST = """
import json

json.dumps(
    {
        "settings": SETTINGS,
        "best": BEST,
        "sized": sized(),
        "split": [len(train), len(validation), len(test)],
        "accuracies": {t: found["test accuracy"] for t, found in results.items()},
        "again": run_7.score(X[test], y[test]),
        "passes": [len(passes), len(thinned), len(accuracies)],
        "timed": {size: found["updates per epoch"] for size, found in timed.items()},
    }
)
"""


@pytest.mark.slow
def test_the_whole_notebook_runs(tmp_path):
    """On a small table; what its cells leave is what the lab says."""
    notebook = lab_notebook(n_rows=3_000, epochs_scale=0.05, random_state=3)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST))
    path = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, resources=path).execute()
    outputs = [c.outputs for c in notebook.cells if c.cell_type == "code"]
    found = json.loads(ast.literal_eval(outputs[-1][0]["data"]["text/plain"]))

    other = {"scaler": None, "random_state": 3}
    lab = {name: value for name, value in SETTINGS.items() if name != "drop_columns"}
    assert found["settings"] == lab | other
    assert found["best"] == dict(BEST)
    batch_size = round(10_000 * 2_100 / 534_895)
    assert found["sized"] == lab | other | {"batch_size": batch_size, "epochs": 1}
    assert found["split"] == [2_100, 450, 450]
    assert found["accuracies"].keys() == {run.title for run in RUNS}
    titles = {run.name: run.title for run in RUNS}
    assert found["again"] == pytest.approx(found["accuracies"][titles["7"]])
    assert found["passes"] == [100, 100, 10]
    # as many updates as the lab has, up to rounding
    assert found["timed"]["10000"] == pytest.approx(54, abs=2)
    pictures = sum(
        "image/png" in str(list(o.get("data", {}))) for os in outputs for o in os
    )
    assert pictures >= len(RUNS) + 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": [5, 23]}, r"parts=\[5, 23\] must be parts of the lab, 1 to 22"),
        ({"parts": []}, r"parts=\[\] must be .* at least one"),
        ({"n_rows": 3}, "n_rows"),
        ({"epochs_scale": 0}, "epochs_scale"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        lab_notebook(**options)


def test_without_nbformat_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(ImportError, match=r"pip install 'skmirai\[notebook\]'"):
        lab_notebook()


def test_a_cell_tells_its_imports():
    cell = Code("import numpy as np\n\nfrom skmirai import load\nx = np.ones(3)")
    assert cell.imports() == "import numpy as np\nfrom skmirai import load"
