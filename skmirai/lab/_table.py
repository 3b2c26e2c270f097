"""The lab's table on the disk: the user's files, or a generated stand-in."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skmirai.datasets import load_kitsune_mirai, make_mirai_traffic
from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.lab._protocol import N_ATTACK, N_BENIGN, N_ROWS
from skmirai.utils._files import replaced

#: Column that part 22 predicts: the last of the dropped ones.
TARGET = "H_L1_mean"


@dataclass(frozen=True)
class LabTable:
    """A table in NumPy's format, opened where it is needed.

    Attributes
    ----------
    data, labels : Path
        The two files: rows, and 0 (benign) or 1 (attack) for each.
    generated : bool
        Whether the rows were made up.
    """

    data: Path
    labels: Path
    generated: bool

    def open(self) -> tuple[np.ndarray, np.ndarray]:
        """Memory-map the rows and read the labels."""
        return np.load(self.data, mmap_mode="r"), self._labels()

    def _labels(self) -> np.ndarray:
        return np.load(self.labels).ravel().astype(np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        n_rows, n_columns = np.load(self.data, mmap_mode="r").shape
        return n_rows, n_columns

    @property
    def n_dropped(self) -> int:
        """Leading columns to drop, 24 with the counter and 23 without."""
        return 24 - (len(FEATURE_NAMES) + 1 - self.shape[1])

    @property
    def target_column(self) -> int:
        """Number of the column that part 22 predicts."""
        n_before = self.shape[1] - len(FEATURE_NAMES)
        return n_before + FEATURE_NAMES.index(TARGET)

    @property
    def has_published_labels(self) -> bool:
        """Whether the labels are those of the published lab, in its order."""
        published = np.repeat([0, 1], [N_BENIGN, N_ATTACK])
        return np.array_equal(self._labels(), published)


def lab_table(
    data_dir: str | os.PathLike[str] | None,
    folder: Path,
    *,
    subset: str = "full",
    n_rows: int = N_ROWS,
    random_state: int = 0,
) -> LabTable:
    """Find the table, convert it if need be, or generate one.

    Parameters
    ----------
    data_dir : path or None
        Folder with the lab's npy files or UCI's CSV files; None generates a
        table with the lab's share of labels.
    folder : Path
        Where a generated table or a subset is kept.
    subset : {"full", "half", "quarter"}, default="full"
        Share of the rows.
    n_rows : int, default=764137
        Rows of a generated table, before the subset is drawn.
    random_state : int, default=0
        Seeds generated rows.

    Returns
    -------
    LabTable
        Files of the table.

    Raises
    ------
    FileNotFoundError, ValueError
        If there are no such files, or they do not hold such a table.
    """
    generated = data_dir is None
    if data_dir is None:
        data_dir = folder / "generated"
        _generate(data_dir, n_rows, random_state)
    found = load_kitsune_mirai(data_dir, subset=subset, mmap_mode="r")
    if subset != "full":
        return _kept(folder / subset, found.data, found.target, generated)
    return LabTable(Path(found.data_filename), Path(found.target_filename), generated)


def _generate(folder: Path, n_rows: int, random_state: int) -> None:
    data, labels = folder / "Mirai_data.npy", folder / "Mirai_labels.npy"
    folder.mkdir(parents=True, exist_ok=True)
    if not data.exists() or len(np.load(data, mmap_mode="r")) != n_rows:
        X, y = make_mirai_traffic(n_rows, random_state=random_state, return_X_y=True)
        _save(labels, y)
        _save(data, X)


def _kept(folder: Path, X: np.ndarray, y: np.ndarray, generated: bool) -> LabTable:
    """Keep a part of the table, where every process can open it."""
    table = LabTable(folder / "Mirai_data.npy", folder / "Mirai_labels.npy", generated)
    folder.mkdir(parents=True, exist_ok=True)
    if not table.data.exists():
        _save(table.labels, y)
        _save(table.data, X)
    return table


def _save(path: Path, values: np.ndarray) -> None:
    with replaced(path) as file:
        np.save(file, values)
