"""Weights that an optimizer was told not to decay, which its copies forget."""

from typing import Any

#: What Keras leaves out of an optimizer's configuration, and so of its copies.
_EXCLUSIONS = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")


def exclusions(optimizer: Any) -> dict[str, Any]:
    """What ``exclude_from_weight_decay`` left in an optimizer; empty for a name."""
    found = vars(optimizer) if hasattr(optimizer, "__dict__") else {}
    chosen = {name: found[name] for name in _EXCLUSIONS if name in found}
    # Keras keeps a set of its own kind, which cannot be pickled
    return {n: set(v) if isinstance(v, set) else v for n, v in chosen.items()}


class KeepsExclusions:
    """Pickle and deep-copy the attribute ``optimizer`` with its exclusions."""

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        excluded = exclusions(state.get("optimizer"))
        return {**state, "_exclusions": excluded} if excluded else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        excluded = state.pop("_exclusions", {})
        if hasattr(super(), "__setstate__"):
            super().__setstate__(state)  # type: ignore[misc]
        else:
            vars(self).update(state)
        for name, value in excluded.items():
            setattr(state["optimizer"], name, value)
