"""Clauses of a statement: which keywords stand where."""

from runtime.cluster.names import solid
from runtime.cluster.words import Kind, Word


def after(words: list[Word], at: int, heads: tuple[str, ...]) -> int | None:
    """The place after these keywords, or None where others stand."""
    for head in heads:
        if at >= len(words) or not words[at].says(head):
            return None
        at = solid(words, at + 1)
    return at


def skip(words: list[Word], at: int, *heads: str) -> int:
    """The place after these keywords where they stand, else `at`."""
    place = after(words, at, heads)
    return at if place is None else place


def parted(words: list[Word]) -> list[list[Word]]:
    """Words between the commas that stand in no bracket."""
    parts: list[list[Word]] = [[]]
    depth = 0
    for word in words:
        depth += (word.text in "([{") - (word.text in ")]}") if word.kind is Kind.SIGN else 0
        if word.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts
