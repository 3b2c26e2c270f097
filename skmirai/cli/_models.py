"""What a saved model is made of: steps that transform rows, and who judges them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline

from skmirai.preprocessing import ColumnDropper, TableEncoder
from skmirai.utils._wrapped import chain_of, inner_of, step_into


def loaded(path: Path) -> Any:
    """Load a model; what is odd about it is one line each on standard error."""
    from skmirai.cli._output import warnings_in_lines
    from skmirai.neural_network import load

    with warnings_in_lines():
        return load(path)


def temperature_of(calibrated: Any) -> float:
    """What a classifier calibrated by a temperature divides its logits by.

    Parameters
    ----------
    calibrated : object
        One of the ``calibrated_classifiers_`` of scikit-learn.
    """
    return 1 / float(calibrated.calibrators[0].beta_)


def split(model: Any) -> tuple[list[Any], Any]:
    """Return the transformers before the estimator, and the estimator.

    Parameters
    ----------
    model : estimator or Pipeline
        What a file held.

    Returns
    -------
    front : list of transformers
        Empty for an estimator alone.
    estimator : estimator
        The last step, also of a Pipeline in a Pipeline: of skmirai, or a calibrated or
        abstaining classifier around one, which may hold further Pipelines.
    """
    front = []
    while isinstance(model, Pipeline):
        if len(model.steps) > 1:
            front.append(model[:-1])
        model = model.steps[-1][1]
    return front, model


def unwrapped(model: Any) -> Any:
    """Return what a frozen, calibrated or abstaining classifier asks in the end."""
    while (inner := inner_of(model)) is not None:
        model = inner
    return model


def first_step(model: Any) -> Any:
    """Return what keeps and encodes columns within an estimator of skmirai, or None.

    Members of an ensemble do it alike: it is that of the first.
    """
    model = unwrapped(model)
    (model, *_) = getattr(model, "estimators_", [model])
    return model.pipeline_["drop"] if hasattr(model, "pipeline_") else None


def passes_of(model: Any, n_passes: int) -> dict[str, Any] | None:
    """Return what to ask the passes of a model with, None for none.

    Parameters
    ----------
    model : estimator
        Fitted: of skmirai, or around one.
    n_passes : int
        Passes that are wanted, of each member of an ensemble.
    """
    members = networks_of(model)
    specs = [member.pipeline_["dnn"].network_.spec for member in members]
    differ = any(any(spec.rates) or spec.n_members > 1 for spec in specs)
    if n_passes and differ:
        return {"n_passes": n_passes}
    return {"n_passes": None} if len(members) > 1 else None


def asked_in_the_end(model: Any, X: Any) -> tuple[Any, Any]:
    """Return the estimator of skmirai within a model, and rows as that one sees them.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Rows for the model.
    """
    while (inner := step_into(model, X)) is not None:
        model, X = inner
    return model, X


def networks_of(model: Any) -> list[Any]:
    """Return the networks that are asked: the members of an ensemble, or one."""
    *_, estimator = chain_of(model)
    return list(getattr(estimator, "estimators_", [estimator]))


def keeps_rows(model: Any) -> bool:
    """Tell whether a model has kept training rows to compare others with."""
    return all(hasattr(network, "novelty_") for network in networks_of(model))


def is_calibrated(model: Any) -> bool:
    """Tell whether probabilities are others than those of the network's passes."""
    return any(isinstance(part, CalibratedClassifierCV) for part in chain_of(model))


def fitted_columns(model: Any) -> tuple[list[str] | None, int]:
    """Return the columns that a model was fitted on.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.

    Returns
    -------
    names : list of str or None
        Their names, if they had any.
    n_columns : int
        Their number.

    Raises
    ------
    ValueError
        If the model does not say.
    """
    while isinstance(model := unwrapped(model), Pipeline):  # some know no columns
        steps = [step for _, step in model.steps if step != "passthrough"]
        model = steps[0]
    n_columns = getattr(model, "n_features_in_", None)
    if n_columns is None:
        raise ValueError(
            f"{type(model).__name__}, the first step of the model, does not know the "
            "columns that it was fitted on: put a transformer before it that does, "
            "such as ColumnDropper"
        )
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else list(names), n_columns


def text_columns(model: Any) -> set[int]:
    """Return the columns that hold text for a model, as far as its encoders tell.

    A piece of a file cannot tell: where all ports of a piece are digits, and those of
    another are names, pandas would read numbers here and text there, and an encoder
    would know none of the numbers.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.

    Returns
    -------
    set of int
        Their numbers among the columns that it was fitted on.
    """
    return {column for column, values, _ in _learned(model) if _is_text(values)}


def known_categories(model: Any) -> dict[int, set[str]]:
    """Return the categories of text that the encoders of a model know.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.

    Returns
    -------
    dict of int to set of str
        By the numbers of the columns among those that it was fitted on.
    """
    found: dict[int, set[str]] = {}
    for column, values, are_categories in _learned(model):
        if are_categories and _is_text(values):
            words = {value for value in values if isinstance(value, str)}
            found.setdefault(column, set()).update(words)
    return found


def used_columns(model: Any) -> list[int]:
    """Return the columns that are left behind the first steps, which drop some.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.

    Returns
    -------
    list of int
        Their numbers among the columns that it was fitted on.
    """
    _, n_columns = fitted_columns(model)
    columns = [*range(n_columns)]
    for step in _steps_of(model):
        if (drop := first_step(step)) is not None:
            step = drop
        if isinstance(step, ColumnDropper):
            columns, _ = _kept(step, columns, None)
        elif step != "passthrough":
            break
    return columns


def _steps_of(model: Any) -> Iterator[Any]:
    """Yield the steps that rows go through, whatever they are wrapped in."""
    model = unwrapped(model)
    if not isinstance(model, Pipeline):
        yield model
        return
    for _, step in model.steps:
        yield from _steps_of(step)


def _learned(model: Any) -> Iterator[tuple[int, Any, bool]]:
    """Yield columns, values of them that were learned, whether these are categories."""
    names, n_columns = fitted_columns(model)
    columns = [*range(n_columns)]
    yield from _values(model, columns, names)
    for encoder, own in _encoders(model, columns, names):
        for column, known in _categories(encoder, own):
            yield column, known, True


def columns_with_gaps(model: Any) -> set[int]:
    """Return the columns in which a dash stands for a missing value.

    Zeek writes so. A column of numbers can hold no dash otherwise; among categories it
    may be one of them, as it is in UNSW-NB15.

    Parameters
    ----------
    model : estimator or Pipeline
        Fitted.

    Returns
    -------
    set of int
        Their numbers among the columns that it was fitted on.
    """
    names, n_columns = fitted_columns(model)
    found: set[int] = set()
    for encoder, own in _encoders(model, [*range(n_columns)], names):
        known = dict(_categories(encoder, own))
        found |= {column for column in own if "-" not in known.get(column, ())}
    return found


def _encoders(
    step: Any, columns: list[int], names: Any
) -> Iterator[tuple[TableEncoder, list[int]]]:
    """Yield encoders that get columns as they are in the table, and these columns."""
    step = unwrapped(step)
    if isinstance(step, Pipeline):
        for _, inner in step.steps:
            yield from _encoders(inner, columns, names)
            if isinstance(inner, ColumnDropper):
                columns, names = _kept(inner, columns, names)
            elif inner != "passthrough":
                break
    elif isinstance(step, ColumnTransformer):
        for _, inner, chosen in step.transformers_:
            own = [columns[i] for i in _positions(chosen, len(columns), names)]
            yield from _encoders(inner, own, None)
    elif isinstance(step, TableEncoder):
        yield step, columns
    elif (drop := first_step(step)) is not None and drop.encoder_ is not None:
        yield drop.encoder_, [columns[i] for i in drop.kept_indices_]


def _kept(
    dropper: ColumnDropper, columns: list[int], names: Any
) -> tuple[list[int], Any]:
    """Columns, and their names if they have some, that a dropper leaves."""
    kept = dropper.kept_indices_
    return [columns[i] for i in kept], names and [names[i] for i in kept]


def _categories(
    encoder: TableEncoder, columns: list[int]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield the categorical ones of the columns of an encoder, and their categories."""
    for position, known in encoder.known_categories():
        yield columns[position], list(known)


def _values(
    step: Any, columns: list[int], names: Any
) -> Iterator[tuple[int, Any, bool]]:
    """Yield what scikit-learn's steps have learned of the columns that they get."""
    step = unwrapped(step)
    if isinstance(step, Pipeline):
        for _, inner in step.steps:
            yield from _values(inner, columns, names)
            if isinstance(inner, ColumnDropper):
                columns, names = _kept(inner, columns, names)
                continue
            if not _keeps_columns(inner, len(columns)):
                break
            names = None  # an imputer returns an array
    elif isinstance(step, ColumnTransformer):
        for _, inner, chosen in step.transformers_:
            own = [columns[i] for i in _positions(chosen, len(columns), names)]
            yield from _values(inner, own, None)
    elif isinstance(step, FeatureUnion):
        for _, inner in step.transformer_list:
            yield from _values(inner, columns, names)
    else:
        known = getattr(step, "categories_", None)
        are_categories = known is not None
        if known is None and isinstance(step, SimpleImputer):
            known = [[value] for value in step.statistics_]
        if isinstance(known, list) and len(known) == len(columns):
            for column, values in zip(columns, known, strict=True):
                yield column, values, are_categories


def _keeps_columns(step: Any, n_columns: int) -> bool:
    if not isinstance(step, SimpleImputer):
        return step == "passthrough"
    whole = n_columns == len(step.statistics_)
    return whole and not step.add_indicator


def _positions(chosen: Any, n_columns: int, names: Any) -> list[int]:
    """Positions that a ColumnTransformer's specification of columns stands for."""
    place = {} if names is None else {name: i for i, name in enumerate(names)}
    if isinstance(chosen, str | int):
        chosen = [chosen]
    if isinstance(chosen, slice) and isinstance(chosen.start or chosen.stop, str):
        stop = place.get(chosen.stop, n_columns - 1) + 1
        chosen = slice(place.get(chosen.start), stop)
    elif not isinstance(chosen, slice) and any(isinstance(c, str) for c in chosen):
        chosen = [place[name] for name in chosen]
    positions: Any = np.arange(n_columns)
    found: list[int] = positions[chosen].tolist()
    return found


def _is_text(values: Any) -> bool:
    present = [v for v in values if v is not None and v == v]
    return bool(present) and all(isinstance(v, str) for v in present)
