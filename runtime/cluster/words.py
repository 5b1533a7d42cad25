"""A statement as its words, so that a name is found as a name and not inside a text or a comment."""

import re
from dataclasses import dataclass
from enum import StrEnum


class ClusterRefused(Exception):
    """A statement cannot be rendered for a cluster; the message says which, and what to do."""


class Kind(StrEnum):
    """What a word is."""

    SPACE = "space"
    """White space or a comment."""
    TEXT = "text"
    NAME = "name"
    """A bare word: a keyword, a name, a number."""
    QUOTED = "quoted"
    """A name in backticks or double quotes."""
    PLACEHOLDER = "placeholder"
    SIGN = "sign"


_WORD = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>`(?:[^`\\]|\\.)+`|"(?:[^"\\]|\\.)+")
    |(?P<placeholder>\{\w+:[^{}]+\})
    |(?P<name>\w+)
    |(?P<sign>->|[^\s\w'`"])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Word:
    """A piece of a statement, as it was written."""

    kind: Kind
    text: str

    def says(self, *keywords: str) -> bool:
        """Whether it is one of these keywords or signs, in any case."""
        return self.kind in (Kind.NAME, Kind.SIGN) and self.text.upper() in keywords

    @property
    def name(self) -> str:
        """The name that it is, without quotes; empty for what is no name."""
        if self.kind is Kind.QUOTED:
            return self.text[1:-1]
        return self.text if self.kind is Kind.NAME else ""


def read(statement: str) -> list[Word]:
    """Cut a statement into words, white space included; raises ClusterRefused for a quote left open."""
    words, at = [], 0
    while at < len(statement):
        found = _WORD.match(statement, at)
        if not found or found.lastgroup is None:
            raise ClusterRefused(f"A quote is open in {statement[at : at + 60]!r}: close it.")
        words.append(Word(Kind(found.lastgroup), found[0]))
        at = found.end()
    return words


def write(words: list[Word]) -> str:
    """The statement again."""
    return "".join(word.text for word in words)
