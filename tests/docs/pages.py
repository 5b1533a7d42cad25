"""The pages that people read, taken apart: headings, links, fenced blocks."""

import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^ *(?P=fence) *$", re.M | re.S
)
_CODE = re.compile(r"(?P<ticks>`+).+?(?P=ticks)", re.S)
_LINK = re.compile(
    r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]: (\S+)|\b(?:href|src)=\"([^\"]+)\"", re.M
)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.M)
_ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
_LINKED_TEXT = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text without the indentation of its list."""

    file: str
    line: int
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.strip().partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def every_page() -> list[Path]:
    """README, changelog and everything in docs, deploy and the SDKs that is written for people."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("deploy/**/*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted([*found, ROOT / "sdk" / "README.md", ROOT / "sdk" / "python" / "README.md"])


def blocks(text: str, file: str) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return [
        Block(file, text.count("\n", 0, found.start()) + 1, found["language"], textwrap.dedent(found["text"]))
        for found in _FENCE.finditer(text)
    ]


def blocks_of(file: Path) -> list[Block]:
    return blocks(file.read_text(), str(file.relative_to(ROOT)))


def prose(text: str) -> str:
    """The page without its fenced blocks; the lines stay where they are."""
    return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def links(text: str) -> list[str]:
    """Where a page's links lead, images and HTML's included."""
    without_code = _CODE.sub(lambda found: "x" if "](" in found[0] else found[0], prose(text))
    return [next(filter(None, found)) for found in _LINK.findall(without_code)]


def anchors(text: str) -> set[str]:
    """What may stand behind a `#`: GitHub's name for each heading, and anchors written as HTML."""
    names, seen = set(_ANCHOR.findall(text)), Counter[str]()
    for heading in _HEADING.findall(prose(text)):
        name = anchor(heading)
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def anchor(heading: str) -> str:
    """GitHub's rule: lower case; letters, digits, `_` and `-` stay; a space is a hyphen."""
    plain = _LINKED_TEXT.sub(r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
