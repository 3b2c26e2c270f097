"""Warnings are about the line of the caller, whatever lies between."""

import warnings

import pytest

from skmirai.utils._warnings import warn_user

LIBRARY = """
def through(call, *arguments):
    return call(*arguments)
"""


def a_frame_of(module):
    """A function that calls another one, from a module of this name."""
    names = {"__name__": module}
    exec(compile(LIBRARY, f"/somewhere/{module}.py", "exec"), names)
    return names["through"]


@pytest.mark.parametrize(
    "modules",
    [[], ["skmirai.packets._reader"], ["skmirai.a", "sklearn.utils._b", "sklearn"]],
)
def test_frames_of_libraries_are_passed(modules):
    call, arguments = warn_user, ("something is odd", UserWarning)
    for module in modules:
        call, arguments = a_frame_of(module), (call, *arguments)
    with pytest.warns(UserWarning, match="something is odd") as caught:
        call(*arguments)
    assert [w.filename for w in caught] == [__file__]


def test_other_modules_are_callers():
    with pytest.warns(UserWarning, match="odd") as caught:
        a_frame_of("skmirai_of_mine")(warn_user, "odd", UserWarning)
    assert [w.filename for w in caught] == ["/somewhere/skmirai_of_mine.py"]


def test_a_stack_of_libraries_alone_has_an_end():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(
            "warn_user('odd', UserWarning)",
            {"__name__": "sklearn", "warn_user": warn_user},
        )
    assert len(caught) == 1
