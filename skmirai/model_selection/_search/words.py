"""What things are, in words that are the same in the next process."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np


def in_words(thing: Any) -> str:
    """Say what a thing is, wherever it lies in memory.

    Examples
    --------
    >>> from skmirai.model_selection._search.words import in_words
    >>> in_words([abs, object()])
    '[<built-in function abs>, <object object>]'
    """
    text = re.sub(r"\s+", " ", repr(thing))
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def in_short(thing: Any, most: int = 60) -> str:
    """Say it in so many characters; those that do not say all end in a digest.

    Examples
    --------
    >>> from skmirai.model_selection._search.words import in_short
    >>> in_short(list(range(9))), len(in_short(list(range(99))))
    ('[0, 1, 2, 3, 4, 5, 6, 7, 8]', 60)
    """
    words = in_words(thing)
    says_all = len(words) <= most and " at 0x" not in repr(thing)
    return words if says_all else f"{words[: most - 9]} {digest(thing)[:8]}"


def digest(thing: Any) -> str:
    """Tell things apart that are described alike, since words leave out what is long.

    Examples
    --------
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skmirai.model_selection._search.words import digest
    >>> one, other = ({n: n for n in range(99)} | {50: n} for n in (0, 1))
    >>> one, other = (FunctionTransformer(kw_args=each) for each in (one, other))
    >>> repr(one) == repr(other), digest(one) == digest(other)
    (True, False)
    """
    return hashlib.sha256(_in_full(thing).encode()).hexdigest()[:16]


def _in_full(thing: Any) -> str:
    if isinstance(thing, type):  # has the methods, and the attributes, of its objects
        return in_words(thing)
    if hasattr(thing, "get_params"):
        return f"{type(thing).__name__}({_in_full(thing.get_params(deep=False))})"
    if hasattr(thing, "get_config"):
        config = {k: v for k, v in thing.get_config().items() if k != "name"}
        return f"{type(thing).__name__}({_in_full(config)})"  # Keras counts names
    if isinstance(thing, Mapping):
        pairs = sorted((in_words(key), _in_full(value)) for key, value in thing.items())
        return f"{{{pairs}}}"
    if isinstance(thing, list | tuple):
        return f"{type(thing).__name__}({[*map(_in_full, thing)]})"
    if isinstance(thing, set | frozenset):  # which have no order
        return f"{type(thing).__name__}({sorted(map(_in_full, thing))})"
    if np.ndim(thing) > 0:  # of which words leave out the middle
        return str(joblib.hash(thing))
    return in_words(thing)
