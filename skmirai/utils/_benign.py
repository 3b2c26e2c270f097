"""Which class holds the rows that are no attack."""

from typing import Any

import numpy as np

#: Names by which a class of benign rows is known, in small letters.
BENIGN_NAMES = ("benign", "normal")


def benign_class(
    classes: np.ndarray, benign: Any = None, *, name: str = "benign"
) -> Any:
    """Tell which class is the benign one.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        All labels, ascending.
    benign : label or None, default=None
        The class that the user names. None takes the one that is called "benign" or
        "normal", in whatever letters; else the first of two.
    name : str, default="benign"
        What error messages call the parameter.

    Returns
    -------
    label or None
        The class; None if there are more than two and none has such a name.

    Raises
    ------
    ValueError
        If there is no such class.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.utils._benign import benign_class
    >>> benign_class(np.array([0, 1])), benign_class(np.array(["DoS", "Normal"]))
    (0, 'Normal')
    >>> benign_class(np.array([0, 1, 2])) is None
    True
    """
    labels = np.asarray(classes).tolist()
    if benign is not None:
        if benign not in labels:
            raise ValueError(
                f"{name}={benign!r} is no class of y, which has {labels}: name the "
                f"class of the rows that are no attack"
            )
        return labels[labels.index(benign)]
    named = [label for label in labels if str(label).lower() in BENIGN_NAMES]
    if len(named) == 1:
        return named[0]
    return labels[0] if len(labels) == 2 else None
