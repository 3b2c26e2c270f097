"""What abstaining from the most uncertain rows is worth."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skmirai.inspection._measured import check_rows, predict_measured
from skmirai.inspection._style import colours_of, own_figure
from skmirai.metrics import (
    UNCERTAINTY_MEASURES,
    RiskCoverageCurve,
    aurc_score,
    risk_coverage_curve,
)
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: The axis of risks fits coverages from here on: what fewer rows come to is noise.
_LEAST_COVERAGE = 0.05


class RiskCoverageDisplay:
    """Risk by coverage, of one or several uncertainties, above the best possible.

    A line for each uncertainty: the mean loss among the rows that keep a verdict,
    against their share. Make it with :meth:`from_estimator`, :meth:`from_predictions`
    or :meth:`from_losses`, which draw at once.

    Parameters
    ----------
    curves : dict of str to RiskCoverageCurve
        Curves by the name of their uncertainty, as
        :func:`~skmirai.metrics.risk_coverage_curve` returns them.
    areas : dict of str to float or None, default=None
        Areas under the curves, for the legend.
    optimum : RiskCoverageCurve or None, default=None
        Curve of an uncertainty that ranks the losses as they are.
    optimum_area : float or None, default=None
        Its area.
    risk_name : str, default="risk"
        What the losses are, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curve of each uncertainty.
    optimum_ : matplotlib.lines.Line2D or None
        The best curve.

    See Also
    --------
    skmirai.metrics.aurc_score : The area.
    UncertaintyDisplay : How uncertain right and wrong predictions are.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.inspection import RiskCoverageDisplay
    >>> X, y = make_classification(300, flip_y=0.2, random_state=0)
    >>> clf = LogisticRegression().fit(X[:200], y[:200])
    >>> display = RiskCoverageDisplay.from_estimator(clf, X[200:], y[200:])
    >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ['predictive entropy: 0.11', 'optimum: 0.0203']
    """

    def __init__(
        self,
        curves: Mapping[str, RiskCoverageCurve],
        *,
        areas: Mapping[str, float] | None = None,
        optimum: RiskCoverageCurve | None = None,
        optimum_area: float | None = None,
        risk_name: str = "risk",
    ) -> None:
        self.curves = curves
        self.areas = areas
        self.optimum = optimum
        self.optimum_area = optimum_area
        self.risk_name = risk_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        by: str | Sequence[str] = "predictive_entropy",
        predict_params: Mapping[str, Any] | None = None,
        ax: Any = None,
    ) -> Self:
        """Predict rows and draw the errors that are left by several measures.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier. Its ``predict_uncertainty`` is asked where it has one,
            or where a Pipeline, a search, a frozen or an abstaining classifier ends in
            one that has; else its ``predict_proba``, also that of a calibrated one.
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows, none of which it was trained on.
        y : array-like of shape (n_samples,)
            Their true labels.
        by : str or sequence of str, default="predictive_entropy"
            Names of :data:`skmirai.metrics.UNCERTAINTY_MEASURES`. Without
            ``predict_uncertainty`` there are "predictive_entropy" and "confidence".
        predict_params : dict or None, default=None
            Arguments of ``predict_uncertainty``, such as
            ``{"n_passes": 50, "random_state": 0}``.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has neither method, or predicts no labels.
        ValueError
            If a name is unknown, or rows do not fit together.
        """
        names = [by] if isinstance(by, str) else [*by]
        label, measured = predict_measured(estimator, X, names, predict_params)
        uncertainty = {
            name.replace("_", " "): values
            if UNCERTAINTY_MEASURES[name].high_is_uncertain
            else -values
            for name, values in measured.items()
        }
        return cls.from_predictions(y, label, uncertainty, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        uncertainty: Mapping[str, ArrayLike] | ArrayLike,
        *,
        ax: Any = None,
    ) -> Self:
        """Draw the errors that are left among given predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            True and predicted labels.
        uncertainty : array-like of shape (n_samples,), or dict of str to such
            Large where the prediction is in doubt. Of a confidence, pass the negative.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If rows do not fit together, or an uncertainty is NaN.
        """
        y_true, y_pred = check_rows(y_true, y_pred)
        wrong = y_true != y_pred
        return cls.from_losses(wrong, uncertainty, risk_name="share of errors", ax=ax)

    @classmethod
    def from_losses(
        cls,
        losses: ArrayLike,
        uncertainty: Mapping[str, ArrayLike] | ArrayLike,
        *,
        risk_name: str = "mean loss",
        ax: Any = None,
    ) -> Self:
        """Draw the mean loss that is left, whatever the losses are.

        Parameters
        ----------
        losses : array-like of shape (n_samples,)
            Loss of each row.
        uncertainty : array-like of shape (n_samples,), or dict of str to such
            Large where the prediction is in doubt. Of a confidence, pass the negative.
        risk_name : str, default="mean loss"
            What the losses are, for the axis.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If rows do not fit together, or a value is NaN.
        """
        if not isinstance(uncertainty, Mapping):
            uncertainty = {"uncertainty": uncertainty}
        display = cls(
            {name: risk_coverage_curve(losses, u) for name, u in uncertainty.items()},
            areas={name: aurc_score(losses, u) for name, u in uncertainty.items()},
            optimum=risk_coverage_curve(losses, losses),
            optimum_area=aurc_score(losses, losses),
            risk_name=risk_name,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure, whose axis of risks leaves out what
            less than a twentieth of the rows come to.

        Returns
        -------
        RiskCoverageDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If there is no curve.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        if not self.curves:
            raise ValueError("there is no curve to draw; give at least one uncertainty")
        own = ax is None
        if own:
            figure, (ax,) = own_figure(1)
            figure.set_size_inches(6.4, 4)
        areas = self.areas or {}
        self.lines_: dict[str, Line2D] = {}
        colours = colours_of(len(self.curves))
        for (name, curve), colour in zip(self.curves.items(), colours, strict=True):
            label = _label(name, areas.get(name))
            look = {"color": colour, "label": label, "linewidth": 1.6}
            (self.lines_[name],) = ax.plot(*_from_zero(curve), **look)
        self.optimum_: Line2D | None = None
        if self.optimum is not None:
            (self.optimum_,) = ax.plot(
                *_from_zero(self.optimum),
                color="0.35",
                linestyle="--",
                linewidth=1.2,
                label=_label("optimum", self.optimum_area),
            )
        if own:
            ax.set_xlim(0, 1)
            ax.set_ylim(*_limits([*self.curves.values()]))
        ax.set_xlabel("coverage: share of rows with a verdict")
        ax.set_ylabel(f"{self.risk_name} among them")
        title = None if self.areas is None else "area under the curve"
        ax.legend(title=title, frameon=False, alignment="left")
        self.ax_: Axes = ax
        self.figure_: Figure = ax.get_figure()
        return self


def _label(name: str, area: float | None) -> str:
    return name if area is None else f"{name}: {area:.3g}"


def _from_zero(curve: RiskCoverageCurve) -> tuple[np.ndarray, np.ndarray]:
    """Points of a curve; some of the first equal rows have the risk of all of them."""
    return np.r_[0, curve.coverages], np.r_[curve.risks[0], curve.risks]


def _limits(curves: list[RiskCoverageCurve]) -> tuple[float, float]:
    """Ends of the axis of risks."""
    shown = [c.risks[c.coverages >= _LEAST_COVERAGE] for c in curves]
    low, high = min(0.0, *map(np.min, shown)), max(map(np.max, shown))
    return low, high + 0.08 * (high - low or 1)
