"""What every piece of work of the lab gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from skmirai.lab._rows.splits import Splits, shuffled_split
from skmirai.lab._rows.table import LabTable
from skmirai.lab._work.store import ResultStore

#: Result that every training needs: the standardisation of part 6.
STANDARDISATION = "part_06"


@dataclass(frozen=True)
class LabContext:
    """What every piece of work needs.

    Attributes
    ----------
    table : LabTable
        The rows.
    store : ResultStore
        Where results of other pieces are, and where networks are saved.
    scaling : {"all_rows", "training_rows"}
        Rows that the standardisation learns from.
    random_state : int
        Seed of the trainings.
    report_epoch : callable
        Called with the number of epochs done, after every epoch.
    """

    table: LabTable
    store: ResultStore
    scaling: str
    random_state: int
    report_epoch: Callable[[int], None]

    def splits(self) -> Splits:
        """Row numbers to train, to validate and to test on."""
        return shuffled_split(self.table.shape[0])

    def scaler(self) -> Any:
        """What the estimators take for their parameter ``scaler``."""
        if self.scaling == "training_rows":
            return "standard"
        found = self.store.load(STANDARDISATION)
        if found is None:
            raise RuntimeError("the standardisation of part 6 must come first")
        scaler = StandardScaler()
        scaler.mean_ = np.array(found["mean"])
        scaler.var_ = np.array(found["variance"])
        scaler.scale_ = np.array(found["scale"])
        scaler.n_features_in_ = len(scaler.mean_)
        scaler.n_samples_seen_ = found["n_rows"]
        return FrozenEstimator(scaler)


def class_counts(labels: np.ndarray) -> list[int]:
    """Number of benign and of attack rows.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        0 (benign) or 1 (attack) for each row.

    Returns
    -------
    list of int
        The two numbers.
    """
    return np.bincount(labels, minlength=2).tolist()
