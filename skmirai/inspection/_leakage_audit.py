"""What each finding of an audit does to the score, as a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skmirai.inspection._style import own_figure
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours of scores with a leak and without it: safe for colour-blind readers.
_WITH, _WITHOUT = "#D55E00", "#0072B2"


class LeakageAuditDisplay:
    """Scores with each leak and without it.

    One line for each finding, from the score without to the score with it. Make it with
    :meth:`from_audit`, which draws at once.

    Parameters
    ----------
    labels : sequence of str of length n_findings
        What was found.
    score_with, score_without : array-like of shape (n_findings,)
        Balanced accuracies; NaN leaves a mark out.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.

    See Also
    --------
    skmirai.model_selection.audit_leakage : Makes the findings.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import numpy as np
    >>> from skmirai.inspection import LeakageAuditDisplay
    >>> from skmirai.model_selection import audit_leakage
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 100)
    >>> X = np.column_stack([rng.normal(y, 2), np.arange(200)])
    >>> display = LeakageAuditDisplay.from_audit(audit_leakage(X, y))
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['counter: 1', 'step']
    """

    def __init__(
        self, labels: Sequence[str], score_with: Any, score_without: Any
    ) -> None:
        self.labels = [*labels]
        self.score_with = np.asarray(score_with, dtype=float)
        self.score_without = np.asarray(score_without, dtype=float)
        lengths = {len(self.labels), len(self.score_with), len(self.score_without)}
        if len(lengths) != 1:
            raise ValueError(
                f"labels, score_with and score_without differ in length: "
                f"{len(self.labels)}, {len(self.score_with)}, "
                f"{len(self.score_without)}"
            )

    @classmethod
    def from_audit(cls, audit: Any, *, ax: Any = None) -> Self:
        """Draw the findings of an audit.

        Parameters
        ----------
        audit : LeakageAudit
            What :func:`~skmirai.model_selection.audit_leakage` returns.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        LeakageAuditDisplay
            The display, drawn.
        """
        findings = audit.findings
        display = cls(
            [_label(finding.smell, finding.columns) for finding in findings],
            [finding.score_with for finding in findings],
            [finding.score_without for finding in findings],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        LeakageAuditDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        count = len(self.labels)
        if ax is None:
            figure, (ax,) = own_figure(1)
            figure.set_size_inches(7.5, max(2.0, 1.2 + 0.35 * count))
            ax.grid(visible=False, axis="y")
        places = np.arange(count)
        ax.hlines(places, self.score_without, self.score_with, color="0.75", lw=2)
        ax.plot(self.score_without, places, "o", color=_WITHOUT, label="without")
        ax.plot(self.score_with, places, "o", color=_WITH, label="with the leak")
        ax.set_yticks(places, self.labels)
        ax.invert_yaxis()
        ax.set_xlabel("balanced accuracy")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        if count:
            ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
        else:
            ax.text(0.5, 0.5, "nothing found", ha="center", transform=ax.transAxes)
        self.ax_ = ax
        self.figure_: Figure = ax.get_figure()
        return self


def _label(smell: str, columns: Sequence[Any]) -> str:
    if not columns:
        return smell
    first = str(columns[0])
    more = f" and {len(columns) - 1} more" if len(columns) > 1 else ""
    return f"{smell}: {first}{more}"
