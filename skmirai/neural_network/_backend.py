"""Keras and TensorFlow, imported here only: when used, quietly, on the right backend.

``keras`` and ``tf`` stand for the two modules, which are imported when something of
them is asked for: loading a model and predicting needs neither, and starting both
takes longer and more memory than all the rest. Classes that are derived from Keras's
need it when their module is imported, so that who loads a model imports none of these.

TensorFlow tells about the machine while it is imported and when it first looks for
devices. None of that concerns who fits a classifier, so known lines are dropped and
later ones limited to errors. ``SKMIRAI_VERBOSE_IMPORT=1`` in the environment shows
everything; a ``TF_CPP_MIN_LOG_LEVEL`` that is set keeps its meaning; and nothing is
done where TensorFlow was imported before.
"""

import importlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from skmirai.utils._stderr import without_noise

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_VERBOSE = "SKMIRAI_VERBOSE_IMPORT"

#: Information and warnings, and errors that say no more than "there is no GPU" or
#: "this library was linked twice".
_NOISE = re.compile(
    rb"""
    ([IW]\d{4}\ |\d{4}-\d\d-\d\d\ [\d:.]+:\ [IW]\ )
    | (E\d{4}\ |\d{4}-\d\d-\d\d\ [\d:.]+:\ E\ ).*
      ( cuInit.*(\(303\)|NO_DEVICE) | Unable\ to\ register\ cu\w+\ factory )
    | WARNING:\ All\ log\ messages\ before\ absl::InitializeLog\(\)
    | To\ enable\ the\ following\ instructions:
    """,
    re.VERBOSE,
)


def wanted_backend() -> str:
    """Return the backend that Keras takes, or has taken."""
    if "keras" in sys.modules:
        return str(sys.modules["keras"].config.backend())
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"]
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    try:
        config = json.loads((home / "keras.json").read_text(encoding="utf-8"))
        return str(config.get("backend", "tensorflow"))
    except (OSError, ValueError, AttributeError):
        return "tensorflow"  # as Keras itself does with a file that it cannot read


def check_backend() -> None:
    """Refuse another backend than TensorFlow before it fails somewhere inside.

    Raises
    ------
    ImportError
        If Keras runs, or would run, on another backend.
    """
    backend = wanted_backend()
    if backend != "tensorflow":
        raise ImportError(
            f"skmirai needs Keras on TensorFlow, but its backend is {backend!r}: set "
            "KERAS_BACKEND=tensorflow in the environment before Keras is imported, or "
            'write "backend": "tensorflow" in keras.json'
        )


@contextmanager
def _quiet() -> Iterator[bool]:
    """Context in which TensorFlow is imported, and learns what to say later.

    Its value tells whether anything is held back.
    """
    verbose = os.environ.get(_VERBOSE, "0") not in ("", "0")
    if "tensorflow" in sys.modules or verbose or os.environ.get(_LEVEL) in ("0", "1"):
        yield False
        return
    ours = _LEVEL not in os.environ
    if ours:
        os.environ[_LEVEL] = "2"  # it is read once
    try:
        with without_noise(_NOISE):
            yield True
    finally:
        if ours:  # child processes decide for themselves
            os.environ.pop(_LEVEL, None)


def is_started() -> bool:
    """Tell whether TensorFlow is there, and Keras on it."""
    return {"keras", "tensorflow"} <= sys.modules.keys() and (
        wanted_backend() == "tensorflow"
    )


_starting = threading.Lock()


def _started(name: str) -> ModuleType:
    """Return one of the two modules; import both where they are not yet."""
    with _starting:
        check_backend()
        with _quiet() as quiet:
            importlib.import_module("keras")
            module = importlib.import_module(name)
            if quiet:  # says so where there is no GPU
                importlib.import_module("tensorflow").config.list_physical_devices()
    return module


class _OnUse:
    """A module that is imported when something of it is first asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None

    def __getattr__(self, name: str) -> Any:
        if self._module is None:
            self._module = _started(self._name)
        return getattr(self._module, name)


if TYPE_CHECKING:
    import keras
    import tensorflow as tf
else:
    keras, tf = _OnUse("keras"), _OnUse("tensorflow")


def to_numpy(values: Any) -> Any:
    """Copy a tensor or variable into an array; NumPy would warn of Keras's own way."""
    return tf.convert_to_tensor(values).numpy()


__all__ = [
    "check_backend",
    "is_started",
    "keras",
    "tf",
    "to_numpy",
    "wanted_backend",
]
