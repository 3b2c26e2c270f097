"""A search as the options of the command have it: what, on which folds, and where."""

import ast
import warnings
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from skmirai.cli._output import in_short, warnings_in_lines

if TYPE_CHECKING:
    from skmirai.cli._training.rows import TrainingRows
    from skmirai.model_selection import MiraiSearchCV

#: Kinds of folds.
SHUFFLED, GROUPED, BLOCKED = "shuffled", "grouped", "blocked"


def estimator_of(
    rows: "TrainingRows", *, regress: bool, fixed: Collection[str], **params: Any
) -> Any:
    """Return an estimator, not fitted.

    Parameters
    ----------
    rows : TrainingRows
        Its parameters are the estimator's.
    regress : bool
        Whether it predicts numbers.
    fixed : collection of str
        Further parameters, "NAME=VALUE".
    **params : dict of str to object
        Further parameters, which those before them replace.

    Returns
    -------
    MiraiDNNClassifier or MiraiDNNRegressor

    Raises
    ------
    ValueError
        If a parameter is unknown.
    """
    from skmirai.neural_network import MiraiDNNClassifier, MiraiDNNRegressor

    kind = MiraiDNNRegressor if regress else MiraiDNNClassifier
    estimator, settings = kind(**rows.params | params), _settings_of(fixed)
    unknown = sorted({*settings} - {*estimator.get_params()})
    if unknown:
        known = ", ".join(estimator.get_params())
        raise ValueError(f"--set {unknown[0]}: parameters are {known}")
    return estimator.set_params(**settings)


def estimator_and_space(
    rows: "TrainingRows",
    *,
    regress: bool,
    fixed: Collection[str],
    scalers: list[str],
    **params: Any,
) -> tuple[Any, dict[str, Any]]:
    """Return an estimator, and what its parameters are chosen from.

    Parameters
    ----------
    rows, regress, **params
        As `estimator_of` has them.
    fixed : collection of str
        Further parameters, "NAME=VALUE", which are not searched for.
    scalers : list of str
        Scalers to choose from; empty for those of the default space.

    Returns
    -------
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
        It is not fitted.
    space : dict of str to object
        As `MiraiSearchCV` takes it.

    Raises
    ------
    ValueError
        If a scaler or a parameter is unknown.
    ImportError
        If Optuna is not installed.
    """
    from skmirai.model_selection import search_distributions
    from skmirai.preprocessing import scaler_names

    for name in scalers:
        if name not in scaler_names():
            known = ", ".join(scaler_names())
            raise ValueError(f"--scaler {name!r} must be one of {known}")
    if len(scalers) == 1:
        params["scaler"] = scalers[0]
    estimator = estimator_of(rows, regress=regress, fixed=fixed, **params)
    space: dict[str, Any] = dict(search_distributions())
    if len(scalers) > 1:
        space["scaler"] = scalers
    taken = {*_settings_of(fixed), *(["scaler"] if len(scalers) == 1 else [])}
    return estimator, {name: what for name, what in space.items() if name not in taken}


def _settings_of(fixed: Iterable[str]) -> dict[str, Any]:
    """Read parameters, "NAME=VALUE"."""
    return dict(map(_setting, fixed))


def _setting(text: str) -> tuple[str, Any]:
    """Read a parameter and its value: a literal of Python, or else a word."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set {text!r} must be NAME=VALUE, such as n_members=8")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def folds_of(kind: str, n_folds: int, random_state: int, *, regress: bool) -> Any:
    """Return a splitter of scikit-learn or skmirai.

    Parameters
    ----------
    kind : {"shuffled", "grouped", "blocked"}
        Which rows a fold takes.
    n_folds : int
        Number of folds.
    random_state : int
        Seed of the shuffling.
    regress : bool
        Whether there are no classes, of which each fold has its share.
    """
    from sklearn import model_selection

    from skmirai.model_selection import BlockedStratifiedKFold

    if kind == BLOCKED:
        if regress:
            return model_selection.KFold(n_folds)
        return BlockedStratifiedKFold(n_folds)
    if kind == GROUPED:
        splitter = (
            model_selection.GroupKFold
            if regress
            else model_selection.StratifiedGroupKFold
        )
    else:
        splitter = model_selection.KFold if regress else model_selection.StratifiedKFold
    return splitter(n_folds, shuffle=True, random_state=random_state)


def check_score(name: str) -> str:
    """Return the name of a score of scikit-learn, or raise an error if it is none."""
    from difflib import get_close_matches

    from sklearn.metrics import get_scorer_names

    if name not in get_scorer_names():
        near = get_close_matches(name, get_scorer_names(), cutoff=0)
        raise ValueError(
            f"--scoring {name!r} is no score of scikit-learn, such as {', '.join(near)}"
        )
    return name


def searched(search: "MiraiSearchCV", rows: "TrainingRows") -> bool:
    """Run a search, with errors in the words of the command.

    Parameters
    ----------
    search : MiraiSearchCV
        Is fitted, without a model in the end.
    rows : TrainingRows
        What it learns from.

    Returns
    -------
    bool
        Whether Ctrl-C has ended it.

    Raises
    ------
    ValueError
        If it is not the search of the study, or all fits fail.
    ConnectionError
        If the storage is lost on the way.
    KeyboardInterrupt
        If it is interrupted before a trial has come to its end.
    """
    from sklearn.exceptions import ConvergenceWarning

    groups = {} if rows.groups is None else {"groups": rows.groups}
    try:
        with warnings_in_lines():
            # a trial that trains badly has a bad score
            warnings.simplefilter("ignore", ConvergenceWarning)
            search.fit(rows.X, rows.y, **groups)
    except ValueError as error:
        raise ValueError(
            in_short(str(error)).replace("study_name", "--study")
        ) from error
    except Exception as error:
        if isinstance(error, OSError) or not _is_of_storage(error):
            raise
        raise ConnectionError(
            "the storage was lost: see to it, and give the same command again, which "
            "goes on"
        ) from error
    return search.interrupted_


def _is_of_storage(error: BaseException) -> bool:
    """Tell whether a storage failed, also where Optuna stumbles over that."""
    import optuna
    import sqlalchemy

    kinds = (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError)
    while not isinstance(error, kinds):
        if error.__context__ is None:
            return False
        error = error.__context__
    return True
