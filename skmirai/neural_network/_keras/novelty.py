"""How unlike the training rows a row is: what is kept of them, and the score."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmirai.uncertainty import NoveltyReference

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from skmirai.neural_network._engine.lazy import LazyArray
    from skmirai.neural_network._keras.network import Network


class ScoresNovelty:
    """The method of an estimator that compares rows with those of training."""

    if TYPE_CHECKING:
        pipeline_: Pipeline
        novelty_: NoveltyReference

        def _scaled(self, X: Any) -> "np.ndarray | LazyArray": ...

    def novelty_score(self, X: Any) -> np.ndarray:
        """Tell how unlike the training rows each row is.

        A row is novel that lies far from the training rows in the last hidden layer,
        or, for a classifier, whose class is undecided. Both together are compared
        with training rows of :meth:`fit`, of which ``novelty_rows`` are kept.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the decimal logarithm of the share of training rows that look at
            least as novel, the row itself counted: above 2 are one in a hundred of
            the rows like them, above 3 one in a thousand. It lies between 0 and
            ``log10(n + 1)``, where ``n`` of up to ``novelty_rows / 2`` training rows
            are compared. The score of a row does not depend on the rows beside it.

        Raises
        ------
        AttributeError
            If ``fit`` kept no training rows.

        Notes
        -----
        The network was trained on the rows that it compares with, so that rows which
        it never saw are above 2 a little more often than one in a hundred.
        ``docs/uncertainty.md`` tells how often, and what attacks are found.

        References
        ----------
        Sun, Ming, Zhu, Li: Out-of-distribution detection with deep nearest neighbors.
        ICML 2022.

        Bates, Candès, Lei, Romano, Sesia: Testing for outliers with conformal p-values.
        The Annals of Statistics 51(1), 2023.
        """
        if not hasattr(self, "novelty_"):
            check_is_fitted(self)
            raise AttributeError(
                "novelty_score compares with training rows, but none were kept: fit "
                "with novelty_rows=5000, for example (partial_fit keeps none)"
            )
        from skmirai.neural_network._engine.lazy import row_slices

        rows, network = self._scaled(X), self.pipeline_["dnn"].network_
        parts = [
            self.novelty_.p_values(*signals(network, rows[part], part.start))
            for part in row_slices(*rows.shape)
        ]
        return np.log10(1 / np.concatenate(parts))


def learned_novelty(
    network: "Network", X: "np.ndarray | LazyArray", n_kept: int, seed: int
) -> NoveltyReference:
    """Keep so many training rows, and compare as many others with them.

    Parameters
    ----------
    network : Network
        Trained.
    X : array of shape (n_samples, n_features)
        Scaled training rows.
    n_kept : int
        Most rows that are kept.
    seed : int
        Draws them.

    Returns
    -------
    NoveltyReference
        Of at most half of the rows.

    Raises
    ------
    ValueError
        If there are fewer than 4 rows.
    """
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(len(X))[: 2 * n_kept])
    return NoveltyReference.learn(
        *signals(network, X[drawn]), n_kept=n_kept, random_state=rng
    )


def signals(
    network: "Network", X: np.ndarray, first_row: int = 0
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what rows are compared by.

    Parameters
    ----------
    network : Network
        Trained.
    X : ndarray of shape (n_samples, n_features)
        Scaled rows.
    first_row : int, default=0
        Number that errors give the first of them.

    Returns
    -------
    hidden : ndarray of shape (n_samples, n_units)
        Signals of the last hidden layer, of members their mean.
    indecision : ndarray of shape (n_samples,) or None
        Minus the log odds of the most probable class; None where there are none.
    """
    from skmirai.neural_network._engine.heads import log_probabilities

    hidden, values = network.last_signals(X, first_row)
    if network.spec.output_activation == "linear":
        return hidden, None
    ordered = np.sort(log_probabilities(values.astype(np.float64)), axis=1)
    return hidden, np.logaddexp.reduce(ordered[:, :-1], axis=1) - ordered[:, -1]
