"""Bars of one style, in terminals and notebooks."""

import sys
import warnings
from functools import cache
from typing import Any

#: Seconds of work that need no bar.
PATIENCE = 2.0


def progress_bar(
    total: float | None,
    *,
    desc: str,
    unit: str,
    shown: bool = True,
    delay: float = 0.0,
) -> Any:
    """Return a bar of tqdm for the terminal or the notebook that this runs in.

    A notebook without ipywidgets gets a bar of text, on standard output: what is
    written to standard error stands there as an error does, and so would tqdm's
    warning that ipywidgets is missing.

    Parameters
    ----------
    total : float or None
        What ``update`` will add up to, None if that is unknown.
    desc : str
        What is going on, in front of the bar.
    unit : str
        What is counted: "epoch", "pass".
    shown : bool, default=True
        Whether to show anything.
    delay : float, default=0.0
        Seconds of work before anything is shown; nothing is if it ends before.
        ``PATIENCE`` is right for what mostly is quick.

    Returns
    -------
    tqdm
        With ``update``, ``set_postfix`` and ``close``; a context manager.

    Examples
    --------
    >>> from skmirai.utils._progress import PATIENCE, progress_bar
    >>> with progress_bar(100, desc="passes", unit="pass", delay=PATIENCE) as bar:
    ...     for _ in range(10):
    ...         _ = bar.update(10)
    """
    return _tqdm()(
        total=total,
        desc=desc,
        unit=unit,
        disable=not shown,
        delay=delay,
        file=sys.stdout if _in_notebook() and not _has_widgets() else None,
    )


@cache
def _tqdm() -> Any:
    """Return tqdm's class for this place; it warns once, when it is imported."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        from tqdm.auto import tqdm
    return tqdm


def _in_notebook() -> bool:
    """Tell whether this runs in a kernel, by the same sign as tqdm does."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return "IPKernelApp" in getattr(shell, "config", ())


def _has_widgets() -> bool:
    from tqdm.notebook import IProgress

    return IProgress is not None
