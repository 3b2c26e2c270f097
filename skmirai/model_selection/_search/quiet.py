"""Optuna's log, which the progress bar stands in for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import optuna


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from telling of each trial; its level is given back."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
