"""From the ``scaler`` parameter of an estimator to a fresh transformer."""

from difflib import get_close_matches
from typing import Any

from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer

from skmirai.preprocessing._quiet import QuietQuantileTransformer, QuietStandardScaler
from skmirai.preprocessing._robust_clip import RobustClipScaler
from skmirai.preprocessing._signed_log import SignedLogScaler

SCALERS = ("quantile", "robust_clip", "signed_log", "standard")


def make_scaler(scaler: Any, *, random_state: Any = None) -> Any:
    """Return a fresh, unfitted transformer for a ``scaler`` parameter.

    Parameters
    ----------
    scaler : str, transformer instance or None
        - "standard": :class:`sklearn.preprocessing.StandardScaler`, without its
          warning on constant columns with sample weights;
        - "quantile": :class:`sklearn.preprocessing.QuantileTransformer` to a normal
          distribution, with at most as many quantiles as rows;
        - "robust_clip": :class:`RobustClipScaler`;
        - "signed_log": :class:`SignedLogScaler`;
        - a transformer instance: a clone of it, with its own parameters;
        - None: the identity, which keeps the names of the columns.
    random_state : int, RandomState instance or None, default=None
        Passed to "quantile", which draws rows where there are many; without effect
        on the others.

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

    Examples
    --------
    >>> from skmirai.preprocessing import make_scaler
    >>> make_scaler("signed_log")
    SignedLogScaler()
    >>> make_scaler("standart")
    Traceback (most recent call last):
        ...
    ValueError: scaler='standart' must be one of 'quantile', 'robust_clip',
    'signed_log', 'standard', a transformer instance, or None; did you mean 'standard'?
    """
    if scaler is None:
        return FunctionTransformer(feature_names_out="one-to-one")
    if isinstance(scaler, str):
        if scaler == "standard":
            return QuietStandardScaler()
        if scaler == "quantile":
            return QuietQuantileTransformer(
                output_distribution="normal", random_state=random_state
            )
        if scaler == "robust_clip":
            return RobustClipScaler()
        if scaler == "signed_log":
            return SignedLogScaler()
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
    >>> from skmirai.preprocessing._scalers import make_scaler, scaler_value
    >>> scaler_value(make_scaler("quantile", random_state=3))
    'quantile'
    """
    for name in SCALERS:
        if type(transformer) is type(make_scaler(name)):
            return name
    identity = isinstance(transformer, FunctionTransformer) and not transformer.func
    return None if identity else transformer


def _expected(scaler: Any) -> str:
    names = ", ".join(map(repr, SCALERS))
    return f"scaler={scaler!r} must be one of {names}, a transformer instance, or None"
