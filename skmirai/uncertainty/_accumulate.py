"""Build uncertainty results from blocks of passes, without holding them all."""

from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._regression import RegressionUncertainty
from skmirai.uncertainty._sums import ProbabilitySums, ValueSums


class UncertaintyAccumulator(ProbabilitySums):
    """Gather class probabilities of stochastic passes, in any order.

    Sums are held, never the passes themselves (unless asked), so that memory does
    not grow with the number of passes.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    classes : array-like of shape (n_classes,)
        Class labels, in the order of the probabilities.
    keep_samples : bool, default=False
        Keep all passes for ``PredictiveUncertainty.samples``. Needs ``n_passes``.
    n_passes : int, default=None
        Number of passes to come. Where given, the result checks it.

    Raises
    ------
    ValueError
        If a number is below 1, or ``keep_samples`` comes without ``n_passes``.

    Examples
    --------
    Two passes over the first row, then over the second:

    >>> import numpy as np
    >>> from skmirai.uncertainty import UncertaintyAccumulator
    >>> accumulator = UncertaintyAccumulator(2, ["benign", "mirai"])
    >>> accumulator.update(slice(0, 1), np.array([[[0.9, 0.1]], [[0.7, 0.3]]]))
    >>> accumulator.update(slice(1, 2), np.array([[[0.2, 0.8]], [[0.2, 0.8]]]))
    >>> accumulator.result().proba
    array([[0.8, 0.2],
           [0.2, 0.8]])
    """

    def result(self) -> PredictiveUncertainty:
        """Return the ``PredictiveUncertainty`` of all passes.

        Returns
        -------
        PredictiveUncertainty

        Raises
        ------
        ValueError
            If rows received different numbers of passes, or not ``n_passes``.
        """
        return PredictiveUncertainty(**self.statistics())


class RegressionAccumulator(ValueSums):
    """Gather predicted values of stochastic passes, in any order.

    Parameters
    ----------
    n_samples : int
        Number of rows.
    n_outputs : int, default=None
        Number of outputs of each row; None where a pass is one-dimensional.
    keep_samples : bool, default=False
        Keep all passes for ``RegressionUncertainty.samples``. Needs ``n_passes``.
    n_passes : int, default=None
        Number of passes to come. Where given, the result checks it.

    Raises
    ------
    ValueError
        If a number is below 1, or ``keep_samples`` comes without ``n_passes``.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty import RegressionAccumulator
    >>> accumulator = RegressionAccumulator(2)
    >>> accumulator.update(slice(0, 2), np.array([[1.0, 5.0]]))
    >>> accumulator.update(slice(0, 2), np.array([[3.0, 5.0]]))
    >>> accumulator.result().std
    array([1., 0.])
    """

    def result(self) -> RegressionUncertainty:
        """Return the ``RegressionUncertainty`` of all passes.

        Returns
        -------
        RegressionUncertainty

        Raises
        ------
        ValueError
            If rows received different numbers of passes, or not ``n_passes``.
        """
        return RegressionUncertainty(**self.statistics())
