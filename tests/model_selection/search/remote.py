"""Tables and estimators that tell what happens to them in other processes."""

import os
import signal
import time
from contextlib import suppress
from typing import ClassVar

import pandas as pd
from sklearn import get_config
from sklearn.linear_model import LogisticRegression


class CountedTable(pd.DataFrame):
    """A table that notes each process that it arrives in, in the file `log`."""

    _metadata: ClassVar = ["log"]

    def __setstate__(self, state):
        super().__setstate__(state)
        with open(self.log, "a") as file:
            file.write(f"{os.getpid()}\n")


class Slow(LogisticRegression):
    """Takes long enough for folds to go to several workers."""

    def fit(self, X, y):
        time.sleep(0.2)
        return super().fit(X, y)


class Fatal(LogisticRegression):
    """Kills its process in the first fit of all, or in all with no `marker` for it."""

    def __init__(self, marker=None, C=1.0):
        super().__init__(C=C)
        self.marker = marker

    def fit(self, X, y):
        if self.marker is None or not self.marker.exists():
            if self.marker is not None:
                self.marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


class Choosy(LogisticRegression):
    """Fits where scikit-learn is told to skip the check for finite numbers."""

    def fit(self, X, y):
        if not get_config()["assume_finite"]:
            raise RuntimeError("the configuration has not come along")
        return super().fit(X, y)


class Interrupting(LogisticRegression):
    """Sends SIGINT to a process, as Ctrl-C does, once, in a fit with ``C=2``."""

    def __init__(self, marker=None, process=None, C=1.0):
        super().__init__(C=C)
        self.marker = marker
        self.process = process

    def fit(self, X, y):
        if self.C == 2:
            with suppress(FileExistsError), open(self.marker, "x"):
                os.kill(self.process, signal.SIGINT)
            time.sleep(0.3)
        return super().fit(X, y)
