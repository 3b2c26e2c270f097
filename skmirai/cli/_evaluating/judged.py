"""Verdicts of a saved model on sources, beside the labels of their rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._evaluating.inputs import NumberPart, Part
from skmirai.cli._evaluating.report import (
    Evaluation,
    evaluation_of,
    evaluation_of_numbers,
)
from skmirai.cli._evaluating.rows import (
    LabelledRows,
    places_of,
    rows_beside,
    rows_with_labels,
)
from skmirai.cli._evaluating.verdicts import LabelledVerdicts, texts_of
from skmirai.cli._history import UNKNOWN
from skmirai.cli._judged import Settings
from skmirai.cli._labelled import LabelTable, named
from skmirai.cli._models import split
from skmirai.utils._words import NO_KIND

if TYPE_CHECKING:
    import pandas as pd

#: Measures of doubt among the columns of verdicts.
_DOUBTS = ("predictive_entropy", "mutual_information", "novelty")


def evaluated(
    model: Path,
    estimator: Any,
    sources: Sequence[Path],
    settings: Settings,
    *,
    tables: Sequence[LabelTable],
    roles: Mapping[str, str | None],
    benign: str | None,
    quiet: bool,
) -> Evaluation:
    """Give verdicts on sources as `skmirai predict` does, and measure them.

    Parameters
    ----------
    model : Path
        Where the model was.
    estimator : estimator or Pipeline
        The model.
    sources : sequence of Path
        Captures and tables; each is judged as if it were alone.
    settings : Settings
        How verdicts are given.
    tables : sequence of LabelTable
        The labels of each source; of none at all they are a column.
    roles : mapping of str to str or None
        Names of the columns "target", "kind" and "groups" of the sources, where there
        are no `tables`. The same group in several sources is one group.
    benign : str or None
        The class of rows that are no attack, None to find it by its name.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If labels do not fit the rows or the model, or a column is missing. All that
        `tables` tell of it is said before a source is read.
    OSError
        If there is no such file.
    """
    _, last = split(estimator)
    classes = getattr(last, "classes_", None)
    if classes is not None:
        classes = np.asarray(classes)
        benign = _benign(last, [str(label) for label in classes], benign)
    if tables:
        own = [(table.path, table.found["target"]) for table in tables]
        check_labels(own, classes, model)
        parts = [
            rows_beside(estimator, source, settings, table, quiet=quiet)
            for source, table in zip(sources, tables, strict=True)
        ]
    else:
        places = [places_of(source, settings, roles) for source in sources]
        parts = [
            rows_with_labels(estimator, source, settings, found, roles, quiet=quiet)
            for source, found in zip(sources, places, strict=True)
        ]
        own = [(rows.where, rows.known["target"]) for rows in parts]
        check_labels(own, classes, model)
    groups = _groups(parts)
    if classes is None:
        numbers = [
            _numbers(rows, model, own) for rows, own in zip(parts, groups, strict=True)
        ]
        return evaluation_of_numbers(numbers, model=str(model))
    verdicts = [
        _verdicts(rows, classes, benign, own)
        for rows, own in zip(parts, groups, strict=True)
    ]
    if all((each.said == UNKNOWN).all() for each in verdicts):
        raise ValueError(
            f"{named(sources)}: no source has sent enough packets for a verdict; "
            "--min-history 0 takes all of them"
        )
    return evaluation_of(
        [
            _with_history(str(rows.source), each)
            for rows, each in zip(parts, verdicts, strict=True)
        ],
        model=str(model),
    )


def check_labels(
    given: "Sequence[tuple[Path, pd.Series]]",
    classes: np.ndarray | None,
    model: Path,
) -> None:
    """Raise an error unless a model can be right about some of the labels.

    Parameters
    ----------
    given : sequence of (Path, Series)
        Files, and their columns of labels.
    classes : ndarray of shape (n_classes,) or None
        Those of the model; None if it predicts numbers.
    model : Path
        Where the model was.

    Raises
    ------
    ValueError
        If they are no numbers where the model predicts some, or none of its classes.
    """
    if classes is None:
        for path, column in given:
            _check_numbers(path, column, model)
        return
    truths = [texts_of(column, classes) for _, column in given]
    names = [str(label) for label in classes]
    if not any(np.isin(truth, names).any() for truth in truths):
        some = ", ".join(np.unique(truths[0])[:5])
        raise ValueError(
            f"{named([path for path, _ in given])} holds none of the classes "
            f"{', '.join(names)} of the model, but {some}: name the column of its "
            "labels with --target"
        )


def _check_numbers(path: Path, column: "pd.Series", model: Path) -> None:
    try:
        y = column.to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: column {column.name!r} holds no numbers ({error}), which "
            f"{model} predicts: name their column with --target"
        ) from error
    if not np.isfinite(y).all():
        row = int(np.isfinite(y).argmin())
        raise ValueError(
            f"{path}: column {column.name!r} holds {y[row]} in row {row} (from 0): "
            "leave out rows without a finite number"
        )


def _groups(parts: Sequence[LabelledRows]) -> list[np.ndarray] | list[None]:
    """Numbers of the groups of the rows of each source, where some are named."""
    import pandas as pd

    if "groups" not in parts[0].known:
        return [None] * len(parts)
    columns = [rows.known["groups"] for rows in parts]
    if len({column.dtype for column in columns}) > 1:
        # a file in which all names are digits holds numbers
        columns = [column.astype(str) for column in columns]
    numbers = pd.concat(columns, ignore_index=True).factorize()[0]
    return np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])


def _verdicts(
    rows: LabelledRows,
    classes: np.ndarray,
    benign: str | None,
    groups: np.ndarray | None,
) -> LabelledVerdicts:
    """Labels of rows as the classes are spelled, and what is said of them."""
    found, names = rows.found, [str(label) for label in classes]
    return LabelledVerdicts(
        names,
        texts_of(rows.known["target"], classes),
        found["verdict"].astype(str).to_numpy(dtype=object).astype(str),
        _proba(found, names),
        benign,
        {name: found[name].to_numpy() for name in _DOUBTS if name in found},
        _kinds(rows.known["kind"]) if "kind" in rows.known else None,
        groups,
    )


def _with_history(data: str, verdicts: LabelledVerdicts) -> Part:
    """Leave out the rows that have no verdict, and count them."""
    without = verdicts.said == UNKNOWN
    left, n_left = np.unique(verdicts.truth[without], return_counts=True)
    return Part(
        data,
        verdicts.part(np.flatnonzero(~without)),
        dict(zip(left.tolist(), n_left.tolist(), strict=True)),
    )


def _proba(found: "pd.DataFrame", names: list[str]) -> np.ndarray:
    if "probability" in found:
        second = found["probability"].to_numpy(np.float64)
        return np.column_stack([1 - second, second])
    return found[[f"probability_{name}" for name in names]].to_numpy(np.float64)


def _kinds(column: "pd.Series") -> np.ndarray:
    """What rows are about, as text."""
    named: pd.Series[Any] = column.astype(object)
    return named.where(column.notna(), NO_KIND).astype(str).to_numpy(object)


def _benign(estimator: Any, names: list[str], given: str | None) -> str | None:
    """Name of the benign class; None if nobody knows it."""
    from skmirai.utils._benign import benign_class

    own = getattr(estimator, "benign_label_", None)
    if given is None and own is not None:
        return str(own)
    if given is not None and given not in names:
        raise ValueError(
            f"--benign {given!r} is no class of the model, which has "
            f"{', '.join(names)}: name the class of the rows that are no attack"
        )
    found = benign_class(np.array(names), given)
    return None if found is None else str(found)


def _numbers(rows: LabelledRows, model: Path, groups: np.ndarray | None) -> NumberPart:
    """Numbers that a model predicts, beside those that are right."""
    found, y = rows.found, rows.known["target"].to_numpy(np.float64)
    if "prediction" not in found:
        raise ValueError(
            f"{model} predicts several numbers for each row, and one can be evaluated"
        )
    std = found["std"].to_numpy(np.float64) if "std" in found else None
    predicted = found["prediction"].to_numpy(np.float64)
    return NumberPart(str(rows.source), y, predicted, std, groups)
