"""Where the time of an epoch goes, part by part, and what other tools would take.

Run: ``python benchmarks/parts.py``. Milliseconds for 534,895 x 92 float32 in batches
of 10,000 with 20 units: the products with the input columns, by NumPy, TensorFlow's
operations and a program compiled by XLA (rows in memory, and one batch that stays in
the cache); copying shuffled rows; drawing the order; and dropout's random masks.
"""

import numpy as np
import tensorflow as tf
from common import (
    LAB_COLUMNS,
    LAB_ROWS,
    by_turns,
    lab_table,
    machine,
    print_times,
    seconds,
)

from skmirai.neural_network._engine.layers import dropout
from skmirai.neural_network._engine.rows import epoch_order

BATCH, UNITS, ROUNDS = 10_000, 20, 9
N_BATCHES = LAB_ROWS // BATCH


def compiled(product, moving: bool):
    """Loop over the batches in one program; the sum keeps it from leaving work out."""

    @tf.function(jit_compile=True, autograph=False)
    def run(X, other):
        batches = tf.reshape(X, (-1, BATCH, LAB_COLUMNS))

        def step(number, total):
            rows = batches[number if moving else 0]
            # depends on the step before, or the compiler would take it out of the loop
            return number + 1, total + tf.reduce_sum(
                product(rows, other * (1 + 1e-20 * total))[:1]
            )

        start = (tf.constant(0), tf.constant(0.0))
        return tf.while_loop(lambda number, _: number < N_BATCHES, step, start)[1]

    return run


def products(X) -> None:
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((LAB_COLUMNS, UNITS), dtype=np.float32)
    slopes = rng.standard_normal((BATCH, UNITS), dtype=np.float32)
    batches = [X[i * BATCH : (i + 1) * BATCH] for i in range(N_BATCHES)]
    tensors = [tf.constant(batch) for batch in batches]
    whole = tf.constant(X[: N_BATCHES * BATCH])

    def forward(rows, kernel):
        return tf.linalg.matmul(rows, kernel)

    def backward(rows, slopes):
        return tf.linalg.matmul(rows, slopes, transpose_a=True)

    for title, function, other, by_numpy in (
        ("Forward product X W", forward, kernel, lambda rows: rows @ kernel),
        ("Gradient X' G", backward, slopes, lambda rows: rows.T @ slopes),
    ):
        tensor = tf.constant(other)
        moving, still = compiled(function, True), compiled(function, False)
        tasks = {
            "XLA, rows in memory": lambda f=moving, t=tensor: float(f(whole, t)),
            "XLA, one batch in the cache": lambda f=still, t=tensor: float(f(whole, t)),
            "TensorFlow's operation": lambda f=function, t=tensor: [
                f(rows, t) for rows in tensors
            ],
            "NumPy": lambda f=by_numpy: [f(rows) for rows in batches],
        }
        show(f"{title}, all batches of an epoch", tasks)


def rows_and_order(X) -> None:
    table = tf.constant(X)
    order = epoch_order(len(X), 0, 0)
    parts = np.array_split(order, len(X) // 2**16)
    show(
        "Shuffled rows of an epoch",
        {
            "copy, as compiled epochs do": lambda: [
                tf.gather(table, tf.constant(part)) for part in parts
            ],
            "draw the order": lambda: epoch_order(len(X), 0, 1),
        },
    )


def masks() -> None:
    def loop(dropped):
        @tf.function(jit_compile=True, autograph=False)
        def run(values):
            def step(number, total):
                return number + 1, total + tf.reduce_sum(dropped(values, number))

            start = (tf.constant(0), tf.constant(0.0))
            return tf.while_loop(lambda number, _: number < 100, step, start)[1]

        return run

    def ours(values, number):
        counter = tf.stack([0, tf.cast(number, tf.int64)])
        return dropout(values, tf.constant(0.2), counter)

    def of_tensorflow(values, number):
        return tf.nn.experimental.stateless_dropout(
            values, rate=0.2, seed=tf.stack([number, 0])
        )

    values = tf.ones((256, 64))
    programs = {"compiled epochs": loop(ours), "stateless_dropout": loop(of_tensorflow)}
    show(
        "A hundred times dropout of 256 x 64 units",
        {name: lambda f=f: float(f(values)) for name, f in programs.items()},
    )


def show(title, tasks) -> None:
    timed = {name: lambda task=task: seconds(task) for name, task in tasks.items()}
    by_turns(timed, 2)  # compile, fill the caches
    print_times(title, by_turns(timed, ROUNDS), "ms")


if __name__ == "__main__":
    print(machine())
    X, _ = lab_table()
    products(X)
    rows_and_order(X)
    masks()
