"""What the parameters of the estimators may be, before data is looked at."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from skmirai.neural_network._engine.rates import RATE_SCHEDULES
from skmirai.utils._sklearn import HasMethods, Interval, StrOptions

#: Parameters that classifier and regressor share.
PARAMETERS: dict[str, list[Any]] = {
    "n_layers": [Interval(Integral, 0, None, closed="left")],
    "n_nodes": [Interval(Integral, 1, None, closed="left"), "array-like"],
    "activation": [str, callable],
    "optimizer": [str, HasMethods(["apply", "get_config"])],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "learning_rate_schedule": [StrOptions({*RATE_SCHEDULES})],
    "schedule_epochs": [None, Interval(Integral, 1, None, closed="left")],
    "batch_norm": ["boolean"],
    "dropout_rate": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "share_batches": ["boolean"],
    "n_members": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "drop_columns": [
        None,
        Interval(Integral, 0, None, closed="left"),
        str,
        slice,
        callable,
        "array-like",
    ],
    "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
    "missing": [StrOptions({"error", "impute"})],
    "embedding_dim": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        None,
    ],
    "scaler": [None, str, HasMethods(["fit", "transform"])],
    "epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "validation_fraction": [None, Interval(Real, 0, 1, closed="neither")],
    "early_stopping": ["boolean"],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "callbacks": [None, list, tuple, HasMethods(["on_epoch_end"])],
    "warm_start": ["boolean"],
    "dtype": [StrOptions({"auto", "float32", "float64"})],
    "verbose": ["verbose"],
    "novelty_rows": [None, Interval(Integral, 2, None, closed="left")],
    "random_state": ["random_state"],
}

#: Rows that are trained on in all epochs, fewest and most epochs, members, and numbers
#: of the vectors of categories, where they are chosen automatically.
_ROWS, _FEWEST, _MOST, _MEMBERS, _EMBEDDING = 1_300_000, 8, 30, 8, 8


def n_epochs(estimator: Any, n_rows: int) -> int:
    """Number of passes that an estimator makes over so many training rows.

    Parameters
    ----------
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
        With ``epochs="auto"``, or a number of its own.
    n_rows : int
        Training rows.

    Returns
    -------
    int
        "auto" is 30 passes, fewer over many rows, and at least 8.

    Examples
    --------
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.neural_network import n_epochs
    >>> [n_epochs(MiraiDNNClassifier(), n) for n in (100, 43_000, 130_000, 764_137)]
    [30, 30, 10, 8]
    >>> n_epochs(MiraiDNNClassifier(epochs=50), 764_137)
    50
    """
    if estimator.epochs != "auto":
        return int(estimator.epochs)
    return max(_FEWEST, min(_MOST, _ROWS // n_rows))


def most_epochs(estimator: Any) -> int:
    """Largest number of passes, whatever the number of rows."""
    return n_epochs(estimator, 1)


def n_members(estimator: Any) -> int:
    """Number of members of the network: "auto" depends on the scaler.

    Examples
    --------
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.neural_network._parameters import n_members
    >>> n_members(MiraiDNNClassifier()), n_members(MiraiDNNClassifier(scaler="auto"))
    (1, 8)
    """
    if estimator.n_members != "auto":
        return int(estimator.n_members)
    automatic = isinstance(estimator.scaler, str) and estimator.scaler == "auto"
    return _MEMBERS if automatic else 1


def share_batches(estimator: Any, n_rows: int) -> bool:
    """Whether each row trains all members: also where turns would leave some out.

    Row ``i`` of a batch trains member ``i % n_members``. A batch of fewer rows trains
    the first members only; and where rows are not shuffled, a member sees the same
    rows in every epoch, perhaps of one class.

    Examples
    --------
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.neural_network._parameters import share_batches
    >>> clf = MiraiDNNClassifier(n_members=8)
    >>> share_batches(clf, 1000), share_batches(clf, 5)
    (False, True)
    """
    rows = min(int(estimator.batch_size), n_rows)
    several = n_members(estimator) > 1
    few = several and (not estimator.shuffle or rows < n_members(estimator))
    return bool(estimator.share_batches or few)


def embeddings(estimator: Any, n_codes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Number of codes of each column of them, and size of the vectors they become.

    Examples
    --------
    >>> from skmirai import MiraiDNNClassifier
    >>> from skmirai.neural_network._parameters import embeddings
    >>> embeddings(MiraiDNNClassifier(), [301])
    ((301, 8),)
    """
    size = estimator.embedding_dim
    if size is None:
        return ()
    return tuple((n, _EMBEDDING if size == "auto" else int(size)) for n in n_codes)


#: Constraints on the arguments of the Monte Carlo dropout methods.
MC_SCORE_PARAMETERS: dict[str, list[Any]] = {
    "n_passes": [Interval(Integral, 1, None, closed="left")],
    "masks": [StrOptions({"shared", "per_row"})],
    "random_state": ["random_state"],
}
MC_PARAMETERS: dict[str, list[Any]] = {
    **MC_SCORE_PARAMETERS,
    "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "return_samples": ["boolean"],
}

#: The same for ensembles.
ENSEMBLE_MC_PARAMETERS: dict[str, list[Any]] = {
    **MC_PARAMETERS,
    "n_passes": [*MC_PARAMETERS["n_passes"], None],
}
