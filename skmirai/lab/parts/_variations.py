"""Parts 14 to 17: more layers, batch normalisation, another activation, optimizer."""

from skmirai.lab._part import Question
from skmirai.lab._protocol import Run
from skmirai.lab._runs import runs_part

_ABOUT_SIZE = (
    Question(
        13,
        "How many trainable parameters do the networks have?",
        "2 x 20: {part_09[2 x 20][trainable]:,}, that is (92 + 1) · 20 + (20 + 1) · 20 "
        "+ 21. 4 x 50: {part_09[4 x 50][trainable]:,}. Each unit has a weight for "
        "every input and a bias.",
    ),
)

_ABOUT_NORMALISATION = (
    Question(
        14,
        "Why does batch normalisation matter in deep networks?",
        "Every layer learns on what the layers before it put out, and that moves with "
        "each step. Standardising it per batch keeps the activations in the range "
        "where they have a gradient, which sigmoid layers in a stack leave quickly, so "
        "that larger steps work. Test accuracy of the 2 x 20 network with it: "
        "{run_6[accuracy]:.4f}, without: {run_2[accuracy]:.4f}; of the 6 x 20 network "
        "{run_10_batch_norm[accuracy]:.4f} and {run_10[accuracy]:.4f}. The validation "
        "curves show its price: figures of single batches while training, moving "
        "averages while predicting, and the two can differ much from epoch to epoch.[[ "
        "Together with dropout it hurt the published run (about 0.84).]]",
    ),
)

PARTS = (
    runs_part(
        14,
        "Wider and deeper",
        "More layers, more units.",
        Run("3", 14, "4 x 20", {"n_layers": 4}, {"accuracy": 0.8854, "loss": 0.2595}),
        Run("4", 14, "2 x 50", {"n_nodes": 50}, {"accuracy": 0.9012, "loss": 0.2327}),
        Run(
            "5",
            14,
            "4 x 50",
            {"n_layers": 4, "n_nodes": 50},
            {"accuracy": 0.8965, "loss": 0.2497},
        ),
        questions=_ABOUT_SIZE,
    ),
    runs_part(
        15,
        "Batch normalisation",
        "Standardised activations after each layer.",
        Run(
            "6",
            15,
            "2 x 20, batch normalisation",
            {"batch_norm": True},
            {"accuracy": 0.9174, "loss": 0.2063},
        ),
        questions=_ABOUT_NORMALISATION,
    ),
    runs_part(
        16,
        "Activation",
        "ReLU instead of sigmoid.",
        Run(
            "7",
            16,
            "2 x 20, ReLU",
            {"activation": "relu"},
            {"accuracy": 0.9164, "loss": 0.2083},
        ),
    ),
    runs_part(
        17,
        "Optimizer",
        "Adam instead of SGD.",
        Run(
            "8",
            17,
            "2 x 20, Adam",
            {"optimizer": "adam"},
            {"accuracy": 0.9220, "loss": 0.1727},
        ),
    ),
)
