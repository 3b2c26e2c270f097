"""Part 11: what layers do before they are trained."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from skmirai.lab._part import Question, fact
from skmirai.lab._work.context import LabContext
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, number

#: Rows that gradients are taken over: a batch of the lab.
_N_ROWS = 10_000

_NETWORKS = {"2 x 20": (2, 20), "4 x 20": (4, 20), "4 x 50": (4, 50)}

#: Kernels and biases of a network, layer by layer.
Weights = Sequence[tuple[np.ndarray, np.ndarray]]


def gradient_sizes(weights: Weights, X: np.ndarray, y: np.ndarray) -> list[float]:
    """Root mean square of the gradient of each kernel of a sigmoid network.

    The loss is the mean cross-entropy of the rows, with balanced class weights.

    Parameters
    ----------
    weights : sequence of (ndarray of shape (n_in, n_out), ndarray of shape (n_out,))
        Kernel and bias of every layer; the last one has one unit.
    X : ndarray of shape (n_rows, n_in)
        Rows.
    y : ndarray of shape (n_rows,)
        0 or 1 for each.

    Returns
    -------
    list of float
        One number for every layer, that of the input first.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.lab.parts._layers import gradient_sizes
    >>> X, y = np.array([[1.0], [1.0]]), np.array([0, 1])
    >>> gradient_sizes([(np.zeros((1, 1)), np.full(1, 2.0))], X, y)
    [0.38079...]
    """
    outputs = [X]
    for kernel, bias in weights:
        outputs.append(expit(outputs[-1] @ kernel + bias))
    share = np.bincount(y, minlength=2) / len(y)
    weight = (0.5 / np.maximum(share, 1e-12))[y, None] / len(y)
    delta = weight * (outputs[-1] - y[:, None])
    sizes = []
    for (kernel, _), below in zip(weights[::-1], outputs[-2::-1], strict=True):
        sizes.append(float(np.sqrt(np.mean((below.T @ delta) ** 2))))
        delta = (delta @ kernel.T) * below * (1 - below)
    return sizes[::-1]


def look_at_layers(context: LabContext) -> dict[str, Any]:
    """First weights, first gradients, and what layers without activation are."""
    X, y = _some_rows(context)
    networks = {}
    for name, (n_layers, n_nodes) in _NETWORKS.items():
        weights = _first_weights(context, n_layers, n_nodes, "sigmoid")
        networks[name] = {
            "shapes": [list(kernel.shape) for kernel, _ in weights],
            "largest_kernel": [float(np.abs(kernel).max()) for kernel, _ in weights],
            "largest_bias": [float(np.abs(bias).max()) for _, bias in weights],
            "gradients": gradient_sizes(weights, X, y),
        }
    return {
        "networks": networks,
        "n_rows": len(X),
        "collapse": _difference_to_one_layer(
            _first_weights(context, 4, 50, "linear"), X
        ),
    }


def _first_weights(
    context: LabContext, n_layers: int, n_nodes: int, activation: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    from skmirai.neural_network import build_dnn

    model = build_dnn(
        context.table.shape[1] - context.table.n_dropped,
        n_layers,
        n_nodes,
        activation=activation,
        dropout_rate=0.0,
        random_state=context.random_state,
    )
    found = [np.asarray(weight, np.float64) for weight in model.get_weights()]
    return list(zip(found[::2], found[1::2], strict=True))


def _some_rows(context: LabContext) -> tuple[np.ndarray, np.ndarray]:
    """Rows as a batch of the lab has them, standardised among themselves."""
    X, y = context.table.open()
    rows = np.sort(context.splits().train[:_N_ROWS])
    kept = np.asarray(X[rows, context.table.n_dropped :], np.float64)
    finite = np.isfinite(kept).all(axis=1)
    kept, labels = kept[finite], y[rows][finite]
    spread = kept.std(axis=0)
    return (kept - kept.mean(axis=0)) / np.where(spread > 0, spread, 1), labels


def _difference_to_one_layer(weights: Weights, X: np.ndarray) -> float:
    """Largest difference between layers behind each other and their product.

    Relative to the standard deviation of what comes out.
    """
    through = X
    kernel, bias = np.eye(X.shape[1]), np.zeros(X.shape[1])
    for K, b in weights:
        through = through @ K + b
        kernel, bias = kernel @ K, bias @ K + b
    at_once = X @ kernel + bias
    spread = float(through.std()) or 1.0
    return float(np.abs(through - at_once).max() / spread)


def _figures(results: Mapping[str, Figures]) -> dict[str, Any]:
    if "part_11" not in results:
        return {}
    # kernels of 50 x 50, whose gradients compare
    _, second, _, fourth, _ = results["part_11"]["networks"]["4 x 50"]["gradients"]
    return {"layer_factor": (second / fourth) ** 0.5} if fourth else {}


def _show(material: Material, found: Figures) -> str:
    rows = []
    for name, network in found["networks"].items():
        for k, (n_in, n_out) in enumerate(network["shapes"]):
            rows.append(
                [
                    f"{name}, layer {k + 1}",
                    f"{n_in} x {n_out}",
                    number(np.sqrt(6 / (n_in + n_out))),
                    number(network["largest_kernel"][k]),
                    number(network["largest_bias"][k]),
                    f"{network['gradients'][k]:.1e}",
                ]
            )
    header = ["", "kernel", "sqrt(6 / (n_in + n_out))", "largest weight, in size"]
    header += ["largest bias", "gradient, root mean square"]
    text = (
        f"Before any training, gradients over {found['n_rows']:,} training rows. Four "
        f"layers of 50 units without an activation and the product of their matrices "
        f"give outputs that differ by at most {found['collapse']:.0e} of their "
        f"standard deviation, which is rounding."
    )
    return f"{table(header, rows)}\n\n{text}"


_QUESTIONS = (
    Question(
        5,
        "What happens if several dense layers stand behind each other without an "
        "activation?",
        "They collapse to one. A layer without an activation is a matrix product plus "
        "a constant, W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂), and that is again one "
        "matrix product plus a constant: with the sigmoid at the end it is logistic "
        "regression, however many layers and parameters there are. Here four layers "
        "and their product differ by {part_11[collapse]:.0e} of the spread of the "
        "outputs. An activation that is not linear between them lets the network draw "
        "curved borders; one hidden layer of sigmoids with enough units comes as close "
        "as one likes to any continuous function on a closed and bounded region.",
        sources=("Goodfellow, Bengio and Courville 2016", "Cybenko 1989"),
    ),
    Question(
        6,
        "How are weights and biases of a dense layer initialised by default?",
        "Kernels are Glorot uniform: each weight is drawn evenly from ±sqrt(6 / (n_in "
        "+ n_out)), which is ±0.231 for the first layer from 92 columns to 20 units. "
        "Biases start at 0. The bounds keep the variance of signals on the way forth "
        "and of gradients on the way back about the same from layer to layer if the "
        "activation has slope 1 where it works, as tanh has at 0. The slope of a "
        "sigmoid is at most 1/4, so that gradients shrink on their way back "
        "nevertheless, and the first layers hardly move.<< In the untrained 4 x 50 "
        "network they shrink to {layer_factor:.2f} of their size from a layer of 50 x "
        "50 weights to the one before it (table above).>><< After {run_3[n_epochs]} "
        "epochs the losses of the four-layer networks, runs 3 and 5, were "
        "{run_3[loss]:.4f} and {run_5[loss]:.4f}, those of the two-layer networks, "
        "runs 2 and 4, {run_2[loss]:.4f} and {run_4[loss]:.4f}; one that has learnt "
        "nothing and answers 1/2 to everything has ln 2 = 0.6931.>>",
        sources=("Keras, Dense", "Glorot and Bengio 2010"),
    ),
)

PARTS = (
    fact(
        11,
        "Layers before training",
        "What layers without an activation amount to, where weights and biases start, "
        "and how large the first gradients are from layer to layer.",
        find=look_at_layers,
        show=_show,
        in_worker=True,
        figures=_figures,
        questions=_QUESTIONS,
    ),
)
