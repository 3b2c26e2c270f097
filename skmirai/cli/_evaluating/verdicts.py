"""Verdicts of a classifier beside the labels of the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skmirai.utils._words import NO_KIND

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LabelledVerdicts:
    """Labels, and what a classifier says about the same rows.

    Attributes
    ----------
    classes : list of str
        Those that the classifier knows.
    truth : ndarray of str, shape (n_rows,)
        Labels; some may be none of the classes.
    said : ndarray of str, shape (n_rows,)
        Verdicts: classes, or something else for rows without an answer.
    proba : ndarray of shape (n_rows, n_classes) or None
        Probabilities of the classes.
    benign : str or None
        The class of rows that are no attack.
    doubts : dict of str to ndarray of shape (n_rows,)
        Measures of uncertainty, large where a verdict is in doubt.
    kinds, groups : ndarray of shape (n_rows,) or None
        What the rows are about, and which of them belong together.
    """

    classes: list[str]
    truth: np.ndarray
    said: np.ndarray
    proba: np.ndarray | None
    benign: str | None
    doubts: dict[str, np.ndarray]
    kinds: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def right(self) -> np.ndarray:
        """Whether each row gets its label."""
        return self.truth == self.said

    @property
    def answered(self) -> np.ndarray:
        """Whether each row gets an answer."""
        return np.isin(self.said, self.classes)

    @property
    def alarm(self) -> np.ndarray:
        """Whether each row gets the label of an attack."""
        return self.answered & (self.said != self.benign)

    @property
    def codes(self) -> np.ndarray:
        """Number of the class of each label, -1 for a label that is none."""
        place = {name: code for code, name in enumerate(self.classes)}
        return np.array([place.get(label, -1) for label in self.truth])

    def part(self, rows: np.ndarray) -> "LabelledVerdicts":
        """Those of some rows."""
        return LabelledVerdicts(
            self.classes,
            self.truth[rows],
            self.said[rows],
            None if self.proba is None else self.proba[rows],
            self.benign,
            {name: values[rows] for name, values in self.doubts.items()},
            None if self.kinds is None else self.kinds[rows],
            None if self.groups is None else self.groups[rows],
        )


def joined(parts: Sequence[LabelledVerdicts]) -> LabelledVerdicts:
    """Verdicts of one classifier on several sources, one below the other.

    Parameters
    ----------
    parts : sequence of LabelledVerdicts
        At least one. Rows of a part without kinds are of "no kind" where another one
        has some; groups are those of all parts, or none.

    Returns
    -------
    LabelledVerdicts
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    kinds, groups = None, None
    if any(part.kinds is not None for part in parts):
        kinds = np.concatenate(
            [
                np.full(len(part.truth), NO_KIND) if part.kinds is None else part.kinds
                for part in parts
            ]
        )
    if first.groups is not None:
        groups = np.concatenate([part.groups for part in parts])
    return LabelledVerdicts(
        first.classes,
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.said for part in parts]),
        None if first.proba is None else np.concatenate([p.proba for p in parts]),
        first.benign,
        {
            name: np.concatenate([part.doubts[name] for part in parts])
            for name in first.doubts
        },
        kinds,
        groups,
    )


def texts_of(labels: "pd.Series", classes: np.ndarray) -> np.ndarray:
    """Labels as text, spelled as the classes are.

    Parameters
    ----------
    labels : Series of shape (n_rows,)
        As a table has them: a class 1 may be written 1.0 there.
    classes : ndarray of shape (n_classes,)
        Classes of a model, numbers or text.

    Returns
    -------
    ndarray of str, shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmirai.cli._evaluating.verdicts import texts_of
    >>> texts_of(pd.Series(["1.0", " 2"]), np.array([0, 1])).tolist()
    ['1', '2']
    >>> texts_of(pd.Series([1.0, -1.0]), np.array(["-1", "1"])).tolist()
    ['1', '-1']
    """
    import pandas as pd

    if pd.api.types.is_float_dtype(labels) and classes.dtype.kind not in "iuf":
        # classes of text that were whole numbers, as --calibrate makes them
        whole = labels.map(lambda label: f"{label:.0f}" if label % 1 == 0 else None)
        labels = labels.astype(object).mask(whole.isin(classes), whole)
    texts = labels.astype(str).str.strip()
    if classes.dtype.kind in "iuf":
        numbers = pd.to_numeric(texts, errors="coerce")
        for label in classes:
            texts = texts.mask(numbers == label, str(label))
    return texts.to_numpy(dtype=object).astype(str)
