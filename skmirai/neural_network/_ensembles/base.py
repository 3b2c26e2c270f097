"""What both ensembles share: their members, side by side, and their mean."""

from abc import ABC, abstractmethod
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import Tags, check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._base import BaseMiraiDNN
from skmirai.neural_network._engine.heads import pooled
from skmirai.neural_network._files.methods import HasFiles
from skmirai.preprocessing import make_scaler
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._sklearn import (
    HasMethods,
    Interval,
    check_sample_weight,
    fit_context,
    num_samples,
)

if TYPE_CHECKING:
    from skmirai.neural_network._rows.prepared import Prepared

_MAX_SEED = np.iinfo(np.int32).max


class BaseMiraiDNNEnsemble(HasFiles, LinksToPage, BaseEstimator, ABC):
    """Networks that differ by their seeds, and their mean: the common part."""

    _kind: ClassVar[type[BaseMiraiDNN]]

    estimators_: list[Any]
    n_features_in_: int
    feature_names_in_: np.ndarray

    if TYPE_CHECKING:  # scikit-learn's base class has no types

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """Return the mean accuracy, or the coefficient of determination."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_uncertainty"]), None],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        n_estimators: int = 5,
        *,
        bootstrap: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.bootstrap = bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state

    @abstractmethod
    def _drawn(self, y: Any, rng: np.random.RandomState) -> np.ndarray:
        """How often each row is in a bootstrap sample, (n_samples,)."""

    # -- fitting ---------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, as the members' ``fit`` takes them.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        X_val, y_val, sample_weight_val : array-like, default=None
            Validation rows of every member, as its ``fit`` takes them.

        Returns
        -------
        self : object
            The fitted ensemble.

        Raises
        ------
        TypeError
            If ``estimator`` is of another class.
        ValueError
            If data and parameters do not fit together. What was fitted before stays
            as it was.
        """
        kind = self._kind
        first = kind() if self.estimator is None else self.estimator
        if not isinstance(first, kind):
            raise TypeError(
                f"estimator={first!r} must be a {kind.__name__}: put transformers "
                f"into a Pipeline in front of the ensemble"
            )
        rng = check_random_state(self.random_state)
        if self.bootstrap:
            whole = check_sample_weight(sample_weight, np.empty(num_samples(X)))
        members, weights = [], []
        for _ in range(self.n_estimators):
            seed = int(rng.randint(_MAX_SEED))
            members.append(clone(first).set_params(random_state=seed))
            weight = sample_weight
            if self.bootstrap:
                weight = whole * self._drawn(y, rng)
            weights.append(weight)
        validation = X_val, y_val, sample_weight_val
        side_by_side = Parallel(n_jobs=self.n_jobs, prefer="threads")
        if not self.bootstrap and _prepare_alike(first, kind, validation):
            prepared = clone(members[0])._prepared(X, y, sample_weight, validation)
            self.estimators_ = side_by_side(
                delayed(_trained)(member, prepared, X, y, sample_weight)
                for member in members
            )
        else:
            self.estimators_ = side_by_side(
                delayed(_fitted)(member, X, y, weight, validation)
                for member, weight in zip(members, weights, strict=True)
            )
        self._take_over(self.estimators_[0])
        return self

    def _take_over(self, member: Any) -> None:
        """Give the ensemble the attributes that all of its members have alike."""
        self.n_features_in_ = member.n_features_in_
        if hasattr(member, "feature_names_in_"):
            self.feature_names_in_ = member.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimators_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        first = self._kind() if self.estimator is None else self.estimator
        if isinstance(first, self._kind):
            tags.input_tags = first.__sklearn_tags__().input_tags
        return tags

    # -- prediction ------------------------------------------------------------

    def _members(self) -> list[Any]:
        check_is_fitted(self)
        return self.estimators_

    def novelty_score(self, X: Any) -> np.ndarray:
        """Tell how unlike the training rows each row is: the mean over the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Mean of what each member's own ``novelty_score`` returns. It orders rows;
            of rows like those of training less than one in a hundred may be above 2.

        Raises
        ------
        AttributeError
            If the members kept no training rows: ``estimator`` needs
            ``novelty_rows``.
        """
        return np.mean([member.novelty_score(X) for member in self._members()], axis=0)

    def _decision_values(self, X: Any) -> np.ndarray:
        """Output layer's values whose probabilities are the mean of the members'."""
        members = self._members()
        values = np.stack([member._decision_values(X) for member in members], axis=1)
        head = members[0].pipeline_["dnn"].network_.spec.output_activation
        return pooled(values, head)


def _prepare_alike(
    member: Any, kind: type[BaseMiraiDNN], validation: tuple[Any, Any, Any]
) -> bool:
    """Tell whether members make the same of rows before they train, whatever the seed.

    Then these are checked and scaled once for all. They are not where a class derived
    from ours may do otherwise, where each member splits a validation part off, and
    where the scaler can draw.
    """
    splits = member.validation_fraction is not None and all(
        part is None for part in validation
    )
    names = make_scaler(member.scaler).get_params()
    draws = any(name.split("__")[-1] == "random_state" for name in names)
    return type(member) is kind and not splits and not draws


def _trained(
    member: Any, prepared: "Prepared", X: Any, y: Any, sample_weight: Any
) -> Any:
    return member._fit_prepared(prepared, X, y, sample_weight)


def _fitted(
    member: Any, X: Any, y: Any, weight: Any, validation: tuple[Any, Any, Any]
) -> Any:
    X_val, y_val, weight_val = validation
    return member.fit(
        X, y, weight, X_val=X_val, y_val=y_val, sample_weight_val=weight_val
    )
