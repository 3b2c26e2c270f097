"""Compile functions of tensors so that what was compiled can be dropped again."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._engine.devices import gpu_names
from skmirai.neural_network._engine.forks import check_not_forked


def check_surroundings(what: str) -> None:
    """Insist on a place where programs can be compiled and run.

    Parameters
    ----------
    what : str
        What the user called, for the message.

    Raises
    ------
    RuntimeError
        Inside a ``tf.function``, a ``tf.Graph`` or a ``keras.StatelessScope``,
        where variables and arrays are no values; and in a process that was
        forked after TensorFlow had been used.
    """
    check_not_forked(what)
    where = None
    if tf.inside_function():
        where = "a tf.function"
    elif not tf.executing_eagerly():
        where = "a tf.Graph, or eager execution is switched off"
    elif _is_stateless():
        where = "a keras.StatelessScope"
    if where is not None:
        raise RuntimeError(
            f"{what} was called inside {where}, where nothing has a value yet; "
            f"call it outside"
        )


def _is_stateless() -> bool:
    """Tell whether a scope of Keras is open that has no variables."""
    try:
        keras.Variable(0.0, name="probe")
    except ValueError:
        return True
    return False


def compile_program(
    function: Callable[..., Any], signature: "Sequence[tf.TensorSpec]"
) -> Callable[..., Any]:
    """Compile a function of tensors with XLA.

    On a processor the program lives in a session, with few others, and takes and
    returns arrays. TensorFlow keeps what it has compiled for as long as the
    device that it was compiled for: that of eager execution stays until the
    process ends, some 3 MB for each program, but that of a session goes with
    it. On a graphics card, where the rows lie in its memory, the program is an
    ordinary function of tensors.

    Parameters
    ----------
    function : callable
        Takes and returns tensors; it may not keep any.
    signature : sequence of tf.TensorSpec
        Shapes and types of its arguments.

    Returns
    -------
    callable
        Takes arrays or tensors. Several threads may call it at the same time.
    """
    traced = tf.function(function, autograph=False, jit_compile=True)
    # traced where eager execution is the rule: in a graph, == compares identities
    concrete = traced.get_concrete_function(*signature)
    # what an activation of the user's holds, a graph cannot take in
    if gpu_names() or concrete.captured_inputs:
        return concrete
    return _InSession(concrete, signature)


class _Session:
    """A graph and a session of some programs, compiled for a device of their own."""

    def __init__(self) -> None:
        v1 = tf.compat.v1
        options = v1.ConfigProto(inter_op_parallelism_threads=-1)  # the caller's
        options.graph_options.rewrite_options.disable_meta_optimizer = True
        self._graph = tf.Graph()
        self._session = v1.Session(graph=self._graph, config=options)
        self.n_programs = 0

    def add(self, concrete: Any, signature: "Sequence[tf.TensorSpec]") -> Any:
        """Take in a program; return the function that runs it."""
        self.n_programs += 1
        with self._graph.as_default():
            taken = [
                tf.compat.v1.placeholder(spec.dtype, spec.shape) for spec in signature
            ]
            returned = list(concrete(*taken))
        return self._session.make_callable(returned, feed_list=taken)


#: Programs that share a session: TensorFlow starts ten threads for each session.
_PER_SESSION = 8

_newest: _Session | None = None
_newest_lock = threading.Lock()


class _InSession:
    """A program in a session that goes when all of its programs are gone."""

    def __init__(self, concrete: Any, signature: "Sequence[tf.TensorSpec]") -> None:
        global _newest
        with _newest_lock:
            if _newest is None or _newest.n_programs >= _PER_SESSION:
                _newest = _Session()
            self._session = _newest
            self._call = _newest.add(concrete, signature)

    def __call__(self, *arguments: Any) -> list[np.ndarray]:
        return self._call(*(np.asarray(argument) for argument in arguments))
