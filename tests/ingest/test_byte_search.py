"""Searches by RE2 find what `re` finds, in any bytes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.byte_search import escaped, search_of

PIECES = [
    b"\n",
    b"\x0e",
    b"\x88\x00",
    b"\x8a\x80\x00",
    b"url.full",
    b"user.",
    b"name",
    b"\xff\x80",
    b"\xc3",
    "é".encode(),
    b"\0",
    b"*",
]
BODIES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=8).map(b"".join)
PATTERNS = [
    rb"\n[\x80-\xff]*.(?:url\.full|user\.name)",
    rb"\x8a\x80*\x00[\x80-\xff]*.user\.",
    rb"\xc3.\*",
    rb"[\x80-\xff]{2}\x00",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(body=BODIES)
def test_the_same_is_found_as_by_re(pattern: bytes, body: bytes) -> None:
    found = re.compile(pattern, re.DOTALL).search(body)
    assert (search_of(pattern)(body) is None) == (found is None)


@given(text=st.binary(max_size=20), before=BODIES)
def test_an_escaped_text_finds_itself_alone(text: bytes, before: bytes) -> None:
    search = search_of(escaped(text))
    assert search(before + text + before) is not None
    assert (search(before) is not None) == (text in before)


def test_a_list_of_thousands_of_names_has_room() -> None:
    names = [f"attribute.number.{number}.of.many".encode() for number in range(5_000)]
    search = search_of(rb"\n[\x80-\xff]*.(?:" + b"|".join(map(escaped, names)) + b")")
    assert search(b"x" * 1_000 + b"\n\x1f" + names[4_321]) is not None
    assert search(b"\n\x1fattribute.number.5000.of.many" * 1_000) is None
