"""Every code under which the pipeline refuses, loses or tells something is on a page, and every verdict."""

import ast
import enum
import importlib
import sys
from collections.abc import Iterator

from reference import codes, commands
from tests.conftest import ROOT

NO_CODES = {
    "consumers.points.Point": "a place in the code at which tests stop a consumer",
    "consumers.replay.Refusal": "a sentence that the command prints",
    "ingest.otlp.encodings.Encoding": "a media type",
    "ingest.otlp.rules.Rule": "a step of reading",
    "ingest.refusals.Refusal": "on the page of refusals",
    "ingest.refusals.EventRefusal": "on the page of refusals",
    "ingest.refusals.SpanRefusal": "on the page of refusals",
}
"""Enums of the pipeline that are not on the page of codes, and why."""


def enums() -> Iterator[str]:
    """Every enum of the collector's, the consumer's and what travels between them."""
    for room in ("schemas", "ingest", "consumers"):
        for file in (ROOT / room).rglob("*.py"):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and issubclass(
                    getattr(_module(module), node.name), enum.Enum
                ):
                    yield f"{module}.{node.name}"


def _module(name: str) -> object:
    return sys.modules.get(name) or importlib.import_module(name)


def test_every_code_of_the_pipeline_is_on_a_page() -> None:
    listed = {f"{one.__module__}.{one.__qualname__}" for one in codes.LISTED.values()}
    found = set(enums())
    assert found - listed - NO_CODES.keys() == set()
    assert NO_CODES.keys() <= found


def test_every_code_has_a_meaning() -> None:
    for name, listed in codes.LISTED.items():
        assert "| |" not in codes.listed(listed), name


def test_every_command_that_ends_with_a_verdict_says_so() -> None:
    told = {
        name.split(" ")[0]
        for name, command in commands.every_command()
        if "exit code" in (command.help or "")
    }
    ending = {
        file.relative_to(ROOT / "cli").parts[0].removesuffix(".py")
        for file in (ROOT / "cli").rglob("*.py")
        if "sys.exit(" in file.read_text()
    }
    assert ending == told
    assert ending
