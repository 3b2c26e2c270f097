"""Deep network classifier for tables of traffic features."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skmirai.neural_network._base import BaseMiraiDNN
from skmirai.neural_network._checks.class_weights import weight_of_classes
from skmirai.neural_network._checks.labels import check_labels, check_same_classes
from skmirai.neural_network._checks.validation_part import split_off
from skmirai.neural_network._docs import with_shared_docs
from skmirai.neural_network._engine.heads import winners
from skmirai.neural_network._files.classes import has_files
from skmirai.neural_network._logits import PredictsByLogits
from skmirai.neural_network._parameters import MC_PARAMETERS, MC_SCORE_PARAMETERS
from skmirai.neural_network._rows.checked import Rows
from skmirai.neural_network._uncertainty import Passes
from skmirai.uncertainty import PredictiveUncertainty
from skmirai.utils._sklearn import (
    StrOptions,
    check_partial_fit_first_call,
    fit_context,
    validate_params,
)

if TYPE_CHECKING:
    from skmirai.neural_network._backend import keras
    from skmirai.neural_network._engine.passes import PassBlock

#: Largest weight of a row in the loss: squares of gradients must be numbers.
_LARGEST_WEIGHT = 1e12


@has_files
@with_shared_docs
class MiraiDNNClassifier(ClassifierMixin, BaseMiraiDNN, PredictsByLogits):
    """Deep network classifier: columns dropped, features scaled, classes weighted.

    A fully connected Keras network with the interface of a scikit-learn
    classifier. Two classes get one sigmoid unit, more get a softmax. The
    defaults were chosen on NSL-KDD, N-BaIoT and generated tables;
    ``benchmarks/defaults.py`` prints the comparison.

    Parameters
    ----------
    {architecture}
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, multiplied with ``sample_weight``.
        "balanced" gives every class the same total weight:
        ``n_samples / (n_classes * n_samples_of_class)``.
    {training}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the classes, sorted.
    class_weight_ : ndarray of shape (n_classes,)
        Weight of each class in the loss.
    {attributes}

    See Also
    --------
    MiraiDNNRegressor : The same network with a linear output.
    build_dnn : The network alone.

    Notes
    -----
    ``sample_weight`` counts relative to its mean, so that weights of 2 and 1
    are like rows given twice and once. That holds exactly without dropout,
    batch normalisation, mini-batches and members that take turns; Keras's
    batch statistics ignore weights.

    {notes}

    References
    ----------
    Mirsky, Doitshman, Elovici, Shabtai: Kitsune: An ensemble of autoencoders
    for online network intrusion detection. NDSS 2018.

    Gal, Ghahramani: Dropout as a Bayesian approximation: Representing model
    uncertainty in deep learning. ICML 2016.

    Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
    parameter-efficient ensembling. ICLR 2025 (``n_members``).

    Guo, Berkhahn: Entity embeddings of categorical variables. 2016. arXiv:1604.06737
    (``embedding_dim``).

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.model_selection import cross_val_score
    >>> from skmirai import MiraiDNNClassifier
    >>> X, y = make_classification(300, n_features=10, random_state=0)
    >>> clf = MiraiDNNClassifier(drop_columns=2, epochs=20, random_state=0)
    >>> clf.fit(X, y).predict_proba(X[:3]).shape
    (3, 2)
    >>> cross_val_score(clf, X, y, cv=3).mean() > 0.8
    np.True_
    >>> uncertainty = clf.predict_uncertainty(X, n_passes=50, random_state=0)
    >>> uncertainty.select(coverage=0.9).sum()
    np.int64(270)

    The score after each epoch:

    >>> from sklearn.callback import ScoringMonitor
    >>> monitor = ScoringMonitor(scoring="accuracy")
    >>> clf = clf.set_callbacks(monitor).fit(X, y)
    >>> log = monitor.get_logs().data
    >>> scores = [row["accuracy"] for row in log if row["task_name"] == "epoch"]
    >>> len(scores)
    20
    """

    classes_: np.ndarray

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMiraiDNN._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        n_layers: int = 2,
        n_nodes: int | Sequence[int] = 64,
        *,
        activation: str | Callable[..., Any] = "relu",
        optimizer: "str | keras.optimizers.Optimizer" = "adam",
        learning_rate: float = 0.003,
        learning_rate_schedule: str = "constant",
        schedule_epochs: int | None = None,
        batch_norm: bool = False,
        dropout_rate: float | Sequence[float] = 0.2,
        n_members: int | str = "auto",
        share_batches: bool = False,
        drop_columns: Any = None,
        categorical_features: Any = "from_dtype",
        missing: str = "error",
        embedding_dim: int | str | None = "auto",
        scaler: Any = "standard",
        epochs: int | str = "auto",
        batch_size: int = 256,
        shuffle: bool = True,
        class_weight: Mapping[Any, float] | str | None = None,
        validation_fraction: float | None = None,
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        callbacks: Any = None,
        warm_start: bool = False,
        dtype: str = "auto",
        verbose: int = 0,
        novelty_rows: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            n_layers=n_layers,
            n_nodes=n_nodes,
            activation=activation,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            schedule_epochs=schedule_epochs,
            batch_norm=batch_norm,
            dropout_rate=dropout_rate,
            n_members=n_members,
            share_batches=share_batches,
            drop_columns=drop_columns,
            categorical_features=categorical_features,
            missing=missing,
            embedding_dim=embedding_dim,
            scaler=scaler,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            validation_fraction=validation_fraction,
            early_stopping=early_stopping,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            callbacks=callbacks,
            warm_start=warm_start,
            dtype=dtype,
            verbose=verbose,
            novelty_rows=novelty_rows,
            random_state=random_state,
        )
        self.class_weight = class_weight

    # -- targets ---------------------------------------------------------------

    def _check_target(self, y: Any, name: str = "y") -> np.ndarray:
        return check_labels(y, name)

    def _encode(self, y: np.ndarray, *, reset: bool, name: str) -> np.ndarray:
        classes = np.unique(y) if reset else self.classes_
        if len(classes) < 2:
            raise ValueError(
                f"y holds one class only, {classes.tolist()} (rows of weight 0 do "
                f"not count); {type(self).__name__} needs rows of at least 2 classes"
            )
        unknown = set(np.unique(y).tolist()) - set(classes.tolist())
        if unknown:
            raise ValueError(
                f"{name} holds labels that were not there before: "
                f"{sorted(unknown, key=str)}; the classes are {classes.tolist()}"
            )
        self.classes_ = classes
        return np.searchsorted(classes, y)

    def _check_continued(self, y: np.ndarray) -> None:
        check_same_classes(self.classes_[y], self.classes_)

    def _head(self, y: np.ndarray) -> dict[str, Any]:
        if len(self.classes_) == 2:
            return {"n_outputs": 1, "output_activation": "sigmoid"}
        return {"n_outputs": len(self.classes_), "output_activation": "softmax"}

    def _split(self, y: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        return split_off(len(y), self.validation_fraction, rng, y, self.classes_)

    def _loss_weight(self, rows: Rows, *, reset: bool) -> np.ndarray | None:
        if reset:
            self.class_weight_ = weight_of_classes(
                self.class_weight, self.classes_, rows.y, rows.sample_weight
            )
        if self.class_weight is None:
            return rows.relative_weight
        weight = self.class_weight_[rows.y]
        relative = rows.relative_weight
        weight = weight if relative is None else weight * relative
        if (largest := weight.max()) > _LARGEST_WEIGHT:
            raise ValueError(
                f"class_weight={self.class_weight!r} and sample_weight give a row the "
                f"weight {largest:g} in the loss, too large to train with; divide the "
                f"class weights by their largest"
            )
        return weight

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train for one epoch on a part of the data.

        The first call fixes columns and classes. Every call updates the scaler
        through its own ``partial_fit`` before the network sees the rows.
        ``epochs``, ``validation_fraction`` and ``early_stopping`` do not count here.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of this part.
        y : array-like of shape (n_samples,)
            Labels of this part; not every class needs to be there.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call only.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. The loss takes them relative to their mean in
            this part, the scaler as they are.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If the scaler has no ``partial_fit``, if ``class_weight`` is
            "balanced" (a part does not tell the frequencies of the whole), or
            if labels or columns were not there at the first call.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' cannot be used with partial_fit: a part "
                "does not tell the class frequencies of the whole; compute them with "
                "sklearn.utils.class_weight.compute_class_weight and pass a dict"
            )
        with self._unchanged_on_error():
            check_partial_fit_first_call(self, classes)
            return self._fit_one_epoch(X, y, sample_weight, learn_target=False)

    # -- uncertainty -----------------------------------------------------------

    @with_shared_docs
    @validate_params(MC_PARAMETERS, prefer_skip_nested_validation=True)
    def predict_uncertainty(
        self,
        X: Any,
        *,
        n_passes: int = 100,
        masks: str = "shared",
        batch_size: int | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        return_samples: bool = False,
    ) -> PredictiveUncertainty:
        """Probabilities with their uncertainty: Monte Carlo dropout, members.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        {mc}
        {masks}
        return_samples : bool, default=False
            Keep the probabilities of every pass, ``n_passes * n_samples *
            n_classes`` values.

        Returns
        -------
        PredictiveUncertainty
            Mean and spread over the passes; total, aleatoric and epistemic
            uncertainty in nats.

        Warns
        -----
        UserWarning
            If the network has neither dropout nor members, so that all passes are
            the same.

        References
        ----------
        Gal, Ghahramani: Dropout as a Bayesian approximation. ICML 2016.

        Gorishniy, Kotelnikov, Babenko: TabM: Advancing tabular deep learning with
        parameter-efficient ensembling. ICLR 2025 (members).
        """
        passes = Passes(
            self,
            X,
            n_passes=n_passes,
            masks=masks,
            batch_size=batch_size,
            random_state=random_state,
        )
        return passes.probabilities(self.classes_, return_samples)

    @with_shared_docs
    @validate_params(MC_SCORE_PARAMETERS, prefer_skip_nested_validation=True)
    def mc_score(
        self,
        X: Any,
        y: Any,
        *,
        n_passes: int = 100,
        masks: str = "per_row",
        random_state: int | np.random.RandomState | None = None,
    ) -> np.ndarray:
        """Accuracy of each of ``n_passes`` Monte Carlo dropout passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            True labels.
        {mc_score}

        Returns
        -------
        ndarray of shape (n_passes,)
            Accuracies. With ``masks="per_row"`` the masks average out over
            the rows and the spread is small; with "shared" it is that of
            ``n_passes`` thinned networks. Without dropout, those of the members.
        """
        check_is_fitted(self)
        y = self._encode(self._check_target(y), reset=False, name="y")
        passes = Passes(
            self, X, n_passes=n_passes, masks=masks, random_state=random_state
        )
        if len(y) != passes.n_rows:
            raise ValueError(f"X has {passes.n_rows} rows, but y has {len(y)} labels")

        def count(block: "PassBlock") -> tuple[slice, np.ndarray]:
            return block.passes, (winners(block.values) == y[block.rows]).sum(axis=1)

        correct = np.zeros(passes.n_passes, dtype=np.int64)
        for of_block, n_correct in passes.map(count):
            correct[of_block] += n_correct
        return correct / passes.n_rows
