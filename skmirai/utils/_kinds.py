"""Kinds of values that JSON does not have, and how files hold them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from reprlib import Repr
from typing import Any

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

#: Types of the values that JSON does have.
PLAIN = (type(None), bool, int, float, str)

#: Kinds of arrays that NumPy's format stores without pickle.
ARRAY_KINDS = "biufUS"

#: Most rows or columns of an array that has no values.
MOST_EMPTY = 65_536

_repr = Repr()
_repr.maxother = _repr.maxstring = 80


def shown(value: Any) -> str:
    """Text of a value in messages, cut short."""
    return _repr.repr(value)


@dataclass(frozen=True)
class Kind:
    """A kind of value that JSON does not have.

    Attributes
    ----------
    name : str
        Name in the file.
    holds : callable
        Tells whether a value is of this kind.
    pack, unpack : callable
        Turn such a value into simpler ones, and these into an equal value.
        ``unpack`` gets whatever a file holds, and raises if it is not right.
    most : int or None, default=None
        Most values of this kind in a file, where one takes far more memory than it
        takes room there; None is any number.
    """

    name: str
    holds: Callable[[Any], bool]
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    most: int | None = None


def _scalar(packed: Any) -> Any:
    name, value = packed
    if name == "str" and type(value) is str:
        return np.str_(value)
    dtype = np.dtype(str(name))
    if dtype.kind not in "biuf" or type(value) not in (bool, int, float):
        raise ValueError(f"{shown(packed)} is no scalar of NumPy")
    return dtype.type(value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, np.str_ | np.bool_ | np.integer | np.floating) and (
        type(value.item()) in PLAIN
    )


def _packed_scalar(value: Any) -> list[Any]:
    dtype = "str" if isinstance(value, np.str_) else value.dtype.str
    return [dtype, value.item()]


def check_shape(shape: Any, name: str) -> None:
    """Refuse the shapes of arrays that cannot be, and of empty ones that are large.

    An array without values takes no room in a file, whatever shape it declares; whoever
    goes through its rows takes some for each.
    """
    if not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{name} declares the shape {shown(shape)}")
    if 0 in shape and max(shape) > MOST_EMPTY:
        raise ValueError(
            f"{name} declares the shape {shown(shape)} without a value: at most "
            f"{MOST_EMPTY:,} empty rows or columns are read"
        )


def _dtype(name: Any) -> np.dtype:
    dtype = np.dtype(str(name))
    if dtype.kind not in ARRAY_KINDS:
        raise ValueError(f"{shown(name)} is no type of numbers or text")
    return dtype


def _is_scalar_type(value: Any) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, np.generic)
        and np.dtype(value).type is value
        and np.dtype(value).kind in ARRAY_KINDS
    )


def _objects(packed: Any) -> np.ndarray:
    shape, values = packed
    check_shape(shape, "an array of objects")
    if math.prod(shape) != len(values) or not all(map(_is_item, values)):
        raise ValueError("an array of objects does not hold what it declares")
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array.reshape(shape)


def _is_item(value: Any) -> bool:
    return (
        type(value) in PLAIN
        or (isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS)
        or _is_scalar(value)
    )


def _is_array_of_objects(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype == object
        and all(map(_is_item, value.ravel()))
    )


def _slice(packed: Any) -> slice:
    start, stop, step = packed
    return slice(start, stop, step)


def _non_finite(packed: Any) -> float:
    if packed not in ("nan", "inf", "-inf"):
        raise ValueError(f"{shown(packed)} is no float")
    return float(packed)


def _ufunc(name: Any) -> np.ufunc:
    function = getattr(np, str(name), None)
    if not isinstance(function, np.ufunc):
        raise ValueError(f"{shown(name)} is no universal function of NumPy")
    return function


def _is_ufunc(value: Any) -> bool:
    return isinstance(value, np.ufunc) and getattr(np, value.__name__, None) is value


def _requests(packed: Any) -> MetadataRequest:
    requests = MetadataRequest(owner=str(packed["owner"]))
    for method, params in packed["requests"].items():
        for param, alias in params.items():
            getattr(requests, method).add_request(param=param, alias=alias)
    return requests


def _packed_requests(requests: MetadataRequest) -> dict[str, Any]:
    owner = requests.owner
    methods = {k: v for k, v in vars(requests).items() if hasattr(v, "requests")}
    return {
        "owner": owner if isinstance(owner, str) else type(owner).__name__,
        "requests": {k: dict(v.requests) for k, v in methods.items() if v.requests},
    }


USUAL_KINDS = (
    Kind("tuple", lambda value: type(value) is tuple, list, tuple),
    Kind(
        "dict",
        lambda value: isinstance(value, Mapping),
        lambda value: [list(pair) for pair in value.items()],
        dict,
    ),
    Kind(
        "slice",
        lambda value: type(value) is slice,
        lambda value: [value.start, value.stop, value.step],
        _slice,
    ),
    Kind("float", lambda value: type(value) is float, repr, _non_finite),
    Kind(
        "scalar",
        _is_scalar,
        _packed_scalar,
        _scalar,
    ),
    Kind(
        "dtype",
        lambda value: isinstance(value, np.dtype) and value.kind in ARRAY_KINDS + "O",
        lambda value: value.str,
        lambda packed: np.dtype(object) if packed == "|O" else _dtype(packed),
    ),
    Kind(
        "scalar_type",
        _is_scalar_type,
        lambda value: np.dtype(value).str,
        lambda packed: _dtype(packed).type,
    ),
    Kind(
        "objects",
        _is_array_of_objects,
        lambda value: [list(value.shape), list(value.ravel())],
        _objects,
    ),
    Kind("ufunc", _is_ufunc, lambda value: value.__name__, _ufunc),
    Kind(
        "metadata_request",
        lambda value: isinstance(value, MetadataRequest),
        _packed_requests,
        _requests,
    ),
)
