"""Progress bars on standard error, where somebody is looking."""

import sys
from typing import Any


def bar_settings(verbose: bool | str) -> dict[str, Any]:
    """Settings of a progress bar.

    Parameters
    ----------
    verbose : bool or "auto"
        "auto" shows it on a terminal, after a second.

    Returns
    -------
    dict
        Arguments of ``tqdm``.
    """
    automatic = verbose == "auto"
    return {
        "disable": None if automatic else not verbose,
        "delay": 1.0 if automatic else 0.0,
        "leave": not automatic,
        "file": sys.stderr,
    }
