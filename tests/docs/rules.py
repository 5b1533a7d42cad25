"""What a fenced block is by its language, and which blocks are read elsewhere or nowhere, and why."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

from ruamel.yaml import YAML

from runtime.settings import known
from tests.conftest import ROOT
from tests.docs.commands import SHELL, lines
from tests.docs.pages import Block

ESBUILD = ROOT / "sdk" / "node_modules" / ".bin" / "esbuild"
SDK = ROOT / "sdk" / "src"

ELSEWHERE = {
    ("docs/reference/http.md", "json"): "tests/docs/test_programs.py",
    ("docs/reference/filters.md", "text"): "tests/queries/usage/filters/test_reference.py",
    ("docs/reference/filters.md", "filter"): "tests/queries/usage/filters/test_reference.py",
}
"""Pages whose blocks of a language a test of their own reads, every one."""

BY_TESTS_OF_THEIR_OWN = {"sql": "tests/docs/test_sql.py", "python": "tests/docs/test_programs.py"}
"""Languages whose blocks, on every page, are run."""

_NGINX = "nginx's, which the tests do not have"
NO_PROGRAM = {
    ("docs/architecture.md", "browser SDK ─┐"): "a drawing",
    (
        "docs/how-to/browser.md",
        "script-src 'nonce-…'",
    ): "a header, wrapped; tests/browser has the SDK under it",
    ("docs/how-to/reconcile.md", "17 * * * *  sillage reconcile"): "cron's; its command is typed further up",
    ("docs/how-to/tls.md", "upstream collector {"): _NGINX,
    ("docs/how-to/tls.md", "map $remote_addr $forwarded_for {"): _NGINX,
    ("docs/how-to/tls.md", "proxy_set_header Forwarded $forwarded_for;"): _NGINX,
}
"""Blocks that nothing here can read, by how they begin, and why."""


def check_toml(block: Block) -> None:
    tomllib.loads(block.text)


def check_yaml(block: Block) -> None:
    assert YAML(typ="safe").load(block.text)


def check_json(block: Block) -> None:
    json.loads(block.text)


def check_env(block: Block) -> None:
    """Settings, one a line, each of ours or of Compose."""
    names = {line.partition("=")[0] for line in block.text.splitlines()}
    assert names <= known().keys() | {"COMPOSE_PROFILES"}


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
    "env": check_env,
    "toml": check_toml,
    "yaml": check_yaml,
    "json": check_json,
    "xml": check_xml,
    "html": check_html,
}


def check(block: Block) -> None:
    """Fails where the block is not right, and where nobody says what would be."""
    if is_left(block) or (block.file, block.language) in ELSEWHERE or block.language in BY_TESTS_OF_THEIR_OWN:
        return
    assert block.language in RULES, f"{block}: name the block's language, or say here why nothing reads it"
    RULES[block.language](block)


def is_left(block: Block) -> bool:
    return any(block.file == file and block.first_line.startswith(begin) for file, begin in NO_PROGRAM)


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
