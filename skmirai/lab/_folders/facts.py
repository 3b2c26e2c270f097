"""Figures that rows and settings determine, of any seed."""

from collections.abc import Iterator, Mapping
from typing import Any

#: Such figures, by the names of their results.
_FACTS: Mapping[str, tuple[str, ...]] = {
    "part_01": ("shape", "counts", "n_nan", "n_nan_labels"),
    "part_05": ("majority",),
    "part_07": ("train", "rest"),
    "part_08": ("train", "validation", "test", "rest", "class_weight"),
    "batch_100": ("updates",),
    "batch_1000": ("updates",),
    "batch_10000": ("updates",),
}


def facts(results: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """Figures of a run that do not depend on its seeds.

    Parameters
    ----------
    results : mapping of str to mapping
        Results by the names of their pieces of work.

    Yields
    ------
    result : str
        Name of the piece of work.
    figure : str
        Name of the figure.
    value : object
        A number or a list of them, if nobody changed it.

    Examples
    --------
    >>> from skmirai.lab._folders.facts import facts
    >>> list(facts({"part_05": {"majority": 0.84, "uniform": {}}}))
    [('part_05', 'majority', 0.84)]
    """
    for result, names in _FACTS.items():
        for name in names:
            if name in results.get(result, {}):
                yield result, name, results[result][name]
    for network, found in results.get("part_09", {}).items():
        if isinstance(found, Mapping) and "trainable" in found:
            yield "part_09", f"parameters of {network}", found["trainable"]
