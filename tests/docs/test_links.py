"""Every link of every page leads somewhere; what is outside is not fetched."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import ROOT
from tests.docs.pages import anchor, anchors, every_page, links

PAGES = {str(page.relative_to(ROOT)): page for page in every_page()}
NAMED = re.compile(r"\bdocs/[\w./-]+\.md\b")
SOURCES = ("py", "sql", "toml", "ts", "js", "yml", "yaml", "xml", "avsc")


def dead(page: Path, text: str) -> list[str]:
    """The page's links that lead to no file, or to no heading of it."""
    return [link for link in links(text) if not urlsplit(link).scheme and not _is_alive(page, link)]


def _is_alive(page: Path, link: str) -> bool:
    path, _, name = unquote(link).partition("#")
    target = (page.parent / path) if path else page
    if not target.exists():
        return False
    return not name or (
        target.suffix == ".md" and name in anchors(target.read_text() if path else page.read_text())
    )


@pytest.mark.parametrize("name", PAGES)
def test_no_link_of_a_page_is_dead(name: str) -> None:
    assert dead(PAGES[name], PAGES[name].read_text()) == []


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("[x](no-such-page.md)", "no-such-page.md"),
        ("[x](tutorial.md#no-such-heading)", "tutorial.md#no-such-heading"),
        ("![x](images/none.png)", "images/none.png"),
        ('<img src="images/none.png">', "images/none.png"),
        ("[x]: gone.md", "gone.md"),
        ("a `code` and [x](#nowhere)", "#nowhere"),
    ],
)
def test_a_dead_link_is_found(text: str, link: str) -> None:
    assert dead(ROOT / "docs" / "architecture.md", text) == [link]


def test_what_is_alive_outside_or_code_is_no_dead_link() -> None:
    text = (
        "[a](tutorial.md) [b](https://example.eu/x.md) `[c](gone.md)`\n```\n[d](gone.md)\n```\n[e](decisions)"
    )
    assert dead(ROOT / "docs" / "architecture.md", text) == []
    assert links(text) == ["tutorial.md", "https://example.eu/x.md", "decisions"]


def test_headings_are_named_as_github_names_them() -> None:
    assert anchor("`POST /v1/events`") == "post-v1events"
    assert anchor("What's *not* kept, [and why](x.md)") == "whats-not-kept-and-why"
    assert anchors("# A\n## A\n```\n# B\n```\n") == {"a", "a-1"}


def test_every_page_that_the_sources_name_is_there() -> None:
    named: dict[str, Path] = {}
    for room in ROOT.iterdir():
        if room.is_dir() and not room.name.startswith(".") and room.name not in ("docs", "dist"):
            for file in room.rglob("*"):
                if file.suffix[1:] in SOURCES and "node_modules" not in file.parts and file != Path(__file__):
                    named |= dict.fromkeys(NAMED.findall(file.read_text()), file)
    assert len(named) > 20
    assert not {page: file for page, file in named.items() if not (ROOT / page).exists()}
