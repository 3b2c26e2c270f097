"""What a report on an estimator and its baselines found, as tables and in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skmirai.model_selection._words import (
    as_text,
    ends,
    signed,
    three,
    within,
)
from skmirai.utils._html import html_head, html_list, html_table

#: Baselines that nothing can flatter: what a draw finds there is chance.
_KNOW_NOTHING = ("majority", "chance")

#: One feature that reaches this says more about the table than about attacks.
_TOO_GOOD = 0.95

#: Kinds of rows that the text names, those in which the estimator errs most often.
_KINDS_IN_TEXT = 5


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaselineReport:
    """Scores of an estimator and of baselines, under a random split and an honest one.

    :func:`baseline_report` makes it. ``print`` shows it in words.

    Parameters
    ----------
    estimator : str
        Name of the estimator.
    scores : DataFrame
        As :meth:`to_frame` returns it.
    gap : DataFrame of shape (n_models, 3)
        What the random split adds to the balanced accuracy of each model: ``gap``,
        and the ends of its interval, ``low`` and ``high``; NaN where the splits do not
        test the same rows.
    lead : DataFrame of shape (n_baselines, 3)
        How far the balanced accuracy of the estimator is above that of each baseline
        on the honest split: ``lead``, ``low`` and ``high``.
    kinds : DataFrame or None
        As :meth:`kinds_frame` returns it, if kinds were given.
    benign : label or None
        The class of rows that are no attack.
    splits : dict of str to str
        What the two splits are, in words, by their names "honest" and "random".
    left_out : float
        Share of the rows outside a fold's test that are not trained on either: the gap.
    features : dict of str to str
        Under each split, the column that "one feature" looked at.
    confidence_level : float
        Of the intervals.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.model_selection import baseline_report
    >>> X, y = make_classification(300, n_informative=8, random_state=0)
    >>> report = baseline_report(LogisticRegression(), X, y, random_state=0)
    >>> report.to_frame().index[:2].tolist()
    [('LogisticRegression', 'random'), ('LogisticRegression', 'honest')]
    >>> report.gap.index[:4].tolist()
    ['LogisticRegression', 'majority', 'chance', 'one feature']
    """

    estimator: str
    scores: pd.DataFrame
    gap: pd.DataFrame
    lead: pd.DataFrame
    kinds: pd.DataFrame | None
    benign: Any
    splits: dict[str, str]
    left_out: float
    features: dict[str, str]
    confidence_level: float

    def to_frame(self) -> pd.DataFrame:
        """Return all scores.

        Returns
        -------
        DataFrame
            One row for each model and split, which are the index, with the columns

            - ``accuracy``; ``balanced_accuracy``, the mean recall of the classes;
              ``roc_auc``; ``log_loss``, in nats;
            - ``false_alarm_rate``: share of the benign rows that get the label of an
              attack; ``detection_rate``: share of the attack rows that do;
            - the ends of the interval of each of them, ``accuracy_low``,
              ``accuracy_high`` and so on;
            - ``block_length``: rows of a block that the intervals are drawn by, NaN
              where groups are;
            - ``fit_seconds``: mean of the folds;
            - ``n_rows``: number of rows tested;
            - ``failure``: why there are no figures, else "".

            NaN stands for figures that there are not.
        """
        return self.scores.copy()

    def kinds_frame(self) -> pd.DataFrame:
        """Return what is found of each kind of rows.

        Returns
        -------
        DataFrame
            One row for each model, split and kind, which are the index, with
            ``n_rows``, ``recall`` (share that gets its label) and ``alarm_rate`` (share
            that gets the label of an attack).

        Raises
        ------
        ValueError
            If the report was made without kinds.
        """
        if self.kinds is None:
            raise ValueError("no kinds were given: baseline_report(..., kinds=names)")
        return self.kinds.copy()

    def __repr__(self) -> str:
        parts = [self._head(), as_text(self._about_splits())]
        parts += [table.to_string() for table in self._tables()]
        return "\n\n".join([*parts, as_text(self._sentences())])

    def _repr_html_(self) -> str:
        parts = [html_head(self._head()), html_list(self._about_splits())]
        parts += [html_table(table) for table in self._tables()]
        return "".join([*parts, html_list(self._sentences())])

    def _head(self) -> str:
        n_rows = self._of("honest", "n_rows")[self.estimator]
        benign = "" if self.benign is None else f"; the benign class is {self.benign!r}"
        return f"{self.estimator} beside baselines, {n_rows:,} rows tested{benign}"

    def _about_splits(self) -> list[str]:
        """Say which split is which."""
        honest, random = self.splits["honest"], self.splits["random"]
        if self.left_out >= 0.001:
            honest += f"; {self.left_out:.1%} of the other rows are not trained on"
        return [f"honest split: {honest}.", f"random split: {random}."]

    def _tables(self) -> list[pd.DataFrame]:
        tables = [self._splits_table(), self._honest_table()]
        return tables if self.kinds is None else [*tables, self._most_missed()]

    def _splits_table(self) -> pd.DataFrame:
        """Balanced accuracy on both splits, as text."""
        score = "balanced_accuracy"
        gaps = [
            f"{signed(gap)} {ends(low, high)}".strip()
            for gap, low, high in self.gap.to_numpy()
        ]
        shown = {
            "random split": self._of("random", score).map(three),
            "honest split": self._within(score),
            "gap": gaps,
        }
        title = f"balanced accuracy, {self.confidence_level:.0%} intervals"
        return pd.concat({title: pd.DataFrame(shown)}, axis=1).rename_axis(index=None)

    def _honest_table(self) -> pd.DataFrame:
        """What else decides, as text."""
        figures = {"accuracy": "accuracy", "ROC AUC": "roc_auc"}
        if self.benign is not None:
            figures |= {
                "false alarms": "false_alarm_rate",
                "detected": "detection_rate",
            }
        shown = {title: self._within(figure) for title, figure in figures.items()}
        title = f"honest split, {self.confidence_level:.0%} intervals"
        return pd.concat({title: pd.DataFrame(shown)}, axis=1).rename_axis(index=None)

    def _within(self, figure: str) -> pd.Series:
        """A figure of the honest split and its interval, as text."""
        columns = [figure, f"{figure}_low", f"{figure}_high"]
        honest = self.scores.xs("honest", level="split")[columns]
        return honest.apply(lambda row: within(*row), axis=1)

    def _of(self, split: str, column: str) -> pd.Series:
        return self.scores.xs(split, level="split")[column]

    def _most_missed(self) -> pd.DataFrame:
        """Kinds in which the estimator errs most often on the honest split."""
        own = self.kinds_frame().loc[self.estimator]
        table = own.loc["honest"].assign(
            missed=lambda t: (t["n_rows"] * (1 - t["recall"])).round().astype(int)
        )
        most = table.nlargest(_KINDS_IN_TEXT, "missed")
        random = own.loc["random"]["recall"].reindex(most.index)
        return pd.DataFrame(
            {
                "rows": most["n_rows"],
                "missed, honest": most["missed"],
                "recall, random": random.map(three),
                "recall, honest": most["recall"].map(three),
            }
        ).rename_axis(f"most missed by {self.estimator}")

    def _sentences(self) -> list[str]:
        """Say what the figures mean."""
        lines = [self._flattery(), self._verdict()]
        if "honest" in self.features:
            lines.append(f"The one feature is {self.features['honest']}.")
            if (
                self._of("honest", "balanced_accuracy").get("one feature", 0)
                > _TOO_GOOD
            ):
                lines[-1] += (
                    " It is nearly enough by itself: look at what it measures before "
                    "you believe any score here."
                )
        lines += [
            f"{model} failed on the {split} split: {why}"
            for split in self.splits
            for model, why in self._of(split, "failure").items()
            if why
        ]
        return lines

    def _flattery(self) -> str:
        """Say what the random split adds, and to whom."""
        gap, low, high = np.asarray(self.gap.loc[self.estimator]).tolist()
        none = [self.estimator, *_KNOW_NOTHING]
        others = self.gap.drop(index=none, errors="ignore").query("low > 0")
        flattered = [
            f"{name} by {gap:.3f} {ends(low, high)}"
            for name, (gap, low, high) in zip(
                others.index, others.to_numpy(), strict=True
            )
        ]
        also = f" It flatters {_listed(flattered)}." if flattered else ""
        if np.isnan(low):
            return (
                f"The random split adds {gap:+.3f} to {self.estimator}; it tests other "
                f"rows, so that there is no interval.{also}"
            )
        if low > 0:
            flattered = [
                f"{self.estimator} by {gap:.3f} {ends(low, high)}",
                *flattered,
            ]
            return (
                f"The random split flatters {_listed(flattered)}: it tests models on "
                f"rows whose like they were trained on. Report the honest split."
            )
        return (
            f"The random split adds {gap:+.3f} {ends(low, high)} to {self.estimator}, "
            f"which the rows cannot tell from 0.{also}"
        )

    def _verdict(self) -> str:
        """Say whether the estimator is better than the best baseline."""
        of_baselines = self._of("honest", "balanced_accuracy").drop(self.estimator)
        if of_baselines.isna().all():
            return "There is no baseline to compare with."
        best = str(of_baselines.idxmax())
        lead, low, high = np.asarray(self.lead.loc[best]).tolist()
        how = f"{lead:+.3f} {ends(low, high)}".strip()
        head = f"Best baseline on the honest split: {best}, {of_baselines[best]:.3f}. "
        if low > 0:
            return f"{head}{self.estimator} beats it: {how}."
        if high < 0:
            return f"{head}{self.estimator} is behind it: {how}."
        if np.isnan(low):
            return f"{head}{self.estimator} differs by {how}."
        return (
            f"{head}{self.estimator} differs by {how}, which the rows cannot tell "
            f"from 0."
        )


def _listed(names: list[str]) -> str:
    return " and ".join([*filter(None, [", ".join(names[:-1])]), names[-1]])
