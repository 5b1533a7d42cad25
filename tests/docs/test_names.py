"""What the pages call by name is there: commands, options, settings, metrics."""

import re

import click
import pytest

from cli import main
from reference.metrics import every_metric
from runtime.settings import known
from tests.conftest import ROOT
from tests.docs.commands import SHELL, lines
from tests.docs.pages import blocks_of, every_page

HISTORY = ("CHANGELOG.md", "docs/decisions/")
"""What tells of the past may call by name what is gone."""
PAGES = {
    name: page.read_text()
    for page in every_page()
    if not (name := str(page.relative_to(ROOT))).startswith(HISTORY)
}
INLINE = re.compile(r"(?<!`)`(sillage [^`]+)`(?!`)")
SETTING = re.compile(r"\bSILLAGE_[A-Z][A-Z_]*[A-Z]\b")
METRIC = re.compile(r"\bsillage_[a-z_]+[a-z]\b")
NO_SETTINGS = {"SILLAGE_TEST_ENGINE"}
NO_METRICS = {
    "sillage_emitter", "sillage_debug",
    *("sillage_kafka", "sillage_clickhouse", "sillage_spool", "sillage_state"),
    *("sillage_ingest", "sillage_analyst", "sillage_sre", "sillage_privacy", "sillage_views"),
}  # fmt: skip
"""A Python package, a query parameter of the SDK, volumes of containers, roles in ClickHouse."""
SUFFIXES = ("", "_total", "_bucket", "_sum", "_count")


def fault(command: str) -> str | None:
    """What is wrong with a command's name or options, as far as they are written out."""
    found: click.Command = main
    context = click.Context(main)
    words = command.split("#")[0].split("|")[0].split()[1:]
    while words and isinstance(found, click.Group) and re.match(r"[a-z]", words[0]):
        name = words.pop(0)
        if re.search(r"[^a-z-]", name):
            return None
        one = found.get_command(context, name)
        if one is None:
            return f"{name} is no command"
        found = one
    if isinstance(found, click.Group) and (volume := found.get_command(context, "volume")):
        found = volume
    options = {opt for one in found.params for opt in one.opts} | {"--help", "--version", "-h"}
    written = {word.rstrip(".,;)").partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return f"no options: {', '.join(sorted(written - options))}" if written - options else None


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_is_one(name: str) -> None:
    typed = [
        line.text.removeprefix(".venv/bin/")
        for block in blocks_of(ROOT / name)
        if block.language in SHELL
        for line in lines(block)
    ]
    named = [one for one in [*INLINE.findall(PAGES[name]), *typed] if one.startswith("sillage ")]
    assert not {one: fault(one) for one in named if fault(one)}


@pytest.mark.parametrize(
    "command",
    ["sillage uses", "sillage usage volume --limits 3", "sillage dead bury", "sillage usage --limits 3"],
)
def test_a_command_that_is_none_is_found(command: str) -> None:
    assert fault(command)


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_of_a_page_is_one(name: str) -> None:
    assert {*SETTING.findall(PAGES[name])} <= known().keys() | NO_SETTINGS


@pytest.mark.parametrize("name", PAGES)
def test_every_metric_of_a_page_is_one(name: str) -> None:
    metrics = {one._name + suffix for one in every_metric().values() for suffix in SUFFIXES}
    assert {*METRIC.findall(PAGES[name])} <= metrics | NO_METRICS


def test_names_are_found_in_the_pages() -> None:
    whole = "\n".join(PAGES.values())
    assert len({*SETTING.findall(whole)}) > 40
    assert len({*METRIC.findall(whole)}) > 20
