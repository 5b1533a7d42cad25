"""The fields of a protobuf message as they lie in its bytes, for whoever moves them without decoding.

Source: https://protobuf.dev/programming-guides/encoding/#structure
"""

from collections.abc import Iterator
from typing import NamedTuple

LENGTH_DELIMITED = 2
_GROUP, _GROUP_END = 3, 4
_MOST_VARINT_BITS = 63
"""A varint has ten bytes at most."""


class Malformed(ValueError):
    """The bytes are no protobuf message."""


class Field(NamedTuple):
    """One field, by the places in the bytes where it and its content begin, and where both end."""

    number: int
    wire_type: int
    start: int
    content: int
    end: int


def fields(message: bytes, at: int, end: int) -> Iterator[Field]:
    """Each field of the message that lies from `at` to `end`; raises Malformed, once it comes there.

    What is in a field is not looked at, and whether a text is UTF-8 neither: that is left to a parser.
    """
    try:
        while at < end:
            start = at
            tag, at = _varint(message, at)
            wire_type = tag & 7
            content = at
            if wire_type == LENGTH_DELIMITED:
                length, content = _varint(message, at)
                at = content + length
            else:
                at = _behind(message, at, wire_type)
            if at > end:
                raise Malformed("a field ends behind its message")
            yield Field(tag >> 3, wire_type, start, content, at)
    except IndexError:
        raise Malformed("it ends early") from None


def _behind(message: bytes, at: int, wire_type: int) -> int:
    """Where the content ends that begins there."""
    match wire_type:
        case 0:
            return _varint(message, at)[1]
        case 1:
            return at + 8
        case 2:
            length, at = _varint(message, at)
            return at + length
        case 3:
            return _behind_group(message, at)
        case 5:
            return at + 4
        case _:
            raise Malformed("there is no such type on the wire")


def _behind_group(message: bytes, at: int) -> int:
    """Groups, which proto3 has no more and parsers still take as unknown fields, end by a tag."""
    depth = 1
    while depth:
        tag, at = _varint(message, at)
        if tag & 7 == _GROUP:
            depth += 1
        elif tag & 7 == _GROUP_END:
            depth -= 1
        else:
            at = _behind(message, at, tag & 7)
    return at


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that stands there, and the place behind it."""
    byte = message[at]
    at += 1
    if byte < 0x80:
        return byte, at
    number, shift = byte & 0x7F, 7
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > _MOST_VARINT_BITS:
            raise Malformed("a number has no end")
