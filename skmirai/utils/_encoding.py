"""Python values and scikit-learn estimators as JSON and plain arrays.

What JSON has itself stays as it is. Anything else is an object with one key,
``"$"`` and the name of its kind. Only kinds and classes that are listed here or
handed in can be written or read; nothing is imported, called or unpickled
because a file names it.
"""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from reprlib import Repr
from typing import Any

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

_PLAIN = (type(None), bool, int, float, str)

#: Kinds of arrays that NumPy's format stores without pickle.
_ARRAY_KINDS = "biufUS"

_repr = Repr()
_repr.maxother = _repr.maxstring = 80


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
    """

    name: str
    holds: Callable[[Any], bool]
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


class Codec:
    """Which kinds and classes may be written and read.

    Parameters
    ----------
    classes : mapping of str to type
        scikit-learn estimators by the names that files call them.
    kinds : sequence of Kind, default=()
        More kinds, tried in this order before the usual ones.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmirai.utils._encoding import Codec
    >>> codec = Codec({"StandardScaler": StandardScaler})
    >>> members = {}
    >>> content = codec.encode((1, slice(3)), "example", members)
    >>> content
    {'$tuple': [1, {'$slice': [None, 3, None]}]}
    >>> codec.decode(content, members)
    (1, slice(None, 3, None))
    """

    def __init__(self, classes: Mapping[str, type], kinds: Sequence[Kind] = ()) -> None:
        self.classes = dict(classes)
        self._names = {cls: name for name, cls in self.classes.items()}
        self._kinds = [*kinds, *_USUAL_KINDS]
        self._by_name = {kind.name: kind for kind in self._kinds}

    # -- writing -----------------------------------------------------------------

    def encode(self, value: Any, name: str, members: dict[str, bytes]) -> Any:
        """Turn a value into what JSON can hold.

        Parameters
        ----------
        value : object
            The value.
        name : str
            What errors call it.
        members : dict
            Receives the arrays as files in NumPy's format, by name.

        Returns
        -------
        object
            Of None, bool, int, finite float, str, list and dict only.

        Raises
        ------
        TypeError
            If the value, or one in it, is of no known kind.
        """
        return self._encode(value, name, members, {})

    def _encode(
        self, value: Any, name: str, members: dict[str, bytes], seen: dict[int, Any]
    ) -> Any:
        if type(value) in _PLAIN and not (
            isinstance(value, float) and not math.isfinite(value)
        ):
            return value
        if type(value) is list:
            return [self._encode(item, name, members, seen) for item in value]
        if isinstance(value, np.ndarray) and value.dtype.kind in _ARRAY_KINDS:
            if id(value) not in seen:  # one array in two places stays one
                member = f"arrays/{len(members)}.npy"
                members[member] = _npy(value)
                seen[id(value)] = member, value  # held, so that its id is its own
            return {"$array": seen[id(value)][0]}
        if type(value) in self._names:
            return {"$estimator": self._estimator(value, name, members, seen)}
        for kind in self._kinds:
            if kind.holds(value):
                packed = self._encode(kind.pack(value), name, members, seen)
                return {f"${kind.name}": packed}
        if hasattr(value, "to_numpy"):  # a column or an index of pandas
            return self._encode(value.to_numpy(), name, members, seen)
        raise TypeError(
            f"{name} is or holds {_repr.repr(value)} of type "
            f"{type(value).__module__}.{type(value).__qualname__}, which cannot be "
            f"saved without pickle"
        )

    def _estimator(
        self, estimator: Any, name: str, members: dict[str, bytes], seen: dict[int, Any]
    ) -> dict[str, Any]:
        params = estimator.get_params(deep=False)
        state = {k: v for k, v in vars(estimator).items() if k not in params}
        _check_memory(params)

        def encoded(values: dict[str, Any]) -> dict[str, Any]:
            return {
                key: self._encode(value, f"{name}: {key}", members, seen)
                for key, value in values.items()
            }

        return {
            "class": self._names[type(estimator)],
            "params": encoded(params),
            "state": encoded(state),
        }

    # -- reading -----------------------------------------------------------------

    def decode(self, content: Any, members: dict[str, bytes]) -> Any:
        """Turn what :meth:`encode` returned into an equal value.

        Parameters
        ----------
        content : object
            What JSON holds.
        members : dict of str to bytes
            Files of arrays by name; those that are read are taken out.

        Returns
        -------
        object
            The value.

        Raises
        ------
        ValueError
            If it is nothing that :meth:`encode` returns.
        """
        arrays: dict[str, Any] = {}
        try:
            value = self._decode(content, members, arrays)
        except (ValueError, MemoryError):
            raise
        except Exception as error:  # content of any kind may meet any function here
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"a value cannot be decoded ({reason})") from error
        for name in arrays:
            del members[name]
        return value

    def _decode(
        self, content: Any, members: Mapping[str, bytes], arrays: dict[str, Any]
    ) -> Any:
        if type(content) in _PLAIN:
            return content
        if isinstance(content, list):
            return [self._decode(item, members, arrays) for item in content]
        if not isinstance(content, dict) or len(content) != 1:
            raise ValueError(f"{_repr.repr(content)} is no encoded value")
        ((tag, packed),) = content.items()
        if tag == "$array":
            if packed not in arrays:
                if packed not in members:
                    raise ValueError(f"the member {packed!r} is missing")
                arrays[packed] = _array(members[packed], packed)
            return arrays[packed]
        if tag == "$estimator":
            return self._new_estimator(packed, members, arrays)
        kind = self._by_name.get(tag.removeprefix("$"))
        if kind is None or not tag.startswith("$"):
            raise ValueError(f"{tag!r} is no known kind of value")
        return kind.unpack(self._decode(packed, members, arrays))

    def _new_estimator(
        self, content: Any, members: Mapping[str, bytes], arrays: dict[str, Any]
    ) -> Any:
        if not isinstance(content, dict) or content.keys() != {
            "class",
            "params",
            "state",
        }:
            raise ValueError("an estimator needs its class, params and state")
        cls = self.classes.get(content["class"])
        if cls is None:
            raise ValueError(
                f"the class {content['class']!r} is not one of those that are loaded: "
                f"{sorted(self.classes)}"
            )
        params, state = (
            {k: self._decode(v, members, arrays) for k, v in content[part].items()}
            for part in ("params", "state")
        )
        _check_memory(params)
        estimator = cls(**params)
        for name in state:
            if name.startswith("__") or hasattr(estimator, name):
                raise ValueError(f"{name!r} is no fitted attribute of {cls.__name__}")
        vars(estimator).update(state)
        return estimator


def _check_memory(params: dict[str, Any]) -> None:
    """Refuse a cache on the disk, whose files are pickles."""
    if params.get("memory") is not None:
        raise TypeError("a Pipeline with a memory, a cache of pickles, cannot be saved")


# -- arrays ------------------------------------------------------------------------


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _array(content: bytes, name: str) -> np.ndarray:
    """Read an array whose declared size is that of the bytes that follow."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"the member {name!r} is not in version 1.0 of NumPy's format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in _ARRAY_KINDS:
        raise ValueError(f"the member {name!r} holds {dtype}, which is not loaded")
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size != len(content) - file.tell():
        raise ValueError(f"the member {name!r} does not have the size that it declares")
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    values = np.frombuffer(content, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if by_columns else "C").copy("K")


# -- kinds of values ---------------------------------------------------------------


def _scalar(packed: Any) -> Any:
    name, value = packed
    if name == "str" and type(value) is str:
        return np.str_(value)
    dtype = np.dtype(str(name))
    if dtype.kind not in "biuf" or type(value) not in (bool, int, float):
        raise ValueError(f"{_repr.repr(packed)} is no scalar of NumPy")
    return dtype.type(value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, np.str_ | np.bool_ | np.integer | np.floating) and (
        type(value.item()) in _PLAIN
    )


def _packed_scalar(value: Any) -> list[Any]:
    dtype = "str" if isinstance(value, np.str_) else value.dtype.str
    return [dtype, value.item()]


def _dtype(name: Any) -> np.dtype:
    dtype = np.dtype(str(name))
    if dtype.kind not in _ARRAY_KINDS:
        raise ValueError(f"{_repr.repr(name)} is no type of numbers or text")
    return dtype


def _is_scalar_type(value: Any) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, np.generic)
        and np.dtype(value).type is value
        and np.dtype(value).kind in _ARRAY_KINDS
    )


def _objects(packed: Any) -> np.ndarray:
    shape, values = packed
    if math.prod(shape) != len(values) or not all(map(_is_item, values)):
        raise ValueError("an array of objects does not hold what it declares")
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array.reshape(shape)


def _is_item(value: Any) -> bool:
    return type(value) in _PLAIN or (
        isinstance(value, np.ndarray) and value.dtype.kind in _ARRAY_KINDS
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
        raise ValueError(f"{_repr.repr(packed)} is no float")
    return float(packed)


def _ufunc(name: Any) -> np.ufunc:
    function = getattr(np, str(name), None)
    if not isinstance(function, np.ufunc):
        raise ValueError(f"{_repr.repr(name)} is no universal function of NumPy")
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


_USUAL_KINDS = (
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
        lambda value: isinstance(value, np.dtype) and value.kind in _ARRAY_KINDS,
        lambda value: value.str,
        _dtype,
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
