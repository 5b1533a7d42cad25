"""Every fenced block of every page is what its language says; a block that no rule knows fails."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tests.conftest import ROOT
from tests.docs.commands import NOT_RUN, SHELL, lines
from tests.docs.pages import Block, blocks, blocks_of, every_page

ALL = [block for page in every_page() for block in blocks_of(page)]
ESBUILD = ROOT / "sdk" / "node_modules" / ".bin" / "esbuild"
SDK = ROOT / "sdk" / "src"

ELSEWHERE = {
    ("README.md", "python"): "tests/docs/test_programs.py",
    ("docs/how-to/back-ends.md", "python"): "tests/docs/test_programs.py",
    ("sdk/python/README.md", "python"): "tests/docs/test_programs.py",
    ("docs/reference/http.md", "json"): "tests/docs/test_programs.py",
    ("docs/reference/filters.md", "text"): "tests/queries/usage/filters/test_reference.py",
    ("docs/reference/filters.md", "filter"): "tests/queries/usage/filters/test_reference.py",
}
"""Blocks that a test of their own runs."""

NO_PROGRAM = {
    ("docs/architecture.md", "text"): "a drawing",
    (
        "docs/how-to/browser.md",
        "text",
    ): "a header's value, wrapped; tests/browser loads the SDK under this policy",
    ("docs/how-to/reconcile.md", "crontab"): "cron's; its command is typed further up",
    (
        "docs/how-to/tls.md",
        "nginx",
    ): "nginx's, which the tests do not have; its limits are those of the settings",
}
"""Blocks that nothing here can read, and why."""


def check_toml(block: Block) -> None:
    tomllib.loads(block.text)


def check_yaml(block: Block) -> None:
    assert YAML(typ="safe").load(block.text)


def check_json(block: Block) -> None:
    json.loads(block.text)


def check_xml(block: Block) -> None:
    ElementTree.fromstring(block.text)


def check_script(block: Block) -> None:
    """It is whole, and what it takes from the SDK is there."""
    loader = {"js": "jsx"}.get(block.language, block.language)
    _bundle(block.text, loader)


def check_html(block: Block) -> None:
    """Its own scripts and handlers are whole, and no tag is left open."""
    page = _Page()
    page.feed(block.text)
    page.close()
    assert page.open == []
    for script in page.scripts:
        _bundle(script, "js")


def check_shell(block: Block) -> None:
    """The shell can read it; `test_pages_run.py` runs it."""
    typed = "\n".join(line.text for line in lines(block))
    assert typed
    read = subprocess.run(["sh", "-n", "-c", typed], capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr


RULES: dict[str, Callable[[Block], None]] = {
    **dict.fromkeys(SHELL, check_shell),
    **dict.fromkeys(("js", "ts", "jsx"), check_script),
    "toml": check_toml,
    "yaml": check_yaml,
    "json": check_json,
    "xml": check_xml,
    "html": check_html,
}
BY_TESTS_OF_THEIR_OWN = {"sql": "tests/docs/test_sql.py"}


def check(block: Block) -> None:
    """Fails where the block is not right, and where nobody says what would be."""
    known = (block.file, block.language)
    if known in NO_PROGRAM or known in ELSEWHERE or block.language in BY_TESTS_OF_THEIR_OWN:
        return
    assert block.language in RULES, f"{block}: name the block's language, or say here why nothing reads it"
    RULES[block.language](block)


def _bundle(text: str, loader: str) -> None:
    built = subprocess.run(
        [ESBUILD, f"--loader={loader}", "--bundle", "--format=esm", f"--alias:sillage={SDK / 'index.ts'}",
         f"--alias:sillage/vitals={SDK / 'vitals.ts'}", "--external:vue", "--external:@opentelemetry/*",
         "--log-level=warning", "--log-override:import-is-undefined=error"],
        cwd=ROOT / "sdk", input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr


class _Page(HTMLParser):
    """The scripts and handlers of a page, and the tags that are still open."""

    WITHOUT_END = ("meta", "link", "img", "br", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.WITHOUT_END:
            self.open.append(tag)
        self.scripts += [value for name, value in attrs if name.startswith("on") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"] and data.strip():
            self.scripts.append(data)


@pytest.mark.parametrize("block", ALL, ids=str)
def test_a_block_is_what_its_language_says(block: Block) -> None:
    check(block)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("toml", "a = "), ("yaml", "a: [1"), ("json", '{"a": …}'), ("xml", "<a><b></a>"), ("sh", "if true"),
        ("js", "track("), ("ts", 'import { no_such_call } from "sillage";\nno_such_call();'),
        ("html", "<p><b></p>"), ("html", '<button onclick="track(">x</button>'), ("", "x"), ("ruby", "1"),
    ],
)  # fmt: skip
def test_a_block_that_is_wrong_or_unknown_is_found(language: str, text: str) -> None:
    (wrong,) = blocks(f"```{language}\n{text}\n```", "a.md")
    with pytest.raises((AssertionError, ValueError, SyntaxError, YAMLError)):
        check(wrong)


def test_there_are_as_many_blocks_as_fences() -> None:
    fences = sum(
        line.lstrip().startswith("```") for page in every_page() for line in page.read_text().splitlines()
    )
    assert len(ALL) * 2 == fences > 100


def test_no_reason_is_left_of_a_block_or_command_that_is_gone() -> None:
    assert {*NO_PROGRAM, *ELSEWHERE} <= {(block.file, block.language) for block in ALL}
    reasons = {line.not_run for block in ALL if block.language in SHELL for line in lines(block)}
    assert set(NOT_RUN.values()) <= reasons
    for test in (*ELSEWHERE.values(), *BY_TESTS_OF_THEIR_OWN.values()):
        assert (ROOT / test).exists()
