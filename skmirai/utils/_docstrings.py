"""Docstrings that share paragraphs, or list what a registry holds."""

from collections.abc import Callable, Iterable, Mapping
from textwrap import TextWrapper, dedent, indent
from typing import TypeVar

T = TypeVar("T")

_WIDTH = 72


def filled(**texts: str) -> Callable[[T], T]:
    r"""Decorate with texts for the names in braces in a docstring.

    Parameters
    ----------
    **texts : str
        What stands for a line that holds only ``{name}``, at its indentation.

    Returns
    -------
    callable
        The decorator of a class or function.

    Examples
    --------
    >>> from inspect import getdoc
    >>> from skmirai.utils._docstrings import filled
    >>> @filled(about="one\ntwo")
    ... def f():
    ...     "Begin.\n\n    {about}"
    >>> getdoc(f)
    'Begin.\n\none\ntwo'
    """

    def decorate(documented: T) -> T:
        doc = documented.__doc__ or ""  # python -OO strips docstrings
        for name, text in texts.items():
            text = dedent(text).strip()
            doc = "\n".join(
                indent(text, line.partition("{")[0])
                if line.strip() == f"{{{name}}}"
                else line
                for line in doc.split("\n")
            )
        documented.__doc__ = doc
        return documented

    return decorate


def listed(summaries: Mapping[str, str], *, end: str = ";") -> str:
    """Return a list for a docstring, one item for each name.

    Parameters
    ----------
    summaries : dict of str to str
        A few words about each name.
    end : str, default=";"
        What stands after the last item; others end in a semicolon.

    Returns
    -------
    str
        Lines of the form ``- "name": words;``.

    Examples
    --------
    >>> from skmirai.utils._docstrings import listed
    >>> print(listed({"standard": "mean 0", "quantile": "ranks"}, end="."))
    - "standard": mean 0;
    - "quantile": ranks.
    """
    wrap = TextWrapper(_WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    items = [f'- "{name}": {words};' for name, words in summaries.items()]
    items[-1] = items[-1][:-1] + end
    return "\n".join(map(wrap.fill, items))


def alternatives(names: Iterable[str], last: str = "or") -> str:
    """Return quoted names for a message: ``'a', 'b' or 'c'``.

    Parameters
    ----------
    names : iterable of str
        At least one.
    last : str, default="or"
        The word before the last one.

    Returns
    -------
    str
        The names with commas, and the word.

    Examples
    --------
    >>> from skmirai.utils._docstrings import alternatives
    >>> alternatives(["standard", "quantile", "signed_log"])
    "'standard', 'quantile' or 'signed_log'"
    """
    *first, final = map(repr, names)
    return f"{', '.join(first)} {last} {final}" if first else final
