"""How uncertain right and wrong predictions are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skmirai.inspection._measured import check_rows, predict_measured
from skmirai.inspection._style import colours_of, own_figure
from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import StepPatch


class UncertaintyDisplay:
    """Histograms of uncertainty: right beside wrong predictions, or class by class.

    Every group has an area of 1, so that few wrong rows are seen beside many right
    ones. Make it with :meth:`from_estimator` or :meth:`from_predictions`, which draw at
    once.

    Parameters
    ----------
    uncertainty : array-like of shape (n_samples,)
        Uncertainty of each row.
    groups : array-like of shape (n_samples,)
        Group of each row. They are drawn in sorted order.
    name : str, default="uncertainty"
        What is measured, for the axis.
    unit : str, default=""
        Its unit, such as "nats".

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.
    patches_ : dict of group to matplotlib.patches.StepPatch
        The histogram of each group.

    See Also
    --------
    RiskCoverageDisplay : What abstaining by it is worth.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.inspection import UncertaintyDisplay
    >>> X, y = make_classification(300, flip_y=0.2, random_state=0)
    >>> clf = LogisticRegression().fit(X[:200], y[:200])
    >>> display = UncertaintyDisplay.from_estimator(clf, X[200:], y[200:])
    >>> [*display.patches_]
    ['right', 'wrong']
    >>> display.ax_.get_xlabel()
    'predictive entropy in nats'
    """

    def __init__(
        self,
        uncertainty: ArrayLike,
        groups: ArrayLike,
        *,
        name: str = "uncertainty",
        unit: str = "",
    ) -> None:
        self.uncertainty = uncertainty
        self.groups = groups
        self.name = name
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        by: str = "predictive_entropy",
        group_by: str = "outcome",
        predict_params: Mapping[str, Any] | None = None,
        bins: int | ArrayLike = 30,
        ax: Any = None,
    ) -> Self:
        """Predict rows and draw how uncertain they are.

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
        by : str, default="predictive_entropy"
            A name of :data:`skmirai.metrics.UNCERTAINTY_MEASURES`. Without
            ``predict_uncertainty`` there are "predictive_entropy" and "confidence".
        group_by : {"outcome", "class"}, default="outcome"
            Group rows by whether the prediction is right, or by true label.
        predict_params : dict or None, default=None
            Arguments of ``predict_uncertainty``, such as
            ``{"n_passes": 50, "random_state": 0}``.
        bins : int or array-like, default=30
            Number of bins, or their edges.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        UncertaintyDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has neither method, or predicts no labels.
        ValueError
            If ``by`` or ``group_by`` is unknown, or rows do not fit together.
        """
        label, measured = predict_measured(estimator, X, [by], predict_params)
        return cls.from_predictions(
            y,
            label,
            measured[by],
            group_by=group_by,
            name=by.replace("_", " "),
            unit=UNCERTAINTY_MEASURES[by].unit,
            bins=bins,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        uncertainty: ArrayLike,
        *,
        group_by: str = "outcome",
        name: str = "uncertainty",
        unit: str = "",
        bins: int | ArrayLike = 30,
        ax: Any = None,
    ) -> Self:
        """Draw how uncertain given predictions are.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            True and predicted labels.
        uncertainty : array-like of shape (n_samples,)
            Uncertainty of each row.
        group_by : {"outcome", "class"}, default="outcome"
            Group rows by whether the prediction is right, or by true label.
        name : str, default="uncertainty"
            What is measured, for the axis.
        unit : str, default=""
            Its unit, such as "nats".
        bins : int or array-like, default=30
            Number of bins, or their edges.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        UncertaintyDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``group_by`` is unknown, or rows do not fit together.
        """
        y_true, y_pred = check_rows(y_true, y_pred)
        if group_by not in ("outcome", "class"):
            raise ValueError(f"group_by={group_by!r} must be 'outcome' or 'class'")
        outcome = np.where(y_true == y_pred, "right", "wrong")
        groups = outcome if group_by == "outcome" else y_true
        return cls(uncertainty, groups, name=name, unit=unit).plot(bins=bins, ax=ax)

    def plot(self, *, bins: int | ArrayLike = 30, ax: Any = None) -> Self:
        """Draw the histograms.

        Parameters
        ----------
        bins : int or array-like, default=30
            Number of bins, or their edges.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        UncertaintyDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If there is not one finite value for each row, or no row.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        values, groups = self._checked()
        edges = np.histogram_bin_edges(values, bins)
        if ax is None:
            figure, (ax,) = own_figure(1)
            figure.set_size_inches(6.4, 3.6)
        names = np.unique(groups)
        self.patches_: dict[Any, StepPatch] = {}
        for group, colour in zip(names.tolist(), colours_of(len(names)), strict=True):
            rows = values[groups == group]
            density = np.histogram(rows, edges, density=True)[0]
            self.patches_[group] = ax.stairs(
                density,
                edges,
                fill=True,
                facecolor=(colour, 0.25),
                edgecolor=colour,
                linewidth=1.5,
                label=f"{group} ({len(rows):,} {'row' if len(rows) == 1 else 'rows'})",
            )
        ax.set_xlabel(f"{self.name} in {self.unit}" if self.unit else self.name)
        ax.set_ylabel("density")
        ax.legend(frameon=False)
        self.ax_: Axes = ax
        self.figure_: Figure = ax.get_figure()
        return self

    def _checked(self) -> tuple[np.ndarray, np.ndarray]:
        values = np.asarray(self.uncertainty, dtype=np.float64)
        groups = np.asarray(self.groups)
        if values.ndim != 1 or groups.shape != values.shape or not len(values):
            raise ValueError(
                f"uncertainty and groups have the shapes {values.shape} and "
                f"{groups.shape}; expected one value of each for every row, and a row"
            )
        if not np.isfinite(values).all():
            row = int((~np.isfinite(values)).argmax())
            raise ValueError(f"uncertainty[{row}]={values[row]} must be finite")
        return values, groups
