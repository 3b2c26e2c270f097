"""Which class is the benign one."""

import numpy as np
import pytest

from skmirai.utils._benign import benign_class


@pytest.mark.parametrize(
    ("classes", "benign", "expected"),
    [
        ([0, 1], None, 0),
        ([0, 1], 1, 1),
        ([False, True], None, False),
        (["DoS", "Normal"], None, "Normal"),
        (["BENIGN", "bot", "scan"], None, "BENIGN"),
        (["bot", "scan", "worm"], None, None),
        (["bot", "scan", "worm"], "scan", "scan"),
        (["benign", "normal"], None, "benign"),
        (["benign", "normal", "scan"], None, None),
    ],
)
def test_which_class_is_benign(classes, benign, expected):
    assert benign_class(np.array(classes), benign) == expected


def test_no_such_class():
    with pytest.raises(ValueError, match=r"benign='ok' is no class of y.*'a', 'b'"):
        benign_class(np.array(["a", "b"]), "ok")
