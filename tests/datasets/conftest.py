"""Small files in the form of the UCI repository's."""

import gzip

import numpy as np
import pytest

from skmirai.feature_extraction import FEATURE_NAMES


class KitsuneFiles:
    """Text of a table of Kitsune's form, and what Python reads in it."""

    def __init__(self, n_benign=40, n_attack=160, seed=0):
        rng = np.random.default_rng(seed)
        self.n_rows = n_benign + n_attack
        X = rng.lognormal(2, 9, (self.n_rows, 115))
        X[:, ::7] = np.round(X[:, ::7])
        X[:, 5] *= -1
        X[rng.random(X.shape) < 0.1] = 0
        # Numbers as other programs write them: long, short, whole, with exponents.
        forms = ("{!r}", "{:.18e}", "{:.6g}", "{:.0f}", "{:.25f}", "{:+E}")
        self.cells = [
            [str(i), *(forms[(i + j) % 6].format(x) for j, x in enumerate(row))]
            for i, row in enumerate(X.tolist())
        ]
        self.labels = ["0"] * n_benign + ["1"] * n_attack
        self.X = np.array([[float(cell) for cell in row] for row in self.cells])
        self.y = np.repeat([0, 1], [n_benign, n_attack])

    def data(self, *, counter=True, header=False, quote=False, newline="\n"):
        names = ["counter", *FEATURE_NAMES]
        rows = [names, *self.cells] if header else self.cells
        mark = '"{}"'.format if quote else str
        return "".join(
            ",".join(map(mark, row[0 if counter else 1 :])) + newline for row in rows
        )

    def write(self, folder, data=None, labels=None, gz=False):
        """Write both files as UCI names them; without a newline after the labels."""
        texts = {
            "Mirai_dataset.csv": self.data() if data is None else data,
            "Mirai_labels.csv": "\n".join(self.labels) if labels is None else labels,
        }
        for name, text in texts.items():
            raw = text if isinstance(text, bytes) else text.encode()
            if gz:
                (folder / f"{name}.gz").write_bytes(gzip.compress(raw))
            else:
                (folder / name).write_bytes(raw)
        return folder


@pytest.fixture(scope="session")
def kitsune():
    return KitsuneFiles()
