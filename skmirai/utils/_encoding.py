"""Python values and scikit-learn estimators as JSON and plain arrays.

What JSON has itself stays as it is. Anything else is an object with one key,
``"$"`` and the name of its kind. Only kinds and classes that are handed in, or are of
the usual ones, can be written or read; nothing is imported, called or unpickled
because a file names it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmirai.utils._array_files import array_bytes, array_from
from skmirai.utils._kinds import ARRAY_KINDS, PLAIN, USUAL_KINDS, Kind, shown

#: Values by name, in named parts.
Parts = dict[str, dict[str, Any]]


class UnknownValueError(TypeError):
    """A value that cannot be written.

    Attributes
    ----------
    path : tuple of str
        Names that lead to it.
    remedy : str
        What to do about it, where that is known.
    """

    def __init__(self, path: tuple[str, ...], what: str, remedy: str = "") -> None:
        super().__init__(f"{': '.join(path)} {what}")
        self.path = path
        self.remedy = remedy


@dataclass(frozen=True)
class Form:
    """How the estimators of a class are taken apart and put together again.

    Attributes
    ----------
    parts_of : callable
        Returns named parts of an estimator, each of values by name.
    put_together : callable
        Takes a class and such parts, which may hold anything that a file holds;
        returns the estimator, or raises if they are not right.
    """

    parts_of: Callable[[Any], Parts]
    put_together: Callable[[type, Parts], Any]


class Codec:
    """Which kinds and classes may be written and read.

    Parameters
    ----------
    classes : mapping of str to type
        Estimators by the names that files call them.
    kinds : sequence of Kind, default=()
        More kinds, tried in this order before the usual ones.
    forms : mapping of type to Form, default={}
        Forms of classes that are not made of parameters and fitted attributes alone.

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

    def __init__(
        self,
        classes: Mapping[str, type],
        kinds: Sequence[Kind] = (),
        forms: Mapping[type, Form] | None = None,
    ) -> None:
        self.classes = dict(classes)
        self._names = {cls: name for name, cls in self.classes.items()}
        self._kinds = [*kinds, *USUAL_KINDS]
        self._by_name = {kind.name: kind for kind in self._kinds}
        self._forms = dict(forms or {})

    def knows(self, cls: type) -> bool:
        """Tell whether estimators of a class may be written."""
        return cls in self._names

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
        UnknownValueError
            If the value, or one in it, is of no known kind, or holds itself.
        """
        with _not_endless(name):
            return self._encode(value, (name,), members, {})

    def encode_estimator(
        self, estimator: Any, members: dict[str, bytes]
    ) -> dict[str, Any]:
        """Do as ``encode`` with an estimator, of which errors need no name.

        Returns
        -------
        dict
            Its class, and the parts of its form by name.
        """
        with _not_endless(type(estimator).__name__):
            return self._parts_of(estimator, (), members, {})

    def _encode(
        self,
        value: Any,
        path: tuple[str, ...],
        members: dict[str, bytes],
        seen: dict[int, Any],
    ) -> Any:
        if type(value) in PLAIN and not (
            isinstance(value, float) and not math.isfinite(value)
        ):
            return value
        if type(value) is list:
            return [self._encode(item, path, members, seen) for item in value]
        if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
            if id(value) not in seen:  # one array in two places stays one
                member = f"arrays/{len(members)}.npy"
                members[member] = array_bytes(value)
                seen[id(value)] = member, value  # held, so that its id is its own
            return {"$array": seen[id(value)][0]}
        if type(value) in self._names:
            return {"$estimator": self._parts_of(value, path, members, seen)}
        for kind in self._kinds:
            if kind.holds(value):
                within = (*path, value[0]) if _is_step(value) else path
                packed = self._encode(kind.pack(value), within, members, seen)
                return {f"${kind.name}": packed}
        if hasattr(value, "to_numpy"):  # a column or an index of pandas
            return self._encode(value.to_numpy(), path, members, seen)
        raise UnknownValueError(
            path,
            f"is or holds {shown(value)} of type "
            f"{type(value).__module__}.{type(value).__qualname__}, which cannot be "
            f"saved without pickle",
        )

    def _parts_of(
        self,
        estimator: Any,
        path: tuple[str, ...],
        members: dict[str, bytes],
        seen: dict[int, Any],
    ) -> dict[str, Any]:
        cls = type(estimator)
        encoded: dict[str, Any] = {"class": self._names[cls]}
        for part, values in self._form(cls).parts_of(estimator).items():
            encoded[part] = {
                name: self._encode(value, (*path, name), members, seen)
                for name, value in values.items()
            }
        return encoded

    def _form(self, cls: type) -> Form:
        return self._forms.get(cls, PARAMS_AND_STATE)

    # -- reading -----------------------------------------------------------------

    def decode(self, content: Any, members: dict[str, bytes]) -> Any:
        """Turn what :meth:`encode` returned into an equal value.

        Parameters
        ----------
        content : object
            What JSON holds. It is used up: lists in it become those of the value.
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
        return value

    def decode_estimator(
        self, content: dict[str, Any], members: dict[str, bytes]
    ) -> Any:
        """Turn what :meth:`encode_estimator` returned into an equal estimator.

        Parameters and errors are those of :meth:`decode`.
        """
        return self.decode({"$estimator": content}, members)

    def _decode(
        self, content: Any, members: dict[str, bytes], arrays: dict[str, Any]
    ) -> Any:
        if type(content) in PLAIN:
            return content
        if isinstance(content, list):
            for place, item in enumerate(content):
                content[place] = self._decode(item, members, arrays)
            return content
        if not isinstance(content, dict) or len(content) != 1:
            raise ValueError(f"{shown(content)} is no encoded value")
        ((tag, packed),) = content.items()
        if tag == "$array":
            if packed not in arrays:
                if packed not in members:
                    raise ValueError(f"the member {packed!r} is missing")
                arrays[packed] = array_from(
                    members.pop(packed), f"the member {packed!r}"
                )
            return arrays[packed]
        if tag == "$estimator":
            return self._put_together(packed, members, arrays)
        kind = self._by_name.get(tag.removeprefix("$"))
        if kind is None or not tag.startswith("$"):
            raise ValueError(f"{tag!r} is no known kind of value")
        return kind.unpack(self._decode(packed, members, arrays))

    def _put_together(
        self, content: Any, members: dict[str, bytes], arrays: dict[str, Any]
    ) -> Any:
        if not isinstance(content, dict):
            raise ValueError("an estimator needs its class and its parts")
        cls = self.classes.get(content.get("class", ""))
        if cls is None:
            raise ValueError(
                f"the class {content.get('class')!r} is not one of the "
                f"{len(self.classes)} that are loaded"
            )
        parts = {
            part: {k: self._decode(v, members, arrays) for k, v in values.items()}
            for part, values in content.items()
            if part != "class"
        }
        return self._form(cls).put_together(cls, parts)


@contextmanager
def _not_endless(name: str) -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise UnknownValueError(
            (name,), "holds itself, or is nested too deeply; it cannot be saved"
        ) from None


def _is_step(value: Any) -> bool:
    """Tell whether a value names an estimator, as the steps of a Pipeline do."""
    return (
        type(value) is tuple
        and len(value) > 1
        and type(value[0]) is str
        and hasattr(value[1], "get_params")
    )


# -- estimators of scikit-learn ----------------------------------------------------


def _params_and_state(estimator: Any) -> Parts:
    params = estimator.get_params(deep=False)
    state = {k: v for k, v in vars(estimator).items() if k not in params}
    _check_memory(params)
    return {"params": params, "state": state}


def _from_params_and_state(cls: type, parts: Parts) -> Any:
    if parts.keys() != {"params", "state"}:
        raise ValueError(f"{cls.__name__} needs its params and state")
    params, state = parts["params"], parts["state"]
    _check_memory(params)
    estimator = cls(**params)
    own = vars(estimator).keys() - estimator.get_params(deep=False).keys()
    for name in state.keys() - own:
        if name.startswith("__") or hasattr(estimator, name):
            raise ValueError(f"{name!r} is no fitted attribute of {cls.__name__}")
    vars(estimator).update(state)
    return estimator


def _check_memory(params: dict[str, Any]) -> None:
    """Refuse a cache on the disk, whose files are pickles."""
    if params.get("memory") is not None:
        raise UnknownValueError(
            ("memory",), "is a cache of pickles on the disk, which cannot be saved"
        )


#: Form of scikit-learn's own estimators.
PARAMS_AND_STATE = Form(_params_and_state, _from_params_and_state)
