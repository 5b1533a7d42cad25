"""Texts brought within the wire's limits, which count characters (code points)."""

from __future__ import annotations


def clip(text: str, limit: int) -> str:
    """Cut a text to `limit` code points and replace lone surrogates, which have no UTF-8 form."""
    # Two halves of a pair may become one character, so twice the limit is kept until they have.
    if len(text) > 2 * limit:
        text = text[: 2 * limit]
    if not text.isascii():
        text = _without_lone_surrogates(text)
    return text[:limit]


def _without_lone_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def in_one_line(text: object) -> str:
    """What somebody else wrote, made fit for a log: one line, not too long."""
    return " ".join(str(text)[:300].split())
