"""LabelledVerdicts of a saved model on a source, beside the labels of its rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._evaluating.figures import number_figures
from skmirai.cli._evaluating.report import Evaluation, evaluation_of
from skmirai.cli._evaluating.verdicts import LabelledVerdicts, texts_of
from skmirai.cli._history import UNKNOWN
from skmirai.cli._judged import Judged, Settings
from skmirai.cli._labelled import LABEL, beside
from skmirai.cli._models import split
from skmirai.cli._sources import kind_of
from skmirai.cli._tables import place_of

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._sources import Piece

#: Name of the rows whose kind is missing.
NO_KIND = "no kind"

#: Measures of doubt among the columns of verdicts.
_DOUBTS = ("predictive_entropy", "mutual_information", "novelty")


def evaluated(
    model: Path,
    estimator: Any,
    data: Path,
    settings: Settings,
    *,
    labels: Path | None,
    roles: Mapping[str, str | None],
    benign: str | None,
    quiet: bool,
) -> Evaluation:
    """Give verdicts on a source as `skmirai predict` does, and measure them.

    Parameters
    ----------
    model : Path
        Where the model was.
    estimator : estimator or Pipeline
        The model.
    data : Path
        A capture or a table.
    settings : Settings
        How verdicts are given.
    labels : Path or None
        A table of labels; None takes a column of the source.
    roles : mapping of str to str or None
        Names of the columns "target", "kind" and "groups".
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
        If labels do not fit the rows or the model, or a column is missing.
    """
    found, known = _judged(estimator, data, settings, labels, roles, quiet)
    groups = known.get("groups")
    group_of = None if groups is None else groups.factorize()[0]
    _, last = split(estimator)
    target = known["target"]
    if target.isna().any():
        raise ValueError(
            f"{labels or data}: column {target.name!r} holds no value in "
            f"{target.isna().sum()} rows, row {int(target.isna().to_numpy().argmax())} "
            "(from 0) for one: fill them in or leave them out"
        )
    if getattr(last, "classes_", None) is None:
        return _of_numbers(found, target, str(labels or data), model, data, group_of)
    classes = np.asarray(last.classes_)
    names = [str(label) for label in classes]
    verdicts = LabelledVerdicts(
        names,
        texts_of(target, classes),
        found["verdict"].astype(str).to_numpy(dtype=object).astype(str),
        _proba(found, names),
        _benign(last, names, benign),
        {name: found[name].to_numpy() for name in _DOUBTS if name in found},
        _kinds(known["kind"]) if "kind" in known else None,
        group_of,
    )
    if not np.isin(verdicts.truth, names).any():
        some = ", ".join(np.unique(verdicts.truth)[:5])
        raise ValueError(
            f"{labels or data} holds none of the classes {', '.join(names)} of the "
            f"model, but {some}: name the column of its labels with --target"
        )
    without = verdicts.said == UNKNOWN
    if without.all():
        raise ValueError(
            f"{data}: no source has sent enough packets for a verdict; --min-history 0 "
            "takes all of them"
        )
    left, n_left = np.unique(verdicts.truth[without], return_counts=True)
    return evaluation_of(
        verdicts.part(np.flatnonzero(~without)),
        model=str(model),
        data=str(data),
        left_out=dict(zip(left.tolist(), n_left.tolist(), strict=True)),
    )


def _judged(
    estimator: Any,
    data: Path,
    settings: Settings,
    labels: Path | None,
    roles: Mapping[str, str | None],
    quiet: bool,
) -> tuple["pd.DataFrame", "dict[str, pd.Series]"]:
    """LabelledVerdicts on all rows, and what is known of these."""
    import pandas as pd

    from skmirai.cli._progress import shown
    from skmirai.utils._threads import single_threaded_products

    wanted = {role: name for role, name in roles.items() if name}
    kind = kind_of(data)
    apart: dict[str, int] = {}
    if labels is None:
        with settings.opened(data, kind) as rows:
            names, n_columns = rows.names, rows.n_columns
        apart = {
            role: place_of(names, n_columns, name, data)
            for role, name in wanted.items()
        }
        # a kind without a name keeps its place, which the model may know of
        left = [wanted[r] for r in apart if names is not None or r != "kind"]
        settings = replace(settings, drop=(*settings.drop, *left))
    kept: list[pd.DataFrame] = []
    with settings.opened(data, kind) as rows:
        judged = Judged(estimator, rows, settings)
        if labels is None:
            rows.text = [*rows.text, *apart.values()]  # type: ignore[union-attr]
        pieces = _keeping(shown(rows, rows, quiet=quiet), [*apart.values()], kept)
        with single_threaded_products():
            found = pd.concat([*judged.tables(pieces)], ignore_index=True)
    if labels is None:
        table = pd.concat(kept, ignore_index=True)
        return found, {
            role: table.iloc[:, place].rename(wanted[role])
            for place, role in enumerate(apart)
        }
    wanted.setdefault("target", LABEL)
    times = found["time"].to_numpy() if "time" in found else None
    return found, beside(labels, wanted, str(data), len(found), times, with_kind=True)


def _keeping(
    pieces: "Iterable[Piece]", places: list[int], kept: "list[pd.DataFrame]"
) -> "Iterator[Piece]":
    """Hand pieces on, and keep some of their columns."""
    import pandas as pd

    for piece in pieces:
        if places:
            kept.append(pd.DataFrame(piece.features).iloc[:, places].copy())
        yield piece


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


def _of_numbers(
    found: "pd.DataFrame",
    target: "pd.Series",
    where: str,
    model: Path,
    data: Path,
    groups: np.ndarray | None,
) -> Evaluation:
    if "prediction" not in found:
        raise ValueError(
            f"{model} predicts several numbers for each row, and one can be evaluated"
        )
    try:
        y = target.to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{where}: column {target.name!r} holds no numbers ({error}), which "
            f"{model} predicts: name their column with --target"
        ) from error
    if not np.isfinite(y).all():
        row = int(np.isfinite(y).argmin())
        raise ValueError(
            f"{where}: column {target.name!r} holds {y[row]} in row {row} (from 0): "
            "leave out rows without a finite number"
        )
    std = found["std"].to_numpy(np.float64) if "std" in found else None
    figures = number_figures(y, found["prediction"].to_numpy(np.float64), std, groups)
    return Evaluation(str(model), str(data), len(y), {}, None, {"figures": figures})
