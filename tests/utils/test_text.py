"""Names in messages stay on their line."""

from hypothesis import given
from hypothesis import strategies as st

from skmirai.utils._files import escaped


@given(text=st.text(st.characters(categories=["L", "N", "P", "S", "C", "Z"])))
def test_what_is_escaped_can_be_printed_on_one_line(text):
    found = escaped(text)
    assert found.isprintable()
    found.encode()  # surrogates of undecodable names included
    assert len(found.splitlines()) <= 1


@given(text=st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_can_be_printed_is_left_alone(text):
    assert escaped(f"{text} {text}") == f"{text} {text}"
