"""The header row of a table of numbers."""

from collections.abc import Sequence

#: A count of so many columns is no row of data.
_WIDE = 10

#: Words that programs write in place of a value.
_VALUES = {"true", "false", "na", "n/a", "none", "null"}
_VALUES |= {
    "<na>",
    "#na",
    "#n/a",
    "#n/a n/a",
    "1.#ind",
    "-1.#ind",
    "1.#qnan",
    "-1.#qnan",
}


def is_header(fields: Sequence[str]) -> bool:
    """Whether the first line of a table of numbers holds names of columns.

    Names have a letter, and may be missing for some columns. A count 0, 1, 2, ...,
    which pandas writes for columns without names, is a header behind the blank name
    of pandas' index, or if it is too long for a row of data.

    Parameters
    ----------
    fields : sequence of str
        Fields of the line, without blanks and quotes around them.

    Returns
    -------
    bool

    Examples
    --------
    >>> from skmirai.utils._files import is_header
    >>> is_header(["", "0", "1"]), is_header(["0", "1"]), is_header(["a", "b"])
    (True, False, True)
    """
    has_index = len(fields) > 1 and not fields[0]
    names = list(fields[has_index:])
    if names == [str(i) for i in range(len(names))]:
        return has_index or len(names) >= _WIDE
    return any(names) and all(not name or _is_name(name) for name in names)


def _is_name(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return any(map(str.isalpha, field)) and field.lower() not in _VALUES
    return False
