"""The named scalers: from a ``scaler`` parameter to a fresh transformer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer

from skmirai.preprocessing._auto import AutoScaler
from skmirai.preprocessing._piecewise_linear import PiecewiseLinearEncoder
from skmirai.preprocessing._quantile_normal import QuantileNormalScaler
from skmirai.preprocessing._quiet import QuietQuantileTransformer, QuietStandardScaler
from skmirai.preprocessing._robust_clip import RobustClipScaler
from skmirai.preprocessing._signed_log import SignedLogScaler
from skmirai.utils._docstrings import filled, listed


@dataclass(frozen=True)
class NamedScaler:
    """What a name for the parameter ``scaler`` stands for.

    Parameters
    ----------
    cls : type
        Class of the transformer. Its ``random_state``, if it has one, is seeded by
        the estimator.
    summary : str
        What it does to a column, in a few words for docstrings.
    params : dict of str to object, default={}
        Its parameters, where they differ from the defaults of the class.
    bounded : bool, default=False
        Whether scaled values stay within limits that do not depend on the data,
        however far out a row lies. Errors about extreme values recommend these.
    """

    cls: type[Any]
    summary: str
    params: Mapping[str, Any] = field(default_factory=dict)
    bounded: bool = False

    @property
    def in_parts(self) -> bool:
        """Whether it learns from rows that come in parts, by ``partial_fit``."""
        return hasattr(self.cls, "partial_fit")

    def make(self, random_state: Any = None) -> Any:
        """Return a fresh, unfitted transformer."""
        scaler = self.cls(**self.params)
        if "random_state" in scaler.get_params(deep=False):
            scaler.set_params(random_state=random_state)
        return scaler


#: What each name for the parameter ``scaler`` stands for. Docstrings, error messages,
#: the search spaces and what ``save`` accepts follow from it: a scaler is one entry
#: here, and its class in a file of this package.
SCALERS: Mapping[str, NamedScaler] = MappingProxyType(
    {
        "standard": NamedScaler(QuietStandardScaler, "mean 0, standard deviation 1"),
        "quantile": NamedScaler(
            QuantileNormalScaler,
            "ranks mapped to a normal distribution, ties to the middle of theirs, then "
            "standard, for heavy tails",
            bounded=True,
        ),
        "robust_clip": NamedScaler(
            RobustClipScaler,
            "median, interquartile range, smooth clip, for heavy tails",
            bounded=True,
        ),
        "signed_log": NamedScaler(
            SignedLogScaler, "logarithm, then standard, for heavy tails"
        ),
        "piecewise_linear": NamedScaler(
            PiecewiseLinearEncoder,
            "what robust_clip gives, and up to 32 columns more: how far the value has "
            "come in each bin between quantiles",
            bounded=True,
        ),
        "auto": NamedScaler(
            AutoScaler,
            "standard where most columns have a twin, as statistics of streams have; "
            "else piecewise_linear. With eight members, see n_members",
        ),
    }
)

#: Classes that names stood for before: files and pickles of then hold them.
FORMER_SCALERS: tuple[type[Any], ...] = (QuietQuantileTransformer,)


@filled(scalers=listed({name: kind.summary for name, kind in SCALERS.items()}))
def make_scaler(scaler: Any, *, random_state: Any = None) -> Any:
    """Return a fresh, unfitted transformer for a ``scaler`` parameter.

    Parameters
    ----------
    scaler : str, transformer instance or None
        {scalers}
        - a transformer instance: a clone of it, with its own parameters;
        - None: the identity, which keeps the names of the columns.
    random_state : int, RandomState instance or None, default=None
        Passed to named scalers that draw, such as "quantile" where there are more than
        200,000 rows; without effect on the others.

    Returns
    -------
    transformer : transformer
        Unfitted, and sharing no state with ``scaler``.

    Raises
    ------
    ValueError
        If ``scaler`` is a str that names no scaler.
    TypeError
        If ``scaler`` is a class, or no transformer.

    Notes
    -----
    "standard" is scikit-learn's ``StandardScaler``, without its warning on constant
    columns with sample weights.

    Examples
    --------
    >>> from skmirai.preprocessing import make_scaler
    >>> make_scaler("signed_log")
    SignedLogScaler()
    >>> make_scaler("standart")
    Traceback (most recent call last):
        ...
    ValueError: scaler='standart' must be one of 'auto', 'piecewise_linear', 'quantile',
    'robust_clip', 'signed_log', 'standard', a transformer instance, or None; did you
    mean 'standard'?
    """
    if scaler is None:
        return FunctionTransformer(feature_names_out="one-to-one")
    if isinstance(scaler, str):
        if scaler in SCALERS:
            return SCALERS[scaler].make(random_state)
        close = get_close_matches(scaler, SCALERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{_expected(scaler)}{hint}")
    if isinstance(scaler, type):
        raise TypeError(
            f"{_expected(scaler)}; this is a class: pass {scaler.__name__}()"
        )
    missing = [m for m in ("fit", "transform", "get_params") if not hasattr(scaler, m)]
    if missing:
        raise TypeError(f"{_expected(scaler)}; this has no {' and no '.join(missing)}")
    return clone(scaler)


def scaler_names(*, bounded: bool = False, in_parts: bool = False) -> tuple[str, ...]:
    """Return the names that the parameter ``scaler`` takes, all or some of them.

    Parameters
    ----------
    bounded : bool, default=False
        Only those whose scaled values stay within limits, whatever the data.
    in_parts : bool, default=False
        Only those that learn from rows in parts, by ``partial_fit``.

    Returns
    -------
    tuple of str
        Names of ``SCALERS``, in its order.

    Examples
    --------
    >>> from skmirai.preprocessing import scaler_names
    >>> scaler_names()
    ('standard', 'quantile', 'robust_clip', 'signed_log', 'piecewise_linear', 'auto')
    >>> scaler_names(bounded=True)
    ('quantile', 'robust_clip', 'piecewise_linear')
    """
    return tuple(
        name
        for name, kind in SCALERS.items()
        if kind.bounded >= bounded and kind.in_parts >= in_parts
    )


def scaler_value(transformer: Any) -> Any:
    """Return the value of a ``scaler`` parameter that gives such a transformer.

    Parameters
    ----------
    transformer : transformer
        What :func:`make_scaler` returned, fitted or not.

    Returns
    -------
    scaler : str, transformer or None
        A name, or None, where there is one for its class.

    Examples
    --------
    >>> from skmirai.preprocessing import make_scaler, scaler_value
    >>> scaler_value(make_scaler("quantile", random_state=3))
    'quantile'
    """
    for name, kind in SCALERS.items():
        if type(transformer) is kind.cls:
            params = transformer.get_params(deep=False)
            if all(params[key] == value for key, value in kind.params.items()):
                return name
    identity = isinstance(transformer, FunctionTransformer) and not transformer.func
    return None if identity else transformer


def _expected(scaler: Any) -> str:
    names = ", ".join(map(repr, sorted(SCALERS)))
    return f"scaler={scaler!r} must be one of {names}, a transformer instance, or None"
