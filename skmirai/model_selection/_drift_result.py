"""What a report on drift found, as tables and in words."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skmirai.metrics import ScoreInterval
from skmirai.model_selection._words import as_text, ends, percent, three
from skmirai.utils._html import html_head, html_list, html_table

#: A window is told from the past if its AUC is so much above what is usual.
_TOLD_APART = 0.1

#: A change of the share of attacks that the text names.
_MOVED = 0.05


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DriftReport:
    """A model of the past on each later window of time.

    :func:`drift_report` makes it. ``print`` shows it in words.

    Parameters
    ----------
    estimator : str
        Name of the estimator.
    windows : DataFrame
        As :meth:`to_frame` returns it.
    overall : DataFrame
        Figures of the rows of all windows together, and the ends of their intervals,
        for the models "trained once", "retrained" if there are such, and "shuffled".
    retraining : ScoreInterval or None
        What training anew before each window adds to the balanced accuracy of all
        windows; None if it was not tried.
    shifts : DataFrame of shape (n_windows, n_features)
        Distance of each column from the past: the statistic of Kolmogorov and Smirnov,
        or for categories the total variation; 0 is none, 1 the largest.
    domain_auc_past : float
        How well the second half of the past is told from the first: what is usual.
    past : dict
        ``start``, ``end``, ``n_rows``, ``n_trained`` (without purged rows) and
        ``attack_share`` of the past.
    benign : label or None
        The class of rows that are no attack.
    n_empty : int
        Windows without a row, which were left out.
    n_back : int
        Rows that came with an earlier time than the row before them.
    confidence_level : float
        Of the intervals.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.model_selection import drift_report
    >>> X, y = make_classification(600, n_informative=8, random_state=0)
    >>> report = drift_report(
    ...     LogisticRegression(), X, y, times=range(600), n_windows=3, random_state=0
    ... )
    >>> report.to_frame()["n_rows"].tolist()
    [140, 140, 140]
    """

    estimator: str
    windows: pd.DataFrame
    overall: pd.DataFrame
    retraining: ScoreInterval | None
    shifts: pd.DataFrame
    domain_auc_past: float
    past: dict[str, Any]
    benign: Any
    n_empty: int
    n_back: int
    confidence_level: float

    def to_frame(self) -> pd.DataFrame:
        """Return what is known of each window.

        Returns
        -------
        DataFrame
            One row for each window, whose number, counted from 0, is the index, with
            the columns

            - ``start``, ``end``: times of its first and last row, dates if such were
              given, else seconds;
            - ``n_rows``; ``attack_share``: share of the rows that are no benign ones;
            - ``accuracy``, ``balanced_accuracy``, ``false_alarm_rate`` (share of the
              benign rows that get the label of an attack), ``detection_rate`` (share of
              the attack rows that do) of the model that is trained once, and the ends
              of their intervals, ``accuracy_low`` and so on; ``roc_auc``, ``log_loss``;
            - the same six with ``_retrained``, of the model that is trained anew before
              the window, and with ``_shuffled``, of the one that is trained on shuffled
              rows;
            - ``lacking``: classes of which the window has no row. Figures that need
              them are NaN;
            - ``domain_auc``: how well its rows are told from those of the past, .5 is
              not at all; ``shifted_columns``: the three that moved most.
        """
        return self.windows.copy()

    def __repr__(self) -> str:
        parts = [self._head(), self._table().to_string(), as_text(self._sentences())]
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [html_head(self._head()), html_table(self._table())]
        return "".join([*parts, html_list(self._sentences())])

    def _head(self) -> str:
        return (
            f"{self.estimator}, trained once on {self.past['n_trained']:,} rows, on "
            f"{self.windows['n_rows'].sum():,} later ones"
        )

    def _table(self) -> pd.DataFrame:
        """Figures that decide, as text."""
        own = self.windows
        score, alarms = "balanced_accuracy", "false_alarm_rate"
        shown: dict[tuple[str, str], Any] = {
            ("", "start"): own["start"].map(self._when),
            ("", "rows"): own["n_rows"].map("{:,}".format),
        }
        if self.benign is not None:
            shown["", "attacks"] = own["attack_share"].map(percent)
        shown["balanced accuracy", "once"] = own[score].map(three)
        pairs = zip(own[f"{score}_low"], own[f"{score}_high"], strict=True)
        shown["balanced accuracy", f"{self.confidence_level:.0%}"] = [
            ends(*pair) for pair in pairs
        ]
        if self.retraining is not None:
            shown["balanced accuracy", "anew"] = own[f"{score}_retrained"].map(three)
        shown["balanced accuracy", "shuffled"] = own[f"{score}_shuffled"].map(three)
        if self.benign is not None:
            shown["false alarms", "once"] = own[alarms].map(percent)
            shown["false alarms", "shuffled"] = own[f"{alarms}_shuffled"].map(percent)
            shown["detected", "once"] = own["detection_rate"].map(percent)
        shown["domain", "AUC"] = own["domain_auc"].map(three)
        return pd.DataFrame(shown)

    def _when(self, time: Any) -> str:
        """A time as dates, or as seconds since the first row."""
        if isinstance(time, pd.Timestamp):
            return f"{time:%Y-%m-%d %H:%M:%S}"
        return f"{time - self.past['start']:,.6g} s"

    def _sentences(self) -> list[str]:
        """Say what the figures mean."""
        lines = [self._promise(), self._below(), self._stops(), self._alarms()]
        lines += [self._retrain(), self._features(), self._labels(), *self._said()]
        return [line for line in lines if line]

    def _promise(self) -> str:
        """Say what a shuffled split would have reported."""
        found = self.overall["balanced_accuracy"]
        once, shuffled = found["trained once"], found["shuffled"]
        if np.isnan(once) or np.isnan(shuffled):
            return (
                "The windows together lack a class: there is no balanced accuracy of "
                "them, and none to compare with."
            )
        low, high = (
            self.overall[f"balanced_accuracy_{end}"]["trained once"]
            for end in ("low", "high")
        )
        word = "; in time it is" if shuffled > high else ", and in time it is"
        return (
            f"A shuffled split would have reported a balanced accuracy of "
            f"{shuffled:.3f}{word} {once:.3f} {ends(low, high)}."
        )

    def _below(self) -> str:
        """Say which windows are below the shuffled figure."""
        name = "balanced_accuracy"
        known = self.windows[self.windows[f"{name}_high"].notna()]
        least = self.overall[f"{name}_low"]["shuffled"]
        below = known[known[f"{name}_high"] < least]
        if not len(below):
            return ""
        lowest = below[name].idxmin()
        return (
            f"Clearly below the shuffled figure are {len(below)} of {len(known)} "
            f"windows, the first of them window {below.index[0]} "
            f"({self._when(below['start'].iloc[0])}); the lowest is window {lowest}, "
            f"{below.loc[lowest, name]:.3f}."
        )

    def _stops(self) -> str:
        """Say from when on the score is below that of the first window."""
        name = "balanced_accuracy"
        known = self.windows[self.windows[f"{name}_low"].notna()]
        if len(known) < 2:
            return ""
        first = known.iloc[0]
        below = known.index[known[f"{name}_high"] < first[f"{name}_low"]]
        interval = ends(first[f"{name}_low"], first[f"{name}_high"])
        head = (
            f"Window {known.index[0]} has a balanced accuracy of {first[name]:.3f} "
            f"{interval}"
        )
        if not len(below):
            return f"{head}, and no later window is clearly below that."
        stop = below[0]
        n_after = int((known.index >= stop).sum())
        rest = (
            "no later window is back"
            if n_after == len(below)
            else f"{len(below)} of the {n_after} windows from there on do"
        )
        return (
            f"{head}; it falls below that in window {stop} "
            f"({self._when(known.loc[stop, 'start'])}), to "
            f"{known.loc[stop, name]:.3f}, and {rest}."
        )

    def _alarms(self) -> str:
        """Say whether false alarms rise."""
        name = "false_alarm_rate"
        known = self.windows[self.windows[f"{name}_low"].notna()]
        if not len(known):
            return ""
        most = int(known[name].argmax())
        shuffled = percent(self.overall[name]["shuffled"])
        head = (
            f"False alarms: {shuffled} of the benign rows if shuffled, "
            f"{percent(known[name].iloc[0])} in window {known.index[0]}"
        )
        n_above = int((known[f"{name}_low"] > known[f"{name}_high"].iloc[0]).sum())
        if not n_above:
            return f"{head}, and no later window has clearly more."
        return (
            f"{head}, and clearly more in {n_above} of the later windows: "
            f"{percent(known[name].iloc[most])} in window {known.index[most]}."
        )

    def _retrain(self) -> str:
        """Say whether training anew helps."""
        if self.retraining is None:
            return ""
        gain, low, high, _ = self.retraining
        what = f"Training anew before each window adds {gain:+.3f} {ends(low, high)}"
        if np.isnan(low):
            return f"{what}, of which little is sure."
        if low > 0:
            return f"{what} to the balanced accuracy: it helps."
        if high < 0:
            return f"{what} to the balanced accuracy: it does not help."
        return f"{what}, which the rows cannot tell from 0."

    def _features(self) -> str:
        """Say how far features have moved."""
        found = self.windows["domain_auc"]
        if found.isna().all():
            return ""
        most = int(found.argmax())
        usual = (
            ""
            if np.isnan(self.domain_auc_past)
            else f" (one half of the past from the other: {self.domain_auc_past:.3f})"
        )
        line = (
            f"Features: window {most} is told from the past with AUC "
            f"{found[most]:.3f}{usual}"
        )
        columns = self.windows["shifted_columns"].iloc[most]
        if found[most] < max(0.5, self.domain_auc_past) + _TOLD_APART:
            return f"{line}, the most of all windows."
        return f"{line}; what moved most is {columns}."

    def _labels(self) -> str:
        """Say how the share of attacks has moved."""
        before, own = self.past["attack_share"], self.windows["attack_share"]
        if math.isnan(before) or (own - before).abs().max() < _MOVED:
            return ""
        return (
            f"Share of attacks: {percent(before)} of the past, {percent(own.min())} "
            f"to {percent(own.max())} of the windows."
        )

    def _said(self) -> list[str]:
        """Say what was left out, and what there is no figure of."""
        lines = []
        lacking = self.windows["lacking"]
        if (lacking != "").any():
            first = lacking[lacking != ""]
            lines.append(
                f"{len(first)} of {len(lacking)} windows lack a class, window "
                f"{first.index[0]} class {first.iloc[0]}: figures that need it are "
                f"missing."
            )
        if self.n_empty:
            lines.append(f"{self.n_empty:,} windows hold no row and were left out.")
        if self.n_back:
            lines.append(
                f"{self.n_back:,} rows came with a time before that of the row in "
                f"front of them: rows were sorted by time."
            )
        n_purged = self.past["n_rows"] - self.past["n_trained"]
        if n_purged:
            lines.append(f"{n_purged:,} rows of the past were purged.")
        return lines
