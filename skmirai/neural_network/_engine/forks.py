"""Processes that were forked after TensorFlow had started its threads."""

import os
import sys

_forked_too_late = False


def _note_fork() -> None:
    """Remember, in a child, whether TensorFlow was at work before it was forked."""
    global _forked_too_late
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "_context", None)
    _forked_too_late |= bool(getattr(context, "_initialized", False))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def check_not_forked(what: str) -> None:
    """Refuse what would wait for ever for threads that a fork left behind.

    Parameters
    ----------
    what : str
        What needs TensorFlow, for the message.

    Raises
    ------
    RuntimeError
        In a process that was forked after TensorFlow had been used.
    """
    if _forked_too_late:
        raise RuntimeError(
            f"{what} needs TensorFlow, whose threads do not exist in this process: it "
            f"was forked after they had started, and would wait for ever. Start "
            f"processes by multiprocessing.get_context('spawn') or joblib's 'loky', "
            f"or fork before the first fit and do that in the child. "
            f"Predicting works with any activation that is a name of Keras"
        )
