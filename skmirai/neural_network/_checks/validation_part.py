"""Split rows for validation off those for training, and judge the parts."""

from typing import Any

import numpy as np

from skmirai.utils._warnings import warn_user

#: Fewer validation rows tell nothing: each moves the accuracy by a quarter or more.
_FEW_ROWS = 5


def split_off(
    n_rows: int,
    fraction: float | None,
    rng: Any,
    labels: np.ndarray | None = None,
    classes: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the numbers of the rows for training and for validation.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float or None
        Share of the validation part, in (0, 1).
    rng : RandomState
        What draws.
    labels : ndarray of int of shape (n_rows,) or None, default=None
        Classes that both parts hold in the same shares.
    classes : ndarray of shape (n_classes,) or None, default=None
        Their names, for messages; a number in ``labels`` is a place here.

    Returns
    -------
    train, validation : ndarray of int
        Row numbers.

    Raises
    ------
    ValueError
        If a part has no row of a class or fewer than 2 rows.

    Warns
    -----
    UserWarning
        If the validation part has fewer than 5 rows.
    """
    from sklearn.model_selection import train_test_split  # who predicts needs no such

    given = f"validation_fraction={fraction} of {n_rows} rows"
    remedy = "take a larger validation_fraction, more rows, or give X_val and y_val"
    try:
        train, validation = train_test_split(
            np.arange(n_rows), test_size=fraction, stratify=labels, random_state=rng
        )
    except ValueError as error:
        if labels is None:
            raise ValueError(
                f"{given} leaves no rows on one side ({error}); take another "
                f"fraction, more rows, or give X_val and y_val"
            ) from error
        counts = np.bincount(labels)
        if counts.min() == 1:  # no fraction would help
            single = np.flatnonzero(counts == 1)
            names = (single if classes is None else classes[single]).tolist()
            raise ValueError(
                f"{given} cannot hold each of {len(counts)} classes: {names} have one "
                f"row each, which cannot be trained on and validated on; leave these "
                f"rows out, put them in another class, add rows of theirs, or give "
                f"X_val and y_val, which need not hold every class"
            ) from error
        raise ValueError(
            f"{given} cannot hold each of {len(counts)} classes, of which the "
            f"smallest has {counts.min()} rows ({error}); {remedy}"
        ) from error
    if min(len(train), len(validation)) < 2:
        raise ValueError(
            f"{given} makes a training part of {len(train)} and a validation part of "
            f"{len(validation)} rows, but each needs 2; take another fraction, more "
            f"rows, or give X_val and y_val"
        )
    if labels is not None:
        lacking = np.setdiff1d(labels, labels[train])
        if len(lacking):
            raise ValueError(
                f"{given} leaves no row of {len(lacking)} of the "
                f"{len(np.unique(labels))} classes for training; take a smaller "
                f"validation_fraction, more rows, or give X_val and y_val"
            )
    if len(validation) < _FEW_ROWS:
        warn_user(
            f"{given} makes a validation part of {len(validation)} rows: too few for "
            f"val_ figures or early stopping to mean anything; {remedy}",
            UserWarning,
        )
    return train, validation
