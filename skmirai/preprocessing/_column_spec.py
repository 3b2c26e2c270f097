"""Turn every way of naming columns into one boolean mask."""

from collections.abc import Sequence
from difflib import get_close_matches
from numbers import Integral
from reprlib import Repr
from typing import Any

import numpy as np

_EXPECTED = (
    "None, an int k (the first k columns), a column name, a list of names, "
    "a list of integer indices, a boolean mask, a slice, or a callable returning "
    "one of these"
)
_repr = Repr()
_repr.maxstring = _repr.maxother = 80
short = _repr.repr  # 115 column names are no part of a readable message


def column_mask(
    columns: Any,
    n_features: int,
    feature_names: Sequence[str] | None = None,
    *,
    label: str = "columns",
) -> np.ndarray:
    """Return the mask of the columns that a specification selects.

    Parameters
    ----------
    columns : None, int, str, slice or array-like
        The specification, as in :class:`ColumnDropper` but already called if it
        was a callable.
    n_features : int
        Number of columns of the table.
    feature_names : sequence of str or None, default=None
        The names of the columns, where the table has them.
    label : str, default="columns"
        What error messages call the specification.

    Returns
    -------
    mask : ndarray of bool, shape (n_features,)
        True for a selected column.

    Raises
    ------
    TypeError
        If the specification is of no accepted type, or mixes types.
    ValueError
        If it names a column, index or length that the table does not have.

    Examples
    --------
    >>> from skmirai.preprocessing._column_spec import column_mask
    >>> column_mask(["port", -1], 3)
    Traceback (most recent call last):
        ...
    TypeError: columns=['port', -1] mixes int and str; ...
    >>> column_mask([0, -1], 3)
    array([ True, False,  True])
    """
    mask = np.zeros(n_features, dtype=bool)
    mask[_selection(columns, n_features, feature_names, label)] = True
    return mask


def unique_names(names: np.ndarray) -> np.ndarray:
    """Return names of which none is there twice.

    Parameters
    ----------
    names : ndarray of str, shape (n_columns,)
        The names.

    Returns
    -------
    ndarray of object, shape (n_columns,)
        The same ones, but for repeated ones: these get the first number from 2 on
        that makes a new name.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._column_spec import unique_names
    >>> unique_names(np.array(["a", "b", "a", "a_2"])).tolist()
    ['a', 'b', 'a_3', 'a_2']
    """
    found = names.astype(object)
    taken, seen = set(found), set()
    if len(taken) == len(found):
        return found
    for place, name in enumerate(found):
        number = 2
        new = name
        while new in seen or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        found[place] = new
        seen.add(new)
    return found


def _selection(
    columns: Any, n_features: int, names: Sequence[str] | None, label: str
) -> Any:
    """Check a specification and return what NumPy can index a mask with."""
    given = f"{label}={short(columns)}"
    if columns is None:
        return []
    if isinstance(columns, str):
        return _name_indices([columns], names, n_features, given)
    if isinstance(columns, slice):
        return _slice_indices(columns, n_features, names, given)
    if isinstance(columns, (bool, np.bool_)):
        raise TypeError(
            f"{given} is one bool, not one per column; expected {_EXPECTED}"
        )
    if isinstance(columns, Integral):
        if columns < 0:
            raise ValueError(
                f"{given} must be >= 0: an int k drops the first k columns; "
                f"to drop by position from the end, pass a list such as [{columns}]"
            )
        return slice(min(int(columns), n_features))

    items = _items(columns, given)
    kinds = {_kind(item) for item in items}
    if len(kinds) > 1:
        raise TypeError(
            f"{given} mixes {' and '.join(sorted(kinds))}; pass only names (str), "
            "only indices (int) or only booleans"
        )
    kind = kinds.pop() if kinds else "int"
    if kind == "str":
        return _name_indices(items, names, n_features, given)
    if kind == "bool":
        if len(items) != n_features:
            raise ValueError(
                f"{given} is a boolean mask of length {len(items)}, but X has "
                f"n_features={n_features}; pass one boolean per column"
            )
        return np.asarray(items, dtype=bool)
    if kind == "int":
        for item in items:
            if not -n_features <= item < n_features:
                raise ValueError(
                    f"{given} has the index {item}, out of range for X with "
                    f"n_features={n_features}; expected integers in "
                    f"[{-n_features}, {n_features - 1}]"
                )
        return items
    raise TypeError(f"{given} is a list of {kind}; expected {_EXPECTED}")


def _items(columns: Any, given: str) -> list[Any]:
    """Return the members of an array-like as a list."""
    if isinstance(columns, (list, tuple)):
        return list(columns)
    if not hasattr(columns, "__array__"):
        raise TypeError(
            f"{given} is of type {type(columns).__name__}; expected {_EXPECTED}"
        )
    array = np.asarray(columns)
    if array.ndim != 1:
        raise ValueError(
            f"{given} is an array of shape {array.shape}; expected one dimension"
        )
    return list(array.tolist())


def _kind(item: Any) -> str:
    if isinstance(item, (bool, np.bool_)):
        return "bool"
    if isinstance(item, Integral):
        return "int"
    return "str" if isinstance(item, str) else type(item).__name__


def _name_indices(
    wanted: list[str], names: Sequence[str] | None, n_features: int, given: str
) -> list[int]:
    """Look names up, and say what was meant where one is unknown."""
    if names is None:
        raise ValueError(
            f"{given} selects by name, but X has no string column names; pass a "
            "DataFrame whose columns are named, or integer indices"
        )
    position = {name: index for index, name in enumerate(names)}
    unknown = [name for name in wanted if name not in position]
    if unknown:
        close = [m for name in unknown for m in get_close_matches(name, names)]
        hint = (
            f"did you mean {', '.join(map(repr, dict.fromkeys(close)))}?"
            if close
            else f"X has the columns {short(list(names))}"
        )
        raise ValueError(
            f"{given} has {', '.join(map(repr, unknown))}, not among the columns of "
            f"X (n_features={n_features}); {hint}"
        )
    return [position[name] for name in wanted]


def _slice_indices(
    columns: slice, n_features: int, names: Sequence[str] | None, given: str
) -> slice | list[int]:
    """Read a slice of positions, or an inclusive slice of names."""
    ends = [end for end in (columns.start, columns.stop) if end is not None]
    kinds = {_kind(end) for end in ends}
    if kinds <= {"int"}:
        if columns.step is not None and _kind(columns.step) != "int":
            raise TypeError(f"{given} must have an int step or none")
        if columns.step == 0:
            raise ValueError(f"{given} has step 0; expected a step other than 0")
        return columns
    if kinds != {"str"}:
        raise TypeError(
            f"{given} must be a slice of ints or of column names, not of "
            f"{' and '.join(sorted(kinds))}"
        )
    if columns.step not in (None, 1):
        raise ValueError(f"{given} is a slice of names and cannot have a step")
    found = iter(_name_indices(ends, names, n_features, given))
    first = next(found) if columns.start is not None else 0
    last = next(found) if columns.stop is not None else n_features - 1
    if first > last:
        raise ValueError(
            f"{given} is empty: {columns.start!r} stands after {columns.stop!r} in X; "
            "swap them"
        )
    return list(range(first, last + 1))
