"""Read the folder of a run, whatever is in it, and change nothing there."""

import errno
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skmirai.lab._best import checked_best
from skmirai.lab._json import read_json
from skmirai.lab._protocol import BEST, Run, as_published
from skmirai.lab._runs import run_name
from skmirai.lab._schedule import chosen_parts, lab_tasks
from skmirai.lab._work.tasks import Task

#: Files beside the results.
OTHERS = ("settings", "table")


@dataclass(frozen=True)
class LabFolder:
    """What is in the folder of a run.

    Attributes
    ----------
    path : Path
        The folder.
    settings : mapping of str to object
        Settings of the run; empty where the file is damaged.
    table : mapping of str to str
        Digests of the files of its table; empty where there are none.
    results : mapping of str to mapping
        Results that can be read, by the names of their pieces of work.
    damaged : mapping of str to str
        What is wrong with files that cannot be read, by their names without ending.
    """

    path: Path
    settings: Mapping[str, Any]
    table: Mapping[str, Any]
    results: Mapping[str, Mapping[str, Any]]
    damaged: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows_published(self) -> bool:
        """Whether rows, as part 1 found them, and settings are the published ones."""
        origin = self.results.get("part_01", {}).get("origin")
        return as_published(origin, self.settings)

    @property
    def best(self) -> Mapping[str, Any]:
        """Configuration of parts 19 to 21; the published one where it is damaged."""
        try:
            return checked_best(self.settings.get("best"), "best")
        except (TypeError, ValueError):
            return BEST

    def title(self, run: Run) -> str:
        """Title of a run of the lab's table, as it was trained."""
        found = self.results.get(run_name(run.name), {}).get("title")
        return found if isinstance(found, str) else run.title

    def tasks(self, parts: Any = None) -> list[Task]:
        """Pieces of work that a run with these settings consists of, by part.

        Parameters
        ----------
        parts : collection of int or None, default=None
            Numbers of the parts; None takes all.

        Returns
        -------
        list of Task
            Damaged settings count as those of a whole run with one seed.
        """
        scale = finite(self.settings.get("epochs_scale"))
        n_seeds = self.settings.get("n_seeds")
        if not isinstance(n_seeds, int) or not 1 <= n_seeds <= 100:
            n_seeds = 1
        tasks = lab_tasks(
            None if parts is None else chosen_parts(parts, "parts"),
            epochs_scale=scale if scale and scale > 0 else 1.0,
            n_seeds=n_seeds,
            best=self.best,
        )
        return sorted(tasks, key=lambda task: task.part)

    def over_seeds(self, run: str, metric: str) -> list[float]:
        """Values of a figure of a run, one for each seed that has a result.

        Parameters
        ----------
        run : str
            Name of the run in the lab's table.
        metric : str
            Name of the figure.
        """
        first = run_name(run)
        return [
            float(result[metric])
            for name, result in self.results.items()
            if (name == first or name.startswith(f"{first}_seed_"))
            and finite(result.get(metric)) is not None
        ]

    def over_folds(self, metric: str) -> list[float]:
        """Values of a figure of the folds that have a result."""
        return [
            float(result[metric])
            for name, result in self.results.items()
            if name.startswith("fold_") and finite(result.get(metric)) is not None
        ]


def read_folder(path: str | os.PathLike[str]) -> LabFolder:
    """Read the folder of a run.

    Parameters
    ----------
    path : path
        The folder that ``skmirai lab run -o`` names.

    Returns
    -------
    LabFolder
        What is in it; files that cannot be read are named there.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it is not the folder of a run.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(folder))
    settings, pieces = folder / "settings.json", folder / "parts"
    if not settings.exists() and not pieces.is_dir():
        raise ValueError(
            f"{folder} is no folder of a lab run: it has neither settings.json nor "
            f"parts; give the one that 'skmirai lab run -o' named"
        )
    found = {name: _read(folder / f"{name}.json") for name in OTHERS}
    files = sorted(pieces.glob("*.json"), key=lambda file: file.stem)
    found |= {file.stem: _read(file) for file in files}
    damaged = {name: what for name, what in found.items() if isinstance(what, str)}
    good = {name: what for name, what in found.items() if not isinstance(what, str)}
    return LabFolder(
        folder, good.pop("settings", {}), good.pop("table", {}), good, damaged
    )


def _read(path: Path) -> dict[str, Any] | str:
    """Read a file; say what is wrong with one that cannot be read."""
    if not path.exists():
        return "is missing"
    try:
        found = read_json(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "is damaged: it holds no JSON object" if found is None else found


def finite(value: Any) -> float | None:
    """Return a finite number, None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
