"""Which rows a training uses for what, and the fits that follow from it."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._models import temperature_of
from skmirai.cli._output import in_short
from skmirai.cli._training.parts import TRAIN, parts_of

if TYPE_CHECKING:
    from skmirai.cli._training.rows import TrainingRows

#: Parts that are kept from training, in the order in which rows are dealt out.
COMPARE, CALIBRATE, BUDGET = "compare", "calibrate", "budget"

#: What the rows of each part are for.
_FOR = {
    COMPARE: "to compare with other models",
    CALIBRATE: "to calibrate",
    BUDGET: "to keep the budget of false alarms",
}

#: Least rows to calibrate on. Of probabilities that need none, twenty rows gave
#: temperatures from 0.4 to 2 (nine in ten draws), ten rows from 0.005 to 3.
_LEAST = 20


@dataclass(frozen=True, eq=False)
class Plan:
    """Rows, and what each serves for.

    Attributes
    ----------
    rows : TrainingRows
        All of them.
    parts : dict of str to ndarray of int
        Numbers of the rows to "train", and to "compare", "calibrate" and "budget" where
        that is wanted. No row is in two of them.
    unit : str
        What is kept together: "blocks of neighbouring rows", "whole groups" or
        "single rows".
    regress : bool
        Whether the target is a number.
    budget : float or None
        Share of benign rows that may raise an alarm.
    benign : label or None
        The class that is no attack.
    random_state : int
        Seed.
    """

    rows: "TrainingRows"
    parts: dict[str, np.ndarray]
    unit: str
    regress: bool
    budget: float | None
    benign: Any
    random_state: int

    def of(self, part: str) -> tuple[Any, np.ndarray]:
        """Return features and targets of a part."""
        from skmirai.utils._sklearn import safe_indexing

        own = self.parts[part]
        return safe_indexing(self.rows.X, own), self.rows.y[own]

    def groups_of(self, part: str) -> np.ndarray | None:
        """Return the groups of a part."""
        groups = self.rows.groups
        return None if groups is None else groups[self.parts[part]]

    def lines(self) -> list[str]:
        """Say what the rows are used for."""
        lines = [f"{len(self.parts[TRAIN]):,} of {len(self.rows.y):,} rows to train"]
        if not self.regress:
            labels, counts = np.unique(self.rows.y, return_counts=True)
            each = zip(labels.tolist(), counts.tolist(), strict=True)
            told = ", ".join(f"{n:,} x {label}" for label, n in each)
            lines = [f"{len(self.rows.y):,} rows: {told}", lines[0]]
        kept = [
            f"{len(self.parts[part]):,} {what}"
            for part, what in _FOR.items()
            if part in self.parts
        ]
        if kept:
            lines.append(f"kept from training, in {self.unit}: {', '.join(kept)}")
        return lines

    def outcome(self, model: Any) -> list[str]:
        """Say what was learned on rows that are kept from training.

        Parameters
        ----------
        model : estimator
            What `fitted` has returned.
        """
        lines = []
        if BUDGET in self.parts:
            lines.append(
                f"budget {self.budget:g}: {model.calibration_false_alarm_rate_:.2%} of "
                f"the {model.n_calibration_:,} benign rows that count raise an alarm, "
                f"{model.calibration_coverage_:.2%} of all that were kept for it get "
                "an answer"
            )
            model = model.estimator_.estimator
        if CALIBRATE in self.parts:
            (calibrated,) = model.calibrated_classifiers_
            told = f"calibrated: temperature {temperature_of(calibrated):.3g}"
            lines.insert(0, told)
        return lines

    def fitted(self, estimator: Any) -> Any:
        """Train an estimator, calibrate it, and learn the threshold of its alarms.

        Parameters
        ----------
        estimator : estimator
            Is left as it is.

        Returns
        -------
        estimator
            Fitted; a calibrated or abstaining classifier around it where that is
            wanted. Each step learns from rows that those before it have not seen.
        """
        from sklearn.base import clone
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.frozen import FrozenEstimator

        X, y = self.of(TRAIN)
        model = clone(estimator).fit(X, y)
        if CALIBRATE in self.parts:
            X, y = self.of(CALIBRATE)
            every = np.arange(len(y))
            # folds tell nothing of a frozen model, and need five rows of each class
            calibrated = CalibratedClassifierCV(
                FrozenEstimator(model), method="temperature", cv=[(every, every)]
            )
            model = calibrated.fit(X, y).set_params(cv=None)
        if BUDGET in self.parts:
            model = self.within_budget(model, self.of(BUDGET)[0])
        return model

    def within_budget(self, model: Any, X: Any) -> Any:
        """Learn a threshold of the alarms of a fitted classifier, for the budget.

        Parameters
        ----------
        model : classifier
            Is left as it is. It was trained on other rows than those for the budget.
        X : DataFrame or ndarray of shape (n_rows, n_columns)
            Features of the rows for the budget, as the classifier takes them.

        Returns
        -------
        AbstainingClassifier
            Around the classifier. Thresholds of several rest on the same rows.
        """
        from sklearn.frozen import FrozenEstimator

        from skmirai.uncertainty import AbstainingClassifier

        return AbstainingClassifier(
            FrozenEstimator(model),
            max_false_alarm_rate=self.budget,
            benign_label=self.benign,
            random_state=self.random_state,
        ).fit(X, self.rows.y[self.parts[BUDGET]], groups=self.groups_of(BUDGET))

    def check_calibration(self) -> None:
        """Refuse a temperature of so few rows that it were chance.

        Raises
        ------
        ValueError
            If the rows to calibrate are fewer than twenty.
        """
        n_rows = len(self.parts.get(CALIBRATE, range(_LEAST)))
        if n_rows < _LEAST:
            raise ValueError(
                f"--calibrate takes {_LEAST} rows at least, and there are {n_rows} for "
                "it: give more rows, raise --calibrate-on, or leave it out"
            )

    def check_budget(self) -> None:
        """Refuse a budget that the rows kept for it cannot show, before any training.

        Raises
        ------
        ValueError
            If they are too few, or nobody knows the benign class.
        """
        from sklearn.dummy import DummyClassifier

        if BUDGET not in self.parts:
            return
        X, y = self.of(BUDGET)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.within_budget(DummyClassifier().fit(X, y), X)
            except ValueError as error:
                text = in_short(str(error))
                for name, option in (
                    ("calibration_fraction", "--budget-on"),
                    ("max_false_alarm_rate=", "--budget "),
                    ("in benign_label", "with --benign"),
                ):
                    text = text.replace(name, option)
                raise ValueError(text) from error


def plan_of(
    rows: "TrainingRows",
    shares: Mapping[str, float],
    *,
    regress: bool,
    blocks: bool,
    budget: float | None,
    benign: str | None,
    random_state: int,
) -> Plan:
    """Deal out rows.

    Parameters
    ----------
    rows : TrainingRows
        The rows.
    shares : mapping of str to float
        Parts that are kept from training, and the share of each.
    regress : bool
        Whether the target is a number.
    blocks : bool
        Whether neighbouring rows stay together; whole groups do where there are some.
    budget : float or None
        Share of benign rows that may raise an alarm.
    benign : str or None
        The class that is no attack, as text.
    random_state : int
        Seed.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If there is no such class, or rows are too few for a part or the budget.
    """
    if CALIBRATE in shares:
        rows = replace(rows, y=_for_temperature(rows.y))
    unit = "blocks of neighbouring rows" if blocks else "single rows"
    plan = Plan(
        rows,
        parts_of(
            rows,
            shares,
            of_classes=not regress,
            blocks=blocks,
            random_state=random_state,
        ),
        unit if rows.groups is None else "whole groups",
        regress,
        budget,
        None if regress else _class(rows.y, benign),
        random_state,
    )
    plan.check_calibration()
    plan.check_budget()
    return plan


def _for_temperature(y: np.ndarray) -> np.ndarray:
    """Labels that scikit-learn learns a temperature of: text, or numbers from 0 on.

    It takes whole numbers for columns of probabilities; others would be wrong without a
    word.
    """
    if y.dtype.kind in "USO":
        return y
    y = y.astype(np.int64) if y.dtype.kind == "f" else y
    counts_on = y.dtype.kind in "iu" and len(np.unique(y)) == y.max() + 1
    return y if counts_on and y.min() == 0 else y.astype(str)


def _class(y: np.ndarray, benign: str | None) -> Any:
    """Return the class that is called so; None if none is named."""
    if benign is None:
        return None
    classes = np.unique(y).tolist()
    named = [label for label in classes if str(label) == benign]
    if not named:
        raise ValueError(
            f"--benign {benign!r} is no class of the rows, which have "
            f"{', '.join(map(str, classes))}: name the one that is no attack"
        )
    return named[0]
