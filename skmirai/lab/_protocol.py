"""The lab as data: its parts, its trainings, and the figures published for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from skmirai.datasets import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE

#: Rows of the Kitsune Mirai table, and its labels: benign ones first, then attacks.
N_ROWS, _ = KITSUNE_MIRAI_SHAPE
N_BENIGN, N_ATTACK = KITSUNE_MIRAI_CLASS_COUNTS

#: The published training did not seed its shuffled split. This seed is the first
#: with its class counts, 84,952 benign and 449,943 attack rows to train on.
SPLIT_SEED = 309
#: The rest is halved into validation and test rows with this seed.
HALVING_SEED = 1
#: Seed of the folds of part 21.
FOLDS_SEED = 1234

N_FOLDS = 10
N_PASSES = 100
BATCH_SIZES = (100, 1_000, 10_000)
DEPTHS = (2, 6, 10)

#: Settings of every training that says nothing else.
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "n_layers": 2,
        "n_nodes": 20,
        "activation": "sigmoid",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_norm": False,
        "dropout_rate": 0.0,
        "drop_columns": 24,
        "class_weight": "balanced",
        "epochs": 20,
        "batch_size": 10_000,
    }
)

#: The configuration that was published as the best one.
BEST: Mapping[str, Any] = MappingProxyType(
    {
        "n_layers": 6,
        "optimizer": "adam",
        "learning_rate": 0.005,
        "batch_size": 5_000,
        "epochs": 300,
    }
)

#: Rates of the always-on dropout: 0.2 after the first hidden layer, then 0.5.
ALWAYS_ON_RATES = [0.2, 0.5, 0.5, 0.5, 0.5, 0.5]


@dataclass(frozen=True)
class Part:
    """A part of the lab.

    Attributes
    ----------
    number : int
        Its number, 1 to 22.
    title : str
        What it is about.
    text : str
        What is done, for the report.
    """

    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Run:
    """A training of the lab with validation rows, evaluated on test rows.

    Attributes
    ----------
    name : str
        Number of the run in the lab's table.
    part : int
        Part that it belongs to.
    title : str
        What is special about it.
    settings : mapping
        Parameters of :class:`skmirai.MiraiDNNClassifier` that differ from
        ``SETTINGS``.
    published : mapping
        Figures of one published training: "accuracy" and "loss" on the test
        rows, "val_accuracy" and "val_loss" on the validation rows.
    first_seed : int
        Seed of the training, of the first where there are several.
    """

    name: str
    part: int
    title: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    first_seed: int = 0

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters of the estimator."""
        return {**SETTINGS, **self.settings}


RUNS = (
    Run(
        "1",
        10,
        "2 x 20, no class weights",
        {"class_weight": None},
        {"accuracy": 0.9084, "loss": 0.1724},
    ),
    Run(
        "2",
        12,
        "2 x 20, balanced class weights",
        {},
        {"accuracy": 0.9003, "loss": 0.2337},
    ),
    Run("3", 14, "4 x 20", {"n_layers": 4}, {"accuracy": 0.8854, "loss": 0.2595}),
    Run("4", 14, "2 x 50", {"n_nodes": 50}, {"accuracy": 0.9012, "loss": 0.2327}),
    Run(
        "5",
        14,
        "4 x 50",
        {"n_layers": 4, "n_nodes": 50},
        {"accuracy": 0.8965, "loss": 0.2497},
    ),
    Run(
        "6",
        15,
        "2 x 20, batch normalisation",
        {"batch_norm": True},
        {"accuracy": 0.9174, "loss": 0.2063},
    ),
    Run(
        "7",
        16,
        "2 x 20, ReLU",
        {"activation": "relu"},
        {"accuracy": 0.9164, "loss": 0.2083},
    ),
    Run(
        "8",
        17,
        "2 x 20, Adam",
        {"optimizer": "adam"},
        {"accuracy": 0.9220, "loss": 0.1727},
    ),
    Run(
        "9a",
        18,
        "2 x 20 again, no dropout",
        {},
        {
            "accuracy": 0.9028,
            "loss": 0.2334,
            "val_accuracy": 0.9028,
            "val_loss": 0.2330,
        },
        first_seed=100,  # else it would be run 2
    ),
    Run(
        "9b",
        18,
        "2 x 20, dropout 0.5",
        {"dropout_rate": 0.5},
        {
            "accuracy": 0.8831,
            "loss": 0.2726,
            "val_accuracy": 0.8835,
            "val_loss": 0.2725,
        },
        first_seed=100,
    ),
    Run("10", 19, "6 x 20, Adam 0.005, 300 epochs", BEST, {"accuracy": 0.9370}),
    Run(
        "10 batch norm",
        19,
        "6 x 20, Adam 0.005, 300 epochs, batch normalisation",
        {**BEST, "batch_norm": True},
        {"accuracy": 0.9559},
    ),
    Run(
        "11",
        20,
        "6 x 20, Adam 0.005, 300 epochs, dropout 0.2 then 0.5",
        {**BEST, "dropout_rate": ALWAYS_ON_RATES},
        {"pass_accuracy": 0.9133, "pass_loss": 0.2235},
    ),
)

#: Figures of the published run besides those of the trainings.
PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {
        "n_train": 534_895,
        "n_validation": 114_621,
        "n_test": 114_621,
        "ordered_train": (N_BENIGN, 413_274),
        "ordered_rest": (0, 229_242),
        "train": (84_952, 449_943),
        "rest": (36_669, 192_573),
        "majority": 0.8408,
        "class_weight": (3.14821899, 0.59440307),
        "n_parameters": {"2 x 20": 2_301, "4 x 50": 12_351},
        "epoch_seconds": {100: 22, 1_000: 4, 10_000: 2},
        "seconds": {100: 399, 1_000: 82, 10_000: 12},
        "updates": {100: 5_348, 1_000: 534, 10_000: 53},
        "passes": (0.9132, 0.0002),
        "folds": (0.9168, 0.0032),
    }
)

PARTS = (
    Part(
        1,
        "The data",
        "The Mirai part of the Kitsune data set: 115 statistics of the packets that "
        "came before, for every packet of a network of cameras into which the Mirai "
        "worm breaks. A counter stands before them as column 0.",
    ),
    Part(
        2,
        "Hardware",
        "What this machine has: processors, memory, graphics cards.",
    ),
    Part(
        3,
        "What training keeps in memory",
        "Parameters, their gradients, the optimizer's state, a batch of rows, and the "
        "activations of every layer, which the gradients need. The activations and "
        "the batch grow with the batch size, the rest does not. Computed for 32-bit "
        "numbers from the architecture; the workspace of the libraries comes on top.",
    ),
    Part(
        4,
        "Loading",
        "The table is read once and kept in NumPy's format, which opens without "
        "being read. The first 24 of 116 columns are dropped.",
    ),
    Part(
        5,
        "What is reached without learning",
        "A classifier must beat the larger class. Random guessing is simulated, with "
        "the interval that holds 95 % of the draws.",
    ),
    Part(
        6,
        "Standardisation",
        "Each column less its mean, divided by its standard deviation.",
    ),
    Part(
        7,
        "A split in the order of the file",
        "The first 70 % of the rows to train on, the others to test. The benign rows "
        "all come first, so that the test rows hold attacks only: any constant "
        "classifier that says attack is right on all of them.",
    ),
    Part(
        8,
        "A shuffled split",
        "70 % of the rows, drawn at random, to train on; the rest in two halves to "
        "validate and to test. The rows of a packet and of the next one share their "
        "history, so that a random split flatters.",
    ),
    Part(
        9,
        "The network",
        "Hidden layers of sigmoid units and one sigmoid unit at the end, trained on "
        "the binary cross-entropy.",
    ),
    Part(10, "First training", "Two layers of 20 units, no class weights."),
    Part(
        11,
        "How busy is the processor?",
        "Processor time and memory of the trainings with three batch sizes.",
    ),
    Part(
        12,
        "Class weights",
        "Errors on the rare class cost more, so that both classes count alike.",
    ),
    Part(
        13,
        "Batch size",
        "The same training with batches of 100, 1,000 and 10,000 rows, nothing else "
        "running beside it.",
    ),
    Part(14, "Wider and deeper", "More layers, more units."),
    Part(15, "Batch normalisation", "Standardised activations after each layer."),
    Part(16, "Activation", "ReLU instead of sigmoid."),
    Part(17, "Optimizer", "Adam instead of SGD."),
    Part(18, "Dropout", "Half of the units dropped at random while training."),
    Part(
        19,
        "The best configuration",
        "Six layers, Adam with a small step, 300 epochs; with batch normalisation; "
        "and how long networks of other depths train.",
    ),
    Part(
        20,
        "Dropout that stays on",
        "The network is asked 100 times, with units dropped at random each time. The "
        "spread of its answers tells how far they depend on single units.",
    ),
    Part(
        21,
        "Cross-validation",
        "Ten stratified folds of the training rows; network and class weights anew "
        "for each.",
    ),
    Part(
        22,
        "Regression",
        "A linear output and the squared error instead of a sigmoid and the "
        "cross-entropy. The target is a column of the same table that was dropped.",
    ),
)
