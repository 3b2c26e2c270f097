"""The uncertainty of class probabilities from stochastic passes."""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.uncertainty._checks import checked_parameters
from skmirai.uncertainty._measured import (
    ATTRIBUTES,
    MEASURES,
    Values,
    checked_measure,
    with_measures,
)
from skmirai.uncertainty._moments import (
    PassesResult,
    combine_moments,
    frame_index,
    read_only,
    select_rows,
    standard_error,
)
from skmirai.uncertainty._summary import summary_of_classes
from skmirai.uncertainty._sums import ProbabilitySums
from skmirai.utils._docstrings import filled
from skmirai.utils._probabilities import check_probabilities

if TYPE_CHECKING:
    import pandas as pd


@filled(attributes=ATTRIBUTES)
@with_measures
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PredictiveUncertainty(PassesResult):
    """Class probabilities of ``n_passes`` stochastic passes, and their uncertainty.

    All entropies are in nats, all arrays are read-only.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
        Class labels, in the order of the columns.
    proba : array-like of shape (n_samples, n_classes)
        Mean probabilities over passes.
    std : array-like of shape (n_samples, n_classes)
        Population standard deviation over passes (``ddof=0``).
    votes : array-like of shape (n_samples, n_classes)
        Number of passes whose most probable class is this one.
    expected_entropy : array-like of shape (n_samples,)
        Mean entropy of the single passes: the aleatoric part.
    n_passes : int
        Number of passes.
    samples : array-like of shape (n_passes, n_samples, n_classes), default=None
        The passes themselves, where they were kept.
    pass_means : dict of str to array-like of shape (n_samples,), default={}
        Measures that are means over passes, beside ``expected_entropy``.

    Attributes
    ----------
    label : ndarray of shape (n_samples,)
        The class with the largest mean probability.
    {attributes}
    mc_error : ndarray of shape (n_samples, n_classes)
        Monte Carlo standard error of ``proba``, ``std / sqrt(n_passes - 1)``;
        NaN for one pass.

    Raises
    ------
    ValueError
        If shapes disagree, ``proba`` does not hold probabilities, the votes of a
        row do not add up to ``n_passes``, or ``expected_entropy`` exceeds
        ``predictive_entropy``.

    Notes
    -----
    The entropy of the mean over passes is the total uncertainty [1]_, and splits into
    an aleatoric and an epistemic part [2]_ [3]_. The variation ratio is that of [4]_.

    Total = aleatoric + epistemic holds to the last bit or so, and so
    ``mutual_information`` is the plug-in estimate. That one is low by about
    ``1 / n_passes`` of its value: the mean over T passes lies nearer to each of
    them than the true mean does, by a variance of ``std**2 / T``.
    ``mutual_information_corrected`` undoes this to first order. It may exceed the
    total, and is meant for comparing results of different ``n_passes``.

    Rounding can put ``expected_entropy`` above the total by some 1e-16; it is
    lowered to the total then. Where all passes are equal (``std`` is 0 in every
    class) it is set to the total. So the identity holds, mutual information is
    never negative, and equal passes give exactly 0.

    References
    ----------
    .. [1] Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation:
       representing model uncertainty in deep learning", ICML 2016.
    .. [2] N. Houlsby, F. Huszar, Z. Ghahramani and M. Lengyel, "Bayesian active
       learning for classification and preference learning", arXiv:1112.5745, 2011.
    .. [3] S. Depeweg, J. M. Hernandez-Lobato, F. Doshi-Velez and S. Udluft,
       "Decomposition of uncertainty in Bayesian deep learning for efficient and
       risk-sensitive learning", ICML 2018.
    .. [4] Y. Gal, "Uncertainty in deep learning", PhD thesis, University of
       Cambridge, 2016, section 3.3.1.

    Examples
    --------
    The passes contradict each other on the first row, and agree on the second
    that it is a coin toss:

    >>> from skmirai.uncertainty import PredictiveUncertainty
    >>> passes = [[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]
    >>> result = PredictiveUncertainty.from_samples(passes, ["benign", "mirai"])
    >>> result
    PredictiveUncertainty(n_samples=2, classes=['benign', 'mirai'], n_passes=2)
    >>> result.predictive_entropy.round(3)
    array([0.693, 0.693])
    >>> result.expected_entropy.round(3)
    array([0.   , 0.693])
    >>> result.mutual_information.round(3)
    array([0.693, 0.   ])
    """

    classes: NDArray
    proba: NDArray[np.float64]
    std: NDArray[np.float64]
    votes: NDArray[np.int64]
    expected_entropy: NDArray[np.float64]
    n_passes: int
    samples: NDArray | None = None
    pass_means: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    predictive_entropy: NDArray[np.float64] = field(init=False)

    # For type checkers and editors: these come from the registry, as any other does.
    confidence: ClassVar[cached_property[Values]]
    mutual_information: ClassVar[cached_property[Values]]
    mutual_information_corrected: ClassVar[cached_property[Values]]
    variation_ratio: ClassVar[cached_property[Values]]

    def __post_init__(self) -> None:
        self._store(checked_parameters(self))

    @classmethod
    def from_samples(
        cls, proba_samples: ArrayLike, classes: ArrayLike, *, keep_samples: bool = False
    ) -> "PredictiveUncertainty":
        """Compute the result from all passes at once.

        Parameters
        ----------
        proba_samples : array-like of shape (n_passes, n_samples, n_classes)
            Class probabilities of each pass.
        classes : array-like of shape (n_classes,)
            Class labels.
        keep_samples : bool, default=False
            Keep a copy of the passes in ``samples``.

        Returns
        -------
        PredictiveUncertainty

        Raises
        ------
        ValueError
            If the shape is another one, a value is negative or not finite, a row
            does not sum to 1, or ``classes`` has another length.

        Examples
        --------
        >>> from skmirai.uncertainty import PredictiveUncertainty
        >>> passes = [[[0.9, 0.1]], [[0.7, 0.3]]]
        >>> PredictiveUncertainty.from_samples(passes, ["benign", "mirai"]).label
        array(['benign'], dtype='<U6')
        """
        samples = check_probabilities("proba_samples", proba_samples, ndim=3)
        n_passes, n_samples, n_classes = samples.shape
        if np.size(classes) != n_classes:
            raise ValueError(
                f"proba_samples has {n_classes} classes on its last axis and classes "
                f"has {np.size(classes)}: pass the estimator's classes_"
            )
        sums = ProbabilitySums(
            n_samples, classes, keep_samples=keep_samples, n_passes=n_passes
        )
        sums.update_checked(slice(0, n_samples), samples)
        return cls(**sums.statistics())

    @cached_property
    def label(self) -> NDArray:
        """Return the class with the largest mean probability, (n_samples,)."""
        return read_only(self.classes[self.proba.argmax(axis=1)])

    @cached_property
    def mc_error(self) -> NDArray[np.float64]:
        """Return the standard error of ``proba``, (n_samples, n_classes)."""
        return read_only(standard_error(self.std, self.n_passes))

    def to_frame(self, *, index: Any = None) -> "pd.DataFrame":
        """Return one row per sample as a DataFrame.

        Parameters
        ----------
        index : array-like of shape (n_samples,), default=None
            Index of the frame, as that of the rows predicted. None numbers them.

        Returns
        -------
        DataFrame
            Columns ``label``, ``confidence``, ``proba_<class>`` and ``std_<class>``
            for each class, and the measures of uncertainty.

        Raises
        ------
        ValueError
            If ``index`` has another length.

        Examples
        --------
        >>> from skmirai.uncertainty import PredictiveUncertainty
        >>> passes = [[[0.9, 0.1]], [[0.7, 0.3]]]
        >>> result = PredictiveUncertainty.from_samples(passes, ["benign", "mirai"])
        >>> result.to_frame()[["label", "proba_mirai", "std_mirai"]].round(3)
            label  proba_mirai  std_mirai
        0  benign          0.2        0.1
        """
        import pandas as pd

        columns = {"label": self.label, "confidence": self.confidence}
        for name in ("proba", "std"):
            for column, label in enumerate(self.classes):
                columns[f"{name}_{label}"] = getattr(self, name)[:, column]
        for name in UNCERTAINTY_MEASURES:
            columns.setdefault(name, getattr(self, name))
        return pd.DataFrame(columns, index=frame_index(index, len(self)))

    @filled(measures=MEASURES)
    def select(
        self,
        *,
        coverage: float | None = None,
        threshold: float | None = None,
        by: str = "predictive_entropy",
    ) -> NDArray[np.bool_]:
        """Mask of the rows to keep, the least uncertain ones.

        Parameters
        ----------
        coverage : float, default=None
            Share of rows to keep, in (0, 1]: the ``ceil(coverage * n_samples)``
            least uncertain rows. Ties go to the earlier row, so that the count is
            exact and a smaller coverage keeps a subset.
        threshold : float, default=None
            Keep rows where the measure is at most this, in nats for entropies. For
            a measure that is small where uncertain, rows where it is at least this.
        by : str, default="predictive_entropy"
            The measure:

            {measures}

        Returns
        -------
        ndarray of bool of shape (n_samples,)

        Raises
        ------
        ValueError
            If not exactly one of ``coverage`` and ``threshold`` is given, one is out
            of range, ``by`` names no measure, or the measure is NaN because there is
            only one pass.

        Examples
        --------
        >>> from skmirai.uncertainty import PredictiveUncertainty
        >>> passes = [[[0.9, 0.1], [0.6, 0.4], [0.0, 1.0]]]
        >>> result = PredictiveUncertainty.from_samples(passes, ["benign", "mirai"])
        >>> result.select(coverage=0.5)
        array([ True, False,  True])
        >>> result.select(threshold=0.95, by="confidence")
        array([False, False,  True])
        """
        measure = checked_measure(by, self.n_passes)
        return select_rows(
            getattr(self, by),
            coverage=coverage,
            threshold=threshold,
            keep_high=not measure.high_is_uncertain,
        )

    def merge(self, other: "PredictiveUncertainty") -> "PredictiveUncertainty":
        """Return the result over the passes of both, of the same rows.

        Equal, up to rounding, to computing all passes at once.

        Parameters
        ----------
        other : PredictiveUncertainty
            Other passes over the same rows, in the same order.

        Returns
        -------
        PredictiveUncertainty
            ``samples`` are concatenated where both have them, None otherwise.

        Raises
        ------
        TypeError
            If ``other`` is not a PredictiveUncertainty.
        ValueError
            If the classes or the number of rows differ, or ``other`` holds the same
            passes again.

        Examples
        --------
        >>> from skmirai.uncertainty import PredictiveUncertainty
        >>> classes = ["benign", "mirai"]
        >>> a = PredictiveUncertainty.from_samples([[[0.9, 0.1]]], classes)
        >>> b = PredictiveUncertainty.from_samples([[[0.7, 0.3]]], classes)
        >>> a.merge(b).proba
        array([[0.8, 0.2]])
        """
        if isinstance(other, PredictiveUncertainty) and not np.array_equal(
            self.classes, other.classes
        ):
            raise ValueError(
                f"classes {self.classes.tolist()} and {other.classes.tolist()} differ: "
                "merge results of one estimator"
            )
        self._check_mergeable(other, ("proba", "std", "votes"))
        proba, m2 = combine_moments(
            *(self.n_passes, self.proba, self.n_passes * self.std**2),
            *(other.n_passes, other.proba, other.n_passes * other.std**2),
        )
        n_passes = self.n_passes + other.n_passes
        share = other.n_passes / n_passes

        def joined(mean: Values, other_mean: Values) -> Values:
            return mean + (other_mean - mean) * share

        return PredictiveUncertainty(
            classes=self.classes,
            proba=proba,
            std=np.sqrt(m2 / n_passes),
            votes=self.votes + other.votes,
            expected_entropy=joined(self.expected_entropy, other.expected_entropy),
            n_passes=n_passes,
            samples=self._merged_samples(other),
            pass_means={
                name: joined(mean, other.pass_means[name])
                for name, mean in self.pass_means.items()
                if name in other.pass_means
            },
        )

    def __repr__(self) -> str:
        kept = "" if self.samples is None else ", samples kept"
        return (
            f"PredictiveUncertainty(n_samples={len(self)}, "
            f"classes={reprlib.repr(self.classes.tolist())}, "
            f"n_passes={self.n_passes}{kept})"
        )

    def _repr_html_(self) -> str:
        return summary_of_classes(self)
