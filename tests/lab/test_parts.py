"""Every part, run, question, task and figure of the lab belongs to one part."""

import pickle
import re
from collections import Counter
from pathlib import Path

import pytest

from skmirai.lab import PARTS, PUBLISHED, QUESTIONS, RUNS, Question, parts
from skmirai.lab._runs import run_name
from skmirai.lab._schedule import lab_tasks
from skmirai.lab._work.context import STANDARDISATION
from skmirai.lab._work.tasks import Plan
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.material import Material
from skmirai.lab._writing.references import REFERENCES

PLANS = [Plan(), Plan(epochs_scale=0.01, n_seeds=1)]


def test_every_part_stands_in_one_file():
    assert [part.number for part in PARTS] == list(range(1, 23))
    files = {file.__name__.rpartition(".")[2] for file in parts._FILES}
    folder = Path(parts.__file__).parent
    assert files == {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_every_question_is_answered_by_one_part():
    answered = [q.number for part in PARTS for q in part.questions]
    assert answered == [q.number for q in QUESTIONS] == list(range(1, 22))


def test_every_run_belongs_to_its_part_and_is_a_task_of_it():
    assert [run for part in PARTS for run in part.runs] == list(RUNS)
    assert len({run.name for run in RUNS}) == len({run.title for run in RUNS}) == 15
    for part in PARTS:
        names = {task.name for task in part.tasks(Plan())}
        for run in part.runs:
            assert run.part == part.number
            assert run_name(run.name) in names


def test_published_figures_have_one_part():
    named = Counter(name for part in PARTS for name in part.published)
    assert named == Counter(PUBLISHED.keys())
    assert not named.keys() & {run.name for run in RUNS}


@pytest.mark.parametrize("plan", PLANS, ids=["full", "short"])
def test_tasks_are_those_of_their_part(plan):
    tasks = [task for part in PARTS for task in part.tasks(plan)]
    assert [t.part for t in tasks] == [p.number for p in PARTS for _ in p.tasks(plan)]
    names = [task.name for task in tasks]
    assert len(set(names)) == len(names)
    for task in tasks:
        assert set(task.needs) <= set(names)
        assert (STANDARDISATION in task.needs) == (task.epochs > 0)
        assert pickle.loads(pickle.dumps(task)) == task  # what workers are sent
    ordered = lab_tasks(epochs_scale=plan.epochs_scale, n_seeds=plan.n_seeds)
    assert sorted(names) == sorted(task.name for task in ordered)


def test_names_of_results_are_those_of_folders_written_before():
    assert {task.name for task in lab_tasks(n_seeds=1)} == {
        *(f"part_{k:02}" for k in (*range(1, 10), 11)),
        *(f"batch_{size}" for size in (100, 1_000, 10_000)),
        *(f"rate_of_batch_{size}" for size in (100, 1_000)),
        *(f"depth_{n_layers}" for n_layers in (2, 6, 10)),
        *(f"run_{k}" for k in (*range(1, 9), "9a", "9b", 10, 11)),
        "run_10_batch_norm",
        "run_6_deep",
        "run_6_deep_and_wide",
        *(f"fold_{k}" for k in range(10)),
        "regression",
    }


def test_parts_and_their_questions_are_those_of_the_lab():
    """The table at the end of the lab's text."""
    asked = {part.number: [q.number for q in part.questions] for part in PARTS}
    assert {number: found for number, found in asked.items() if found} == {
        3: [1, 2, 3], 5: [4], 11: [5, 6], 13: [7, 8, 9, 10, 11, 12], 14: [13], 15: [14],
        18: [15, 16], 19: [17], 20: [18], 21: [19, 20], 22: [21],
    }  # fmt: skip


def test_only_11_is_the_part_of_the_lab():
    assert [task.name for task in lab_tasks([11])] == ["part_11"]
    assert {task.part for task in lab_tasks([13])} == {6, 13}


def test_parts_bring_along_what_their_answers_refer_to():
    """The summaries of part 9, beside the parameters that part 14 asks for."""
    assert {task.part for task in lab_tasks([14])} == {6, 9, 12, 14}


def test_an_answer_without_its_figures_is_not_given():
    question = Question(1, "?", "{a[b]:.1f}[[ of {c}]]<<, then {d[e]:.1f}>>.")
    assert question.answered(Figures(), published=True) is None
    found = Figures(a=Figures(b=1.0), c=2)
    assert question.answered(found, published=True) == "1.0 of 2."
    assert question.answered(found, published=False) == "1.0."
    found["d"] = {"e": 3.0}
    assert question.answered(found, published=False) == "1.0, then 3.0."


def test_sources_have_a_full_reference():
    cited = {name for question in QUESTIONS for name in question.sources}
    assert cited <= set(REFERENCES)


def test_without_results_nothing_is_shown_or_derived(tmp_path):
    nothing = Material(Figures(), tmp_path, same_labels=True, published=True)
    assert {part.section(nothing) for part in PARTS} == {""}
    assert {len(part.figures({})) for part in PARTS} == {0}
    assert not list(tmp_path.iterdir())


def test_answers_ask_for_figures_that_exist():
    """Every first name in an answer is a task, or derived by a part or the report."""
    tasks = {task.name for task in lab_tasks()}
    derived = {"batch_ratio", "best_test", "best_validation", "cores_here", "costs"}
    derived |= {"dropout", "farther", "folds", "held", "held_measured", "layer_factor"}
    derived |= {"load_in_words", "memory_here", "normalisation", "passes", "published"}
    derived |= {"regression", "scaled", "step_ratio", "winner"}
    for question in QUESTIONS:
        asked = set(re.findall(r"\{(\w+)", question.answer))
        assert asked <= tasks | derived, question.number
