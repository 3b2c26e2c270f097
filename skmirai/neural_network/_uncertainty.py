"""Uncertainty of the estimators, and of what ends in one: a Pipeline, a search."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import numpy as np
from sklearn.utils import check_random_state

from skmirai.neural_network._docs import with_shared_docs
from skmirai.uncertainty import (
    PredictiveUncertainty,
    RegressionAccumulator,
    RegressionUncertainty,
    UncertaintyAccumulator,
)
from skmirai.utils._warnings import warn_user
from skmirai.utils._wrapped import step_into

if TYPE_CHECKING:
    from skmirai.neural_network._engine.passes import PassBlock

_MAX_SEED = np.iinfo(np.int32).max

_Result = TypeVar("_Result", covariant=True)
_Made = TypeVar("_Made")


class _Uncertain(Protocol[_Result]):
    """An estimator that says itself how certain it is."""

    def predict_uncertainty(
        self,
        X: Any,
        *,
        n_passes: int = ...,
        masks: str = ...,
        batch_size: int | str = ...,
        random_state: int | np.random.RandomState | None = ...,
        return_samples: bool = ...,
    ) -> _Result: ...


@overload
def predict_uncertainty(
    estimator: _Uncertain[_Result],
    X: Any,
    *,
    n_passes: int | None = ...,
    masks: str = ...,
    batch_size: int | str = ...,
    random_state: int | np.random.RandomState | None = ...,
    return_samples: bool = ...,
) -> _Result: ...


@overload
def predict_uncertainty(
    estimator: object,
    X: Any,
    *,
    n_passes: int | None = ...,
    masks: str = ...,
    batch_size: int | str = ...,
    random_state: int | np.random.RandomState | None = ...,
    return_samples: bool = ...,
) -> Any: ...


@with_shared_docs
def predict_uncertainty(
    estimator: Any,
    X: Any,
    *,
    n_passes: int | None = None,
    masks: str = "shared",
    batch_size: int | str = "auto",
    random_state: int | np.random.RandomState | None = None,
    return_samples: bool = False,
) -> Any:
    """Predictions of an estimator or a Pipeline, with their uncertainty.

    A Pipeline has no method of this name. Its steps transform the rows; the estimator
    that it ends in says how certain it is of them.

    Parameters
    ----------
    estimator : MiraiDNNClassifier, MiraiDNNRegressor, ensemble, Pipeline or search
        Fitted: one of the estimators, a Pipeline that ends in one, a search such as
        :class:`sklearn.model_selection.GridSearchCV`, of which the best estimator is
        taken, a frozen, calibrated or abstaining classifier around one, whose network
        is asked as it is (of networks of several folds the first), or these in one
        another.
    X : array-like of shape (n_samples, n_features)
        Rows, as `estimator` was fitted on.
    n_passes : int, default=None
        As the estimator's method takes it. None is its default: 100 for a network, one
        pass of each member for an ensemble.
    {masks}
    return_samples : bool, default=False
        Keep the predictions of every pass.

    Returns
    -------
    PredictiveUncertainty or RegressionUncertainty
        As the estimator's method ``predict_uncertainty`` returns it.

    Raises
    ------
    TypeError
        If it is or ends in something else.
    NotFittedError
        If it is not fitted.

    Warns
    -----
    UserWarning
        If the network has neither dropout nor members, so that all passes are the
        same.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import make_column_transformer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> import skmirai
    >>> X = pd.DataFrame({"protocol": ["tcp", "udp"] * 50, "length": range(100)})
    >>> pipe = make_pipeline(
    ...     make_column_transformer(
    ...         (OneHotEncoder(), ["protocol"]), remainder="passthrough"
    ...     ),
    ...     skmirai.MiraiDNNClassifier(epochs=2, random_state=0),
    ... ).fit(X, X["length"] > 30)
    >>> found = skmirai.predict_uncertainty(pipe, X, random_state=0)
    >>> found.mutual_information.shape
    (100,)
    """
    outer = estimator
    while not callable(getattr(estimator, "predict_uncertainty", None)):
        inner = step_into(estimator, X)
        if inner is None:
            name = estimator if estimator is None else type(estimator).__name__
            raise TypeError(
                f"{name} has no predict_uncertainty: expected MiraiDNNClassifier, "
                "MiraiDNNRegressor, a Pipeline that ends in one of them, or a search "
                "over such"
            )
        estimator, X = inner
    passes = {} if n_passes is None else {"n_passes": n_passes}
    result = estimator.predict_uncertainty(
        X,
        **passes,
        masks=masks,
        batch_size=batch_size,
        random_state=random_state,
        return_samples=return_samples,
    )
    # Scikit-learn numbers classes of text before it trains folds for a temperature.
    classes = getattr(outer, "classes_", None)
    if classes is None or np.array_equal(classes, result.classes):
        return result
    return replace(result, classes=classes)


class AnyPasses(ABC):
    """Passes over a table, and what is made of them.

    Attributes
    ----------
    n_rows : int
        Rows of the table.
    n_passes : int
        Number of passes.
    """

    n_rows: int
    n_passes: int

    @abstractmethod
    def each(self, take: "Callable[[PassBlock], None]") -> None:
        """Run the passes; ``take`` is handed each block in the thread that made it."""

    def probabilities(
        self, classes: np.ndarray, keep_samples: bool
    ) -> PredictiveUncertainty:
        """Gather the probabilities of classes."""
        from skmirai.neural_network._engine.heads import probabilities

        collected = UncertaintyAccumulator(
            self.n_rows, classes, keep_samples=keep_samples, n_passes=self.n_passes
        )

        def collect(block: "PassBlock") -> None:
            proba = probabilities(block.values)
            collected.update_checked(block.rows, proba, block.first_pass)

        self.each(collect)
        return collected.result()

    def predictions(
        self, n_outputs: int | None, keep_samples: bool
    ) -> RegressionUncertainty:
        """Gather predicted values; None stands for one target without an axis."""
        collected = RegressionAccumulator(
            self.n_rows, n_outputs, keep_samples=keep_samples, n_passes=self.n_passes
        )

        def collect(block: "PassBlock") -> None:
            values = block.values[..., 0] if n_outputs is None else block.values
            collected.update(block.rows, values, block.first_pass)

        self.each(collect)
        return collected.result()


class Passes(AnyPasses):
    """Stochastic passes of a fitted estimator of ours over a table.

    Parameters
    ----------
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Rows.
    n_passes, masks, batch_size, random_state
        As in ``predict_uncertainty``.

    Attributes
    ----------
    n_rows : int
        Rows of the table.
    n_passes : int
        Number of passes: of a network without dropout no more than it has members.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        *,
        n_passes: int,
        masks: str,
        batch_size: int | str = "auto",
        random_state: int | np.random.RandomState | None,
    ) -> None:
        self._X = estimator._scaled(X)
        step = estimator.pipeline_["dnn"]
        self._network, self._verbose = step.network_, estimator.verbose
        spec = self._network.spec
        if not any(spec.rates):
            if spec.n_members == 1:
                warn_user(
                    f"n_layers={step.architecture['n_layers']} and "
                    f"dropout_rate={step.architecture['dropout_rate']!r} make no "
                    f"dropout: all passes are the same, and the spread over them is "
                    f"0; fit hidden layers with a dropout_rate above 0, or n_members "
                    f"above 1",
                    UserWarning,
                )
            else:
                n_passes = min(n_passes, spec.n_members)
        self.n_rows, self.n_passes = len(self._X), n_passes
        self._how = {"n_passes": n_passes, "masks": masks, "batch_size": batch_size}
        self._seed = int(check_random_state(random_state).randint(_MAX_SEED))

    def each(self, take: "Callable[[PassBlock], None]") -> None:
        """Run the passes; ``take`` is handed each block in the thread that made it."""
        for _ in self.map(take):
            pass

    def map(self, make: "Callable[[PassBlock], _Made]") -> "Iterator[_Made]":
        """Run the passes, and yield what is made of each block of them.

        ``make`` is called in the threads that compute the blocks.
        """
        made = self._network.mc_passes(
            self._X,
            lambda block: (block.values[..., 0].size, make(block)),
            seed=self._seed,
            **self._how,
        )
        if self._verbose == 1:
            from skmirai.neural_network._engine.passes import with_bar

            return with_bar(made, self.n_passes, self.n_rows)
        return (result for _, result in made)
