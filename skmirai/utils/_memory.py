"""What a block of code makes of the same rows again and again may be kept for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

_Value = TypeVar("_Value")


class Memory(Protocol):
    """Keeps values by keys, for as long as it sees fit."""

    def of(self, key: Any, make: Callable[[], Any], held: Any) -> Any:
        """Return the value of a key, made if it is not kept.

        ``held`` are objects whose identities are part of the key.
        """
        ...


_MEMORY: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Let fits and predictions of this block, in this thread, use a memory."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def is_remembering() -> bool:
    """Whether there is a memory here."""
    return _MEMORY.get() is not None


def remembered(key: Any, make: Callable[[], _Value], held: Any) -> _Value:
    """Return what was made under a key before, or make it.

    Examples
    --------
    >>> from skmirai.utils._memory import remembered
    >>> remembered("three", lambda: 3, held=())
    3
    """
    memory = _MEMORY.get()
    return make() if memory is None else memory.of(key, make, held)
