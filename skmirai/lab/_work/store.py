"""Results on the disk, one file for each piece of work, so that a run can go on."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from skmirai.lab._json import read_json, write_json
from skmirai.utils._files import sha256

#: Setting "format" of a run; changes where results hold other figures than before.
FORMAT = 2


class ResultStore:
    """Folder of a lab run: settings, results, models, report.

    Parameters
    ----------
    folder : path
        The folder; it is made if it is not there.
    settings : mapping
        What the results depend on: table, subset, seeds, scale of the epochs.

    Raises
    ------
    ValueError
        If the folder holds results that were obtained with other settings.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Mapping[str, Any]):
        self.folder = Path(folder)
        self.parts = self.folder / "parts"
        self.models = self.folder / "models"
        self.figures = self.folder / "figures"
        for path in (self.parts, self.models, self.figures):
            path.mkdir(parents=True, exist_ok=True)
        self.settings = dict(settings)
        check_settings(self.folder, self.settings)

    def _path(self, name: str) -> Path:
        return self.parts / f"{name}.json"

    def check_table(self, data: Path, labels: Path) -> None:
        """Insist that the table is that of the results that are there.

        Raises
        ------
        ValueError
            If it is another one, or was changed.
        """
        path = self.folder / "table.json"
        now = {name: sha256(p) for name, p in (("data", data), ("labels", labels))}
        if not path.exists():
            write_json(path, now)
        if read_json(path) != now:
            raise ValueError(
                f"{self.folder} holds results of another table than {data}, or the "
                f"table was changed; choose another folder with -o, or delete this one"
            )

    def save(self, name: str, part: int, seconds: float, result: Any) -> None:
        """Write a result; it is there as a whole or not at all.

        Parameters
        ----------
        name : str
            Name of the piece of work.
        part : int
            Part of the lab that it belongs to.
        seconds : float
            Time that it took.
        result : mapping of str to object
            What it found.
        """
        write_json(self._path(name), {"part": part, "seconds": seconds, **result})

    def load(self, name: str) -> dict[str, Any] | None:
        """Read a result; None if it is not there or damaged."""
        found = read_json(self._path(name))
        return found if found and {"part", "seconds"} <= found.keys() else None

    def __contains__(self, name: str) -> bool:
        return self.load(name) is not None

    def __iter__(self) -> Iterator[str]:
        names = (path.stem for path in sorted(self.parts.glob("*.json")))
        return (name for name in names if name in self)

    def model(self, name: str) -> Path:
        """Path of a saved network."""
        return self.models / f"{name}.skmirai"


def check_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Insist that results in a folder have some settings; a new folder gets them.

    Raises
    ------
    ValueError
        If it holds results with other settings, or does not tell with which.
    """
    path = folder / "settings.json"
    if not path.exists():
        write_json(path, settings)
    before = read_json(path)
    if before is None:
        raise ValueError(
            f"{path} is damaged; delete the folder, or choose another one with -o"
        )
    for name in {**before, **settings}:
        if before.get(name) != settings.get(name):
            raise ValueError(
                f"{folder} holds results with {name}={before.get(name)!r}, but "
                f"{name}={settings.get(name)!r} is asked for; choose another folder "
                f"with -o, or delete this one"
            )
