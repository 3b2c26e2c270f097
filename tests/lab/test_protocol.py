"""The lab's numbers that do not depend on a run are the published ones."""

import gzip
import re

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from skmirai import MiraiDNNClassifier, build_dnn
from skmirai.lab import (
    PARTS,
    PUBLISHED,
    QUESTIONS,
    RUNS,
    SETTINGS,
    ordered_split,
    shuffled_split,
    training_memory,
)
from skmirai.lab._protocol import BEST, N_ATTACK, N_BENIGN, N_ROWS
from skmirai.lab.parts._batches import BATCH_SIZES
from skmirai.metrics import chance_accuracy


@pytest.fixture(scope="module")
def labels():
    return np.repeat([0, 1], [N_BENIGN, N_ATTACK])


def counts(labels):
    return tuple(np.bincount(labels, minlength=2).tolist())


@pytest.mark.real_data
def test_labels_are_the_official_ones(data_dir, labels):
    with gzip.open(data_dir / "kitsune" / "mirai_labels.csv.gz", "rt") as file:
        official = np.loadtxt(file, dtype=int)
    np.testing.assert_array_equal(official, labels)


def test_ordered_split(labels):
    train, rest = ordered_split(N_ROWS)
    assert counts(labels[train]) == PUBLISHED["ordered_train"] == (121_621, 413_274)
    assert counts(labels[rest]) == PUBLISHED["ordered_rest"] == (0, 229_242)


def test_shuffled_split_and_class_weights(labels):
    train, validation, test = shuffled_split(N_ROWS)
    assert [len(train), len(validation), len(test)] == [534_895, 114_621, 114_621]
    assert counts(labels[train]) == PUBLISHED["train"] == (84_952, 449_943)
    rest = np.concatenate([validation, test])
    assert counts(labels[rest]) == PUBLISHED["rest"] == (36_669, 192_573)
    assert len(np.unique(np.concatenate([train, rest]))) == N_ROWS
    weights = compute_class_weight(
        "balanced", classes=np.array([0, 1]), y=labels[train]
    )
    np.testing.assert_allclose(weights, [3.14821899, 0.59440307], atol=5e-9)
    np.testing.assert_allclose(weights, PUBLISHED["class_weight"], atol=5e-9)


def test_majority_and_chance(labels):
    assert round(N_ATTACK / N_ROWS, 4) == PUBLISHED["majority"] == 0.8408
    uniform = chance_accuracy(labels, random_state=0)
    assert uniform.expected == 0.5
    share = N_ATTACK / N_ROWS
    prior = chance_accuracy(labels, strategy="prior", random_state=0)
    assert prior.expected == pytest.approx(share**2 + (1 - share) ** 2, rel=1e-12)


def test_updates_per_epoch():
    n_train = PUBLISHED["sizes"]["train"]
    whole = {size: n_train // size for size in BATCH_SIZES}
    assert whole == PUBLISHED["updates"] == {100: 5_348, 1_000: 534, 10_000: 53}
    assert [-(-n_train // size) for size in BATCH_SIZES] == [5_349, 535, 54]


@pytest.mark.parametrize(
    ("n_layers", "n_nodes", "n_parameters"), [(2, 20, 2_301), (4, 50, 12_351)]
)
def test_parameters_of_the_network(n_layers, n_nodes, n_parameters):
    model = build_dnn(92, n_layers, n_nodes, dropout_rate=0.0)
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == n_parameters
    assert PUBLISHED["n_parameters"][f"{n_layers} x {n_nodes}"] == n_parameters


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_memory_of_weights_is_what_keras_holds(optimizer, batch_norm):
    network = {
        **SETTINGS,
        "n_layers": 3,
        "batch_norm": batch_norm,
        "optimizer": optimizer,
    }
    model = build_dnn(
        92, 3, 20, optimizer=optimizer, batch_norm=batch_norm, dropout_rate=0.0
    )
    model.optimizer.build(model.trainable_variables)
    held = training_memory(92, 1000, network)
    assert held["parameters"] == sum(w.nbytes for w in model.get_weights())
    slots = [v for v in model.optimizer.variables if len(v.shape)]
    assert held["optimizer state"] == sum(4 * int(np.prod(v.shape)) for v in slots)


def test_memory_of_a_batch_grows_with_it():
    small, large = (
        training_memory(92, 1000, {**SETTINGS, "optimizer": "adam", "batch_size": size})
        for size in (100, 300)
    )
    grown = {kind for kind in small if large[kind] == 3 * small[kind]}
    assert grown == {"batch", "activations"}
    dropped = training_memory(92, 1000, {**SETTINGS, "dropout_rate": [0.2, 0.5]})
    assert dropped["activations"] > training_memory(92, 1000, SETTINGS)["activations"]


def test_parts_runs_and_questions_are_all_there():
    assert [part.number for part in PARTS] == list(range(1, 23))
    assert [question.number for question in QUESTIONS] == list(range(1, 22))
    names = [run.name for run in RUNS]
    assert names == [
        *map(str, range(1, 7)), "6 deep", "6 deep and wide", "7", "8", "9a", "9b",
        "10", "10 batch norm", "11",
    ]  # fmt: skip
    assert {run.part for run in RUNS} == {10, 12, 14, 15, 16, 17, 18, 19, 20}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_runs_are_parameters_of_the_estimator(run):
    clf = MiraiDNNClassifier(**run.parameters)
    assert clf.get_params()["n_layers"] == (6 if run.part in (19, 20) else clf.n_layers)
    assert set(run.settings) <= set(MiraiDNNClassifier().get_params())
    assert re.match(rf"{clf.n_layers} x {clf.n_nodes}", run.title)


def test_the_best_configuration_is_the_published_one():
    parameters = next(run for run in RUNS if run.name == "10").parameters
    assert parameters == {**SETTINGS, **BEST}
    assert (parameters["epochs"], parameters["batch_size"]) == (300, 5_000)
    assert parameters["learning_rate"] == 0.005


def test_published_figures_of_the_runs():
    accuracies = {run.name: run.published.get("accuracy") for run in RUNS}
    assert accuracies == {
        "1": 0.9084, "2": 0.9003, "3": 0.8854, "4": 0.9012, "5": 0.8965, "6": 0.9174,
        "7": 0.9164, "8": 0.9220, "9a": 0.9028, "9b": 0.8831, "10": 0.9370,
        "10 batch norm": 0.9559, "11": None, "6 deep": None, "6 deep and wide": None,
    }  # fmt: skip
    losses = {run.name: run.published.get("loss") for run in RUNS}
    assert losses == {
        "1": 0.1724, "2": 0.2337, "3": 0.2595, "4": 0.2327, "5": 0.2497, "6": 0.2063,
        "7": 0.2083, "8": 0.1727, "9a": 0.2334, "9b": 0.2726, "10": None,
        "10 batch norm": None, "11": None, "6 deep": None, "6 deep and wide": None,
    }  # fmt: skip
    assert RUNS[-1].published == {"pass_accuracy": 0.9133, "pass_loss": 0.2235}
    assert PUBLISHED["passes"] == (0.9132, 0.0002)
    assert PUBLISHED["folds"] == (0.9168, 0.0032)
    assert PUBLISHED["epoch_seconds"] == {100: 22, 1_000: 4, 10_000: 2}
    assert PUBLISHED["seconds"] == {100: 399, 1_000: 82, 10_000: 12}
