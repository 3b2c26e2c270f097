"""What training keeps in memory, computed from the architecture."""

from collections.abc import Mapping
from typing import Any

#: Numbers that an optimizer keeps for every trained weight.
SLOTS = {"sgd": 0, "adam": 2, "rmsprop": 1}

#: Bytes of a 32-bit number.
_FLOAT = 4


def training_memory(
    n_features: int, n_rows: int, parameters: Mapping[str, Any]
) -> dict[str, int]:
    """Bytes that training in 32-bit numbers keeps at once.

    Parameters
    ----------
    n_features : int
        Input columns, those dropped not counted.
    n_rows : int
        Training rows.
    parameters : mapping
        Parameters of :class:`skmirai.MiraiDNNClassifier`, with one number of
        ``n_nodes`` and the name of the optimizer.

    Returns
    -------
    dict of str to int
        Bytes of "parameters" (statistics of batch normalisation included),
        "gradients", "optimizer state", "batch" (rows, labels and weights),
        "activations" (outputs of each Dense, activation, normalisation and
        dropout, which the gradients need) and "table" (training rows, which
        compiled epochs keep in memory).

    Examples
    --------
    >>> from skmirai.lab import training_memory
    >>> network = {"n_layers": 2, "n_nodes": 20, "optimizer": "adam",
    ...            "batch_size": 10_000, "batch_norm": False, "dropout_rate": 0}
    >>> held = training_memory(92, 534_895, network)
    >>> held["parameters"] // 4, held["optimizer state"] // 4, held["batch"] // 4
    (2301, 4602, 940000)
    """
    n_layers, n_nodes = parameters["n_layers"], parameters["n_nodes"]
    sizes = [n_features, *[n_nodes] * n_layers]
    dense = sum((a + 1) * b for a, b in zip(sizes, [*sizes[1:], 1], strict=True))
    normalised = 2 * n_nodes * n_layers if parameters["batch_norm"] else 0
    trained = dense + normalised
    rates = parameters["dropout_rate"]
    dropout = any(rates) if isinstance(rates, list) else bool(rates)
    kept_of_a_layer = 2 + bool(parameters["batch_norm"]) + dropout
    batch = parameters["batch_size"]
    return {
        "parameters": _FLOAT * (trained + normalised),  # as many moving statistics
        "gradients": _FLOAT * trained,
        "optimizer state": _FLOAT * trained * SLOTS[parameters["optimizer"]],
        "batch": _FLOAT * batch * (n_features + 2),
        "activations": _FLOAT * batch * (n_nodes * n_layers * kept_of_a_layer + 2),
        "table": _FLOAT * n_rows * n_features,
    }
