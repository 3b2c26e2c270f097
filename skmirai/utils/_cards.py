"""Graphics cards, as NVIDIA's library or its command ``nvidia-smi`` tells of them."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from skmirai.utils._optional import import_optional

_MIB = 2**20

#: What of a card changes; None where it does not tell.
_CHANGING = ("used memory", "busy")


class GraphicsCards:
    """Cards of this machine, to be looked at again and again.

    They are asked through NVML if ``nvidia-ml-py`` is installed (extra ``gpu``) and
    finds a driver, else by ``nvidia-smi``, which takes longer and does not know the
    number of cores. Those of other makers are not seen.

    Attributes
    ----------
    slow : bool
        Whether every look starts a command.

    Examples
    --------
    >>> from skmirai.utils._cards import GraphicsCards
    >>> with GraphicsCards() as cards:
    ...     seen = cards.read()
    >>> all(card["name"] for card in seen)
    True
    """

    def __enter__(self) -> Self:
        """Find the cards."""
        self._reader: _Reader
        try:
            self._reader = _Nvml()
        except _NoNvmlError:
            self._reader = _Command()
        self.slow = isinstance(self._reader, _Command)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave them alone."""
        self._reader.close()

    def read(self) -> list[dict[str, Any]]:
        """Tell of every card that was there at the first look.

        Returns
        -------
        list of dict
            "name", "memory" and "used memory" in bytes, "busy" in percent of the
            last moments, and "cuda cores". None stands for what a card does not tell,
            and for all that changes once it is gone.
        """
        return self._reader.read()


class _Reader(Protocol):
    """A way to ask the cards."""

    def read(self) -> list[dict[str, Any]]:
        """Tell of every card."""

    def close(self) -> None:
        """Ask no more."""


class _NoNvmlError(Exception):
    """NVML cannot be asked here."""


class _Nvml:
    """Asks NVML, in the process."""

    def __init__(self) -> None:
        try:
            purpose = "figures of graphics cards"
            self._nvml: Any = import_optional("pynvml", extra="gpu", purpose=purpose)
            self._nvml.nvmlInit()
        except ImportError as error:
            raise _NoNvmlError from error
        except self._nvml.NVMLError as error:
            raise _NoNvmlError from error
        n_cards = self._told(self._nvml.nvmlDeviceGetCount) or 0
        handles = (
            self._told(self._nvml.nvmlDeviceGetHandleByIndex, k) for k in range(n_cards)
        )
        self._cards = [(h, self._lasting(h)) for h in handles if h is not None]

    def _told(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Ask; None if there is no answer: not supported, no permission, card lost."""
        try:
            return function(*arguments)
        except self._nvml.NVMLError:
            return None

    def _lasting(self, handle: Any) -> dict[str, Any]:
        memory = self._told(self._nvml.nvmlDeviceGetMemoryInfo, handle)
        name = self._told(self._nvml.nvmlDeviceGetName, handle)
        return {
            "name": name or "unknown",
            "memory": memory and int(memory.total),
            "cuda cores": self._told(self._nvml.nvmlDeviceGetNumGpuCores, handle),
        }

    def read(self) -> list[dict[str, Any]]:
        """Tell of every card."""
        found = []
        for handle, lasting in self._cards:
            memory = self._told(self._nvml.nvmlDeviceGetMemoryInfo, handle)
            rates = self._told(self._nvml.nvmlDeviceGetUtilizationRates, handle)
            changing = (memory and int(memory.used), rates and int(rates.gpu))
            found.append({**lasting, **dict(zip(_CHANGING, changing, strict=True))})
        return found

    def close(self) -> None:
        """Ask no more."""
        with suppress(self._nvml.NVMLError):
            self._nvml.nvmlShutdown()


class _Command:
    """Asks ``nvidia-smi``; nothing after it did not answer at first."""

    def __init__(self) -> None:
        self._lasting: dict[str, dict[str, Any]] | None = None

    def read(self) -> list[dict[str, Any]]:
        """Tell of every card."""
        if self._lasting == {}:
            return []
        listed = _listed()
        if self._lasting is None:
            self._lasting = {
                index: {name: card[name] for name in card if name not in _CHANGING}
                for index, card in listed.items()
            }
        gone = dict.fromkeys(_CHANGING)
        return [
            {**gone, **lasting, **listed.get(index, {})}
            for index, lasting in self._lasting.items()
        ]

    def close(self) -> None:
        """There is nothing to close."""


def _listed() -> dict[str, dict[str, Any]]:
    """Cards that ``nvidia-smi`` lists, by their index."""
    fields = "index,name,memory.total,memory.used,utilization.gpu"
    try:
        listed = subprocess.run(
            ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(_card(line) for line in listed.splitlines() if line.count(",") >= 4)


def _card(line: str) -> tuple[str, dict[str, Any]]:
    """Read one line of what nvidia-smi lists; a figure it does not know is None."""
    index, _, rest = line.partition(",")
    name, *figures = (value.strip() for value in rest.rsplit(",", 3))
    total, used, busy = (int(f) if f.isdigit() else None for f in figures)
    return index.strip(), {
        "name": name,
        "memory": total and total * _MIB,
        "used memory": None if used is None else used * _MIB,
        "busy": busy,
        "cuda cores": None,
    }
