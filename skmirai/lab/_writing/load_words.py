"""Figures and sentences of the load while networks were trained."""

from collections.abc import Iterator, Mapping
from typing import Any

from skmirai.lab._writing.material import number, size


def load_row(load: Mapping[str, Any]) -> list[str | None]:
    """Cells of a table: mean and peak of what was seen; None where nothing was."""
    card = load["cards"][0] if load["cards"] else None
    return [
        _pair(load["processors"], lambda x: number(x, 2)),
        _pair(load["machine"], _percent),
        _pair(load["memory"], size),
        _pair(card["busy"], _percent) if card else None,
        _pair(card["used memory"], size) if card else None,
        str(load["n_looks"]),
    ]


#: What stands above :func:`load_row`.
LOAD_HEADER = (
    "processors busy",
    "of all in the machine",
    "memory of the process",
    "graphics card busy",
    "its memory used",
    "looks",
)


def _pair(found: Mapping[str, float | None], written: Any) -> str | None:
    if found["mean"] is None:
        return None
    return f"{written(found['mean'])}, peak {written(found['peak'])}"


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def load_in_words(load: Mapping[str, Any]) -> Iterator[str]:
    """Sentences of what was seen during a training, of each card that told."""
    processors, memory = load["processors"], load["memory"]
    looks = f"{load['n_looks']} looks" if load["n_looks"] > 1 else "one look"
    yield (
        f"{processors['mean']:.2f} processors were busy with the training on average "
        f"({_span(processors, '.2f')} in {looks}), and its process held "
        f"{size(memory['mean'])} of main memory, at most {size(memory['peak'])}."
    )
    for card in load["cards"]:
        busy, used = card["busy"], card["used memory"]
        said = []
        if busy["mean"] is not None:
            said.append(
                f"was busy {_span(busy, '.0f')} % of the time, {busy['mean']:.0f} % on "
                f"average"
            )
        if used["mean"] is not None:
            taken = {name: used[name] / 2**20 for name in used}
            said.append(f"had {_span(taken, ',.0f')} MiB of its memory taken")
        told = ", and ".join(said) or "did not tell how busy or how full it was"
        yield f"The card ({card['name']}) {told}."
    if not load["cards"]:
        yield "No graphics card was seen."


def _span(found: Mapping[str, float], spec: str) -> str:
    low, high = format(found["low"], spec), format(found["peak"], spec)
    return low if low == high else f"{low} to {high}"
