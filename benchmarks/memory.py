"""Memory over many fits, and the time that importing takes.

Run: ``python benchmarks/memory.py``. Resident memory of this process before and
after 200 fits of one architecture, and of 20 plain Keras fits for comparison.
"""

import argparse
import gc
import statistics
import subprocess
import sys
import time

from common import lab_table, machine


def resident() -> float:
    """Resident memory in MB."""
    gc.collect()
    with open("/proc/self/status") as lines:
        line = next(x for x in lines if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def ours(X, y, number: int) -> None:
    from skmirai import MiraiDNNClassifier

    rate = 0.001 + 0.00001 * number
    model = MiraiDNNClassifier(epochs=5, learning_rate=rate, random_state=number)
    n_rows = len(X) - number % 7
    model.fit(X[:n_rows], y[:n_rows]).predict_proba(X[:10])


def plain_keras(X, y, number: int) -> None:
    import keras

    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.2)]
    layers += [keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.2)]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(
        keras.optimizers.Adam(0.001 + 0.00001 * number), "binary_crossentropy"
    )
    model.fit(X, y, batch_size=256, epochs=5, verbose=0)
    model.predict(X[:10], verbose=0)


def growth(fit, n_fits: int) -> None:
    X, y = lab_table(2_000)
    for number in range(5):  # compile, fill the caches
        fit(X, y, number)
    before, start = resident(), time.perf_counter()
    for number in range(5, 5 + n_fits):
        fit(X, y, number)
    taken = (time.perf_counter() - start) / n_fits
    print(
        f"{fit.__name__:12} {n_fits} fits: {before:.0f} MB before, {resident():.0f} MB "
        f"after, {resident() - before:+.1f} MB; {taken * 1e3:.0f} ms a fit"
    )


def imports(rounds: int = 5) -> None:
    for line in (
        "import skmirai",
        "from skmirai import MiraiDNNClassifier as C; C().get_params()",
        "import sklearn.neural_network",
        "import keras",
    ):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", line], check=True, capture_output=True
            )
            times.append(time.perf_counter() - start)
        print(f"{statistics.median(times):6.2f} s  {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=200)
    parser.add_argument("--keras-fits", type=int, default=20)
    options = parser.parse_args()
    print(machine())
    imports()
    growth(ours, options.fits)
    growth(plain_keras, options.keras_fits)
