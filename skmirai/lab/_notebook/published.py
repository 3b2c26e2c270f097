"""What was published of a part besides its trainings, as a notebook tells it."""

from collections.abc import Mapping

from skmirai.lab._protocol import N_BENIGN, N_ROWS
from skmirai.lab.parts import PUBLISHED
from skmirai.lab.parts._batches import BATCH_SIZES


def published_of(part: int) -> str:
    """Say what was published of a part, in Markdown.

    Parameters
    ----------
    part : int
        Number of the part.

    Returns
    -------
    str
        A sentence; empty where there are trainings alone, or nothing.

    Examples
    --------
    >>> from skmirai.lab._notebook.published import published_of
    >>> published_of(21)
    'Published, of the real rows: mean 0.9168, standard deviation 0.0032.'
    """
    if part == 5:  # which follows from the labels, and was not published
        return f"Of the real rows the larger class has {PUBLISHED['majority']:.4f}."
    told = _TOLD.get(part, "")
    return told and f"Published, of the real rows: {told}."


def _pair(name: str) -> str:
    benign, attack = PUBLISHED[name]
    return f"{benign:,} benign and {attack:,} attack rows"


def _spread(name: str) -> str:
    mean, deviation = PUBLISHED[name]
    return f"mean {mean:.4f}, standard deviation {deviation:.4f}"


def _batches() -> str:
    sizes = ", ".join(f"{size:,}" for size in BATCH_SIZES)
    rows = [
        ", ".join(f"{PUBLISHED[name][size]:,}" for size in BATCH_SIZES)
        for name in ("epoch_seconds", "seconds", "updates")
    ]
    return (
        f"with batches of {sizes} rows an epoch took {rows[0]} s and 20 of them "
        f"{rows[1]} s, on a T4 graphics card, with {rows[2]} updates per epoch (whole "
        f"batches)"
    )


_TOLD: Mapping[int, str] = {
    1: f"{N_ROWS:,} x 116, {N_BENIGN:,} of them benign, no gaps",
    7: f"{_pair('ordered_train')} in the first 70 %, {_pair('ordered_rest')} in the "
    f"others",
    8: f"{_pair('train')} to train on, {_pair('rest')} in the rest; "
    + "in all {train:,} and {rest:,}, halves of {test:,}".format(**PUBLISHED["sizes"]),
    9: ", ".join(
        f"{network} has {n:,} trainable parameters"
        for network, n in PUBLISHED["n_parameters"].items()
    ),
    12: "weights {:.8f} and {:.8f}".format(*PUBLISHED["class_weight"]),
    13: _batches(),
    20: f"100 passes, {_spread('passes')}",
    21: _spread("folds"),
}
