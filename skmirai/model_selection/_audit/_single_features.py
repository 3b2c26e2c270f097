"""Columns that alone are nearly perfect."""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._table import AuditedTable
from skmirai.model_selection._scores import balanced_share

#: Balanced accuracy of one column that is too good.
_TOO_GOOD = 0.98

#: Rows that a fold, and a leaf, must have.
_LEAST, _LEAF = 30, 5

#: Values of a column that are few.
_FEW = 64


def single_features(table: AuditedTable) -> Iterator[Finding]:
    """Find columns by which a small tree of its own tells the classes apart.

    The best ones come first.
    """
    codes = table.codes[table.sample]
    often = np.bincount(codes)[codes] >= 3
    codes = codes[often]
    if len(codes) < _LEAST or len(np.unique(codes)) < 2:
        return
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores: dict[int, float] = {}
    for column in table.every:
        if column in table.told:
            continue
        values = table.matrix[often, column]
        if _cannot(values, codes):
            continue
        few = len(np.unique(values)) <= _FEW  # each may have a leaf
        tree = DecisionTreeClassifier(
            max_leaf_nodes=None if few else 4 * len(table.classes),
            min_samples_leaf=_LEAF,
        )
        answers = cross_val_predict(tree, values[:, None], codes, cv=folds)
        score = balanced_share(codes, answers)
        if score >= _TOO_GOOD:
            scores[column] = score
    table.told.update(scores)
    for column, score in sorted(scores.items(), key=lambda found: -found[1]):
        name = table.names[column]
        yield Finding(
            "single feature",
            (name,),
            table.n_rows,
            f"a small tree on it alone has a balanced accuracy of {score:.3f} in "
            f"shuffled folds",
            "possible",
            "look at what it measures: if it is set up with the label, or known only "
            "after it, leave it out",
            {"drop_columns": [name]},
        )


def _cannot(values: np.ndarray, codes: np.ndarray) -> bool:
    """Tell whether so many values stand for several classes that none can be good."""
    found, of_value = np.unique(values, return_inverse=True)
    if not 1 < len(found) <= _FEW:
        return len(found) < 2
    counts = np.zeros((len(found), codes.max() + 1))
    np.add.at(counts, (of_value, codes), 1)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    return bool(shares.max(axis=1).sum() / (counts.sum(axis=0) > 0).sum() < _TOO_GOOD)
