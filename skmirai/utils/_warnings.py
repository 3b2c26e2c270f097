"""Warnings that point at the line of whoever called the library."""

import sys
import warnings

#: Libraries that call us, or that we call and that call us back.
_PASSED_THROUGH = {"skmirai", "sklearn", "joblib", "scikeras", "keras", "contextlib"}


def warn_user(message: str | Warning, category: type[Warning] | None = None) -> None:
    """Warn about the line that led here, past all frames of libraries.

    Python shows a warning once for each line, and its filters go by the module of
    that line: a line of the library would stand for all calls of it.

    Parameters
    ----------
    message : str or Warning
        What to say.
    category : type or None, default=None
        Class of the warning, where that is a str.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_THROUGH:
        if frame.f_back is None:
            break
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
