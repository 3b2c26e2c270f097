"""Python values and scikit-learn estimators as JSON and plain arrays.

What JSON has itself stays as it is. Anything else is an object with one key,
``"$"`` and the name of its kind. Only kinds and classes that are handed in, or are of
the usual ones, can be written or read; nothing is imported, called or unpickled
because a file names it.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from skmirai.utils._array_files import array_bytes, array_from
from skmirai.utils._forms import PARAMS_AND_STATE, Form, UnknownValueError
from skmirai.utils._kinds import ARRAY_KINDS, PLAIN, USUAL_KINDS, Kind, shown


class _Counts(Counter[str]):
    """How many values of some kinds and classes a file holds."""

    def add(self, name: str, most: int | None) -> None:
        self[name] += 1
        if most is not None and self[name] > most:
            raise ValueError(f"more than {most} values of kind {name!r} in one file")


@dataclass
class _Writing:
    """Files of arrays, those arrays by id, and counts, while a value is written."""

    members: dict[str, bytes]
    seen: dict[int, tuple[str, Any]] = field(default_factory=dict)
    counts: _Counts = field(default_factory=_Counts)


@dataclass
class _Reading:
    """Files of arrays, and arrays that were read, while a value is read."""

    members: dict[str, bytes]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


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
        self.classes = classes
        self._kinds = [*kinds, *USUAL_KINDS]
        self._by_name = {kind.name: kind for kind in self._kinds}
        self._forms = dict(forms or {})

    @cached_property
    def _names(self) -> dict[type, str]:
        """Names by classes; to read a file takes those alone that it holds."""
        return {cls: name for name, cls in self.classes.items()}

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
            return self._encode(value, (name,), _Writing(members))

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
            return self._parts_of(estimator, (), _Writing(members))

    def _encode(self, value: Any, path: tuple[str, ...], writing: _Writing) -> Any:
        if type(value) in PLAIN and not (
            isinstance(value, float) and not math.isfinite(value)
        ):
            return value
        if type(value) is list:
            return [self._encode(item, path, writing) for item in value]
        if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
            seen = writing.seen
            if id(value) not in seen:  # one array in two places stays one
                member = f"arrays/{len(writing.members)}.npy"
                writing.members[member] = array_bytes(value)
                seen[id(value)] = member, value  # held, so that its id is its own
            return {"$array": seen[id(value)][0]}
        if type(value) in self._names:
            return {"$estimator": self._parts_of(value, path, writing)}
        for kind in self._kinds:
            if kind.holds(value):
                _count(writing.counts, path, kind.name, kind.most)
                within = (*path, value[0]) if _is_step(value) else path
                packed = self._encode(kind.pack(value), within, writing)
                return {f"${kind.name}": packed}
        if hasattr(value, "to_numpy"):  # a column or an index of pandas
            return self._encode(value.to_numpy(), path, writing)
        raise UnknownValueError(
            path,
            f"is or holds {shown(value)} of type "
            f"{type(value).__module__}.{type(value).__qualname__}, which cannot be "
            f"saved without pickle",
        )

    def _parts_of(
        self, estimator: Any, path: tuple[str, ...], writing: _Writing
    ) -> dict[str, Any]:
        name, form = self._names[type(estimator)], self._form(type(estimator))
        _count(writing.counts, path, name, form.most)
        encoded: dict[str, Any] = {"class": name}
        for part, values in form.parts_of(estimator).items():
            encoded[part] = {
                name: self._encode(value, (*path, name), writing)
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
        self._count_all(content)
        try:
            return self._decode(content, _Reading(members))
        except (ValueError, MemoryError):
            raise
        except Exception as error:  # content of any kind may meet any function here
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"a value cannot be decoded ({reason})") from error

    def decode_estimator(
        self, content: dict[str, Any], members: dict[str, bytes]
    ) -> Any:
        """Turn what :meth:`encode_estimator` returned into an equal estimator.

        Parameters and errors are those of :meth:`decode`.
        """
        return self.decode({"$estimator": content}, members)

    def _count_all(self, content: Any) -> None:
        """Refuse what holds too many values of a kind, before the first is made."""
        counts, left = _Counts(), [content]
        while left:
            value = left.pop()
            if isinstance(value, list):
                left.extend(value)
            if not isinstance(value, dict):
                continue
            left.extend(value.values())
            for tag, packed in value.items():
                if tag == "$estimator" and isinstance(packed, dict):
                    cls = self.classes.get(name := str(packed.get("class")))
                    counts.add(name, None if cls is None else self._form(cls).most)
                elif tag.startswith("$") and (kind := self._by_name.get(tag[1:])):
                    counts.add(kind.name, kind.most)

    def _decode(self, content: Any, reading: _Reading) -> Any:
        if type(content) in PLAIN:
            return content
        if isinstance(content, list):
            for place, item in enumerate(content):
                content[place] = self._decode(item, reading)
            return content
        if not isinstance(content, dict) or len(content) != 1:
            raise ValueError(f"{shown(content)} is no encoded value")
        ((tag, packed),) = content.items()
        if tag == "$array":
            if packed not in reading.arrays:
                if packed not in reading.members:
                    raise ValueError(f"the member {packed!r} is missing")
                content = reading.members.pop(packed)
                reading.arrays[packed] = array_from(content, f"the member {packed!r}")
            return reading.arrays[packed]
        if tag == "$estimator":
            return self._put_together(packed, reading)
        kind = self._by_name.get(tag.removeprefix("$"))
        if kind is None or not tag.startswith("$"):
            raise ValueError(f"{tag!r} is no known kind of value")
        return kind.unpack(self._decode(packed, reading))

    def _put_together(self, content: Any, reading: _Reading) -> Any:
        if not isinstance(content, dict):
            raise ValueError("an estimator needs its class and its parts")
        cls = self.classes.get(content.get("class", ""))
        if cls is None:
            raise ValueError(
                f"the class {content.get('class')!r} is not one of the "
                f"{len(self.classes)} that are loaded"
            )
        parts = {
            part: {k: self._decode(v, reading) for k, v in values.items()}
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


def _count(counts: _Counts, path: tuple[str, ...], name: str, most: int | None) -> None:
    try:
        counts.add(name, most)
    except ValueError as error:
        raise UnknownValueError(path, f"cannot be saved: {error}") from error


def _is_step(value: Any) -> bool:
    """Tell whether a value names an estimator, as the steps of a Pipeline do."""
    return (
        type(value) is tuple
        and len(value) > 1
        and type(value[0]) is str
        and hasattr(value[1], "get_params")
    )
