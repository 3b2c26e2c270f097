"""What tests of several commands share."""

import io
from functools import partial

import pandas as pd

#: Calls the command, and adds what was imported to its output.
CALL = """
import sys
from skmirai.cli import main
try:
    main()
except SystemExit as left:
    assert not left.code
print(sorted({"tensorflow", "keras", "scikeras", "matplotlib"} & set(sys.modules)))
"""

#: A network that is trained at once.
SMALL = {"n_layers": 1, "n_nodes": 8, "epochs": 2, "random_state": 0}

#: Another one, as options of a training.
QUICK = ["--set", "n_layers=1", "--set", "n_nodes=4", "--epochs", 3]

_release = tuple(int(part) for part in pd.__version__.split(".")[:2])
#: Read CSV to the last bit, as pandas of itself does from 3.1 on.
read_csv = (
    pd.read_csv
    if _release >= (3, 1)
    else partial(pd.read_csv, float_precision="round_trip")
)


def table(text):
    """Read what a command printed."""
    return read_csv(io.StringIO(text))


#: Rows of a block: 600 rows are whole ones, so that nothing is filled up.
BATCH = 200
