"""Names in messages."""


def escaped(text: str) -> str:
    r"""Text with its control characters as Python writes them: it stays on its line.

    A terminal obeys what such a character tells it, wherever it comes from; the name
    of a file, for instance.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    str
        The same where every character can be printed.

    Examples
    --------
    >>> from skmirai.utils._escaped import escaped
    >>> print(escaped("a\x1b[2Jb\nc"))
    a\x1b[2Jb\nc
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
