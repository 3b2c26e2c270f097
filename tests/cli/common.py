"""What tests of several commands share."""

import io

import pandas as pd

#: A network that is trained at once.
SMALL = {"n_layers": 1, "n_nodes": 8, "epochs": 2, "random_state": 0}


def table(text):
    """Read CSV to the last bit, as pandas of itself does from 3.1 on."""
    return pd.read_csv(io.BytesIO(text.encode()), engine="pyarrow")
