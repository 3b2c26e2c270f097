"""Hold two runs of the lab against each other, the spread over seeds in mind."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._comparison import RULE, difference
from skmirai.lab._folders.curves import curves_of, curves_text, plot_curves, title_of
from skmirai.lab._folders.facts import facts
from skmirai.lab._folders.read import LabFolder, read_folder
from skmirai.lab._folders.text import columns, for_json, short
from skmirai.lab._writing.figures import mean_and_spread
from skmirai.lab.parts import RUNS

#: What the report of two runs says of its words.
_WORDS = (
    "± is the standard deviation over seeds or folds (n - 1 in the denominator), their "
    f"number in brackets. {RULE} Otherwise it is within the seeds. One seed on a side "
    "tells no spread. The folds of part 21 are compared in the same way, though they "
    "share rows."
)

_METRICS = ("accuracy", "balanced_accuracy", "loss")


@dataclass(frozen=True)
class FigureDifference:
    """A figure of a training in two runs of the lab.

    Attributes
    ----------
    run : str
        Name of the training in the lab's table, or "folds".
    title : str
        What it is; both titles where they trained configurations of their own.
    metric : str
        Name of the figure.
    values : tuple of two lists of float
        One value for each seed, or for each fold.
    verdict : str
        "equal", "within the seeds", "beyond the seeds" or "one seed"; of folds
        instead of seeds in part 21.
    interval : tuple of two floats, or None
        Ends of Welch's 95 % interval of the difference; None where there is none.
    """

    run: str
    title: str
    metric: str
    values: tuple[list[float], list[float]]
    verdict: str
    interval: tuple[float, float] | None = None

    @property
    def difference(self) -> float:
        """Mean of the second run less that of the first."""
        first, second = self.values
        return float(np.mean(second) - np.mean(first))


@dataclass(frozen=True)
class LabComparison:
    """What differs between two runs of the lab; its text is the report.

    Attributes
    ----------
    folders : tuple of two str
        The folders, A and B.
    settings : mapping of str to tuple
        Settings that differ, as they are in A and in B; "table" if the rows do.
    facts : mapping of str to tuple
        Figures that rows and settings determine, where they differ.
    differences : tuple of FigureDifference
        Figures of the trainings that both have.
    only : tuple of two lists of str
        Pieces of work that only A, or only B has a result of.
    damaged : tuple of two mappings of str to str
        Files of A and of B that cannot be read, and why.
    rule : str
        When a difference is said to be beyond the seeds.
    curves : mapping of str to mapping
        Validation loss and accuracy of the trainings that both have, by their titles.
    """

    folders: tuple[str, str]
    settings: Mapping[str, tuple[Any, Any]]
    facts: Mapping[str, tuple[Any, Any]]
    differences: tuple[FigureDifference, ...]
    only: tuple[list[str], list[str]]
    damaged: tuple[Mapping[str, str], Mapping[str, str]]
    rule: str = _WORDS
    curves: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it but the curves, for JSON."""
        found = {
            "folders": list(self.folders),
            "rule": self.rule,
            "settings": {name: list(pair) for name, pair in self.settings.items()},
            "facts": {name: list(pair) for name, pair in self.facts.items()},
            "runs": [
                {**asdict(found), "difference": found.difference}
                for found in self.differences
            ],
            "only": list(self.only),
            "damaged": [dict(files) for files in self.damaged],
        }
        return for_json(found)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw validation loss and accuracy of both, training by training.

        Parameters
        ----------
        path : path
            Picture; its ending tells the format.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If there is no training with curves in both.
        """
        plot_curves(self.curves, self.folders, Path(path))

    def __str__(self) -> str:
        """Return the report as text."""
        return "\n\n".join(self._blocks())

    def _blocks(self) -> Iterator[str]:
        yield "\n".join(f"{x}: {f}" for x, f in zip("AB", self.folders, strict=True))
        for title, found in (
            ("Settings", self.settings),
            ("Figures of the rows", self.facts),
        ):
            rows = [[name, *map(short, pair)] for name, pair in found.items()]
            if rows:
                yield f"{title} that differ\n{columns(['', 'A', 'B'], rows)}"
            else:
                yield f"{title}: no difference"
        for metric in _METRICS:
            rows = [_row(d) for d in self.differences if d.metric == metric]
            if rows:
                header = ["", "A", "B", "B - A", ""]
                yield f"Test {metric.replace('_', ' ')}\n{columns(header, rows)}"
        if self.differences:
            yield self.rule
        else:
            yield "There is no training that both have."
        for name, names, damaged in zip("AB", self.only, self.damaged, strict=True):
            if names:
                yield f"Only {name} has {', '.join(names)}."
            if damaged:
                lines = [f"{file}: {what}" for file, what in damaged.items()]
                yield f"{name} has files that cannot be used\n" + "\n".join(lines)
        if self.curves:
            yield curves_text(self.curves)


def compare_labs(
    first: str | os.PathLike[str], second: str | os.PathLike[str]
) -> LabComparison:
    """Compare the results of two runs of the lab.

    Parameters
    ----------
    first, second : path
        Folders of the runs, A and B.

    Returns
    -------
    LabComparison
        Settings and results that differ; print it, or see ``to_dict`` and ``plot``.

    Raises
    ------
    FileNotFoundError, ValueError
        If one is no folder of a run. Files in it that are damaged are named in what
        is returned.

    Examples
    --------
    >>> from skmirai.lab import compare_labs
    >>> print(compare_labs("mirai-lab", "mirai-lab-relu"))  # doctest: +SKIP
    """
    a, b = read_folder(first), read_folder(second)
    known, others = dict(_all_facts(a)), dict(_all_facts(b))
    return LabComparison(
        (str(a.path), str(b.path)),
        _settings(a, b),
        {
            name: (value, others[name])
            for name, value in known.items()
            if name in others and others[name] != value
        },
        tuple(_differences(a, b)),
        (sorted(a.results.keys() - b.results), sorted(b.results.keys() - a.results)),
        (a.damaged, b.damaged),
        curves=curves_of(a, b),
    )


def judge(
    first: Sequence[float], second: Sequence[float], of: str = "seed"
) -> tuple[str, tuple[float, float] | None]:
    """Say whether the means of two groups of values differ beyond their spread.

    Parameters
    ----------
    first, second : sequence of float
        At least one value each.
    of : str, default="seed"
        What each value is of.

    Returns
    -------
    verdict : str
        As in :class:`FigureDifference`.
    interval : tuple of two floats, or None
        Ends of Welch's 95 % interval of the difference between the means; None where
        all values are equal, or a group has one.

    Examples
    --------
    >>> from skmirai.lab._folders.compare import judge
    >>> judge([0.90, 0.92, 0.91], [0.91, 0.90, 0.93])[0]
    'within the seeds'
    >>> judge([0.90, 0.92, 0.91], [0.80, 0.81, 0.82])[0]
    'beyond the seeds'
    """
    if list(first) == list(second):
        return "equal", None
    found = difference(first, second)
    if found.low is None or found.high is None:
        return f"one {of}", None
    side = "beyond" if found.is_beyond_seeds else "within"
    return f"{side} the {of}s", (found.low, found.high)


def _settings(a: LabFolder, b: LabFolder) -> dict[str, tuple[Any, Any]]:
    names = {**a.settings, **b.settings}
    pairs = {name: (a.settings.get(name), b.settings.get(name)) for name in names}
    found = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    digests = [str(folder.table.get("data"))[:12] for folder in (a, b)]
    if a.table and b.table and a.table != b.table:
        found["table"] = digests[0], digests[1]
    return found


def _all_facts(folder: LabFolder) -> Iterator[tuple[str, Any]]:
    for result, figure, value in facts(folder.results):
        yield f"{result}, {figure}", value


def _differences(a: LabFolder, b: LabFolder) -> Iterator[FigureDifference]:
    for run in RUNS:
        title = title_of(run, a, b)
        for metric in _METRICS:
            values = a.over_seeds(run.name, metric), b.over_seeds(run.name, metric)
            if all(values):
                found = judge(*values)
                yield FigureDifference(run.name, title, metric, values, *found)
    folds = a.over_folds("accuracy"), b.over_folds("accuracy")
    if all(folds):
        verdict = judge(*folds, of="fold")
        yield FigureDifference("folds", "part 21", "accuracy", folds, *verdict)


def _row(found: FigureDifference) -> list[str]:
    spreads = [_spread(values) for values in found.values]
    name = f"{found.run}: {found.title}"
    return [name, *spreads, f"{found.difference:+.4f}", found.verdict]


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{mean_and_spread(values)} ({len(values)})"
