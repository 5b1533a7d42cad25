"""The pages are as the code has them: `make reference` would change nothing, and everything is in it."""

import ast
import enum
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click
import pytest
from prometheus_client import Counter

from reference import codes, commands, metrics, settings
from reference.contents import DOCS
from reference.markdown import NoPlace, table, with_part
from reference.objects import Meanings, objects, read_meanings
from reference.pages import pages
from reference.schema import Column, Object, read_schema
from runtime import metrics as declared_metrics
from runtime import settings as declared_settings
from runtime.settings import ClickHouseSettings, setting
from tests.conftest import ROOT, Stack
from tests.queries.databases import own_database

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


@pytest.fixture(scope="module")
def schema(stack: Stack) -> Iterator[tuple[Object, ...]]:
    with own_database(stack) as (_, client):
        yield read_schema(client)


def test_the_pages_are_as_the_code_has_them(schema: tuple[Object, ...]) -> None:
    stale = [str(file.relative_to(ROOT)) for file, text in pages(schema).items() if file.read_text() != text]
    assert not stale, f"{', '.join(stale)}: run `make reference`"


def test_every_object_and_column_has_a_meaning(schema: tuple[Object, ...]) -> None:
    meanings = read_meanings()
    kept = [one for one in schema if one.engine not in ("Null", "MaterializedView")]
    missing = [one.name for one in schema if not meanings.of(one)]
    missing += [
        f"{one.name}.{each.name}" for one in kept for each in one.columns if not meanings.of_column(one, each)
    ]
    assert not missing, (
        f"say what these are, by COMMENT in the migration or in reference/meanings.toml: {missing}"
    )
    assert len(kept) > 25


def test_no_meaning_is_left_of_what_is_gone(schema: tuple[Object, ...]) -> None:
    meanings, columns = read_meanings(), {each.name for one in schema for each in one.columns}
    assert meanings.objects.keys() <= {one.name for one in schema}
    assert meanings.columns.keys() <= columns
    for name, of_one in meanings.of_one.items():
        (found,) = [one for one in schema if one.name == name]
        assert not found.columns or of_one.keys() <= {each.name for each in found.columns}


def test_a_new_setting_appears_with_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class NewSettings(ClickHouseSettings):
        """Something new."""

        new_limit: int = setting("Most of what is new.", 7, at_least=3)
        new_secret: str = setting("What opens it.", secret=True)

    monkeypatch.setattr(declared_settings, "NewSettings", NewSettings, raising=False)
    page = settings.settings()
    assert "## New\n\nSomething new." in page
    assert "| `SILLAGE_NEW_LIMIT` | a whole number, 3 or more | `7` | Most of what is new. |" in page
    assert "| `SILLAGE_NEW_SECRET` | text | required | What opens it. A secret: in no log. |" in page


def test_a_new_metric_appears_with_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    new = Counter("sillage_new", "What is new.", ["topic"], registry=None)
    monkeypatch.setattr(declared_metrics, "NEW", new, raising=False)
    assert "| `sillage_new_total` | counter | `topic` | What is new. | |" in metrics.metrics()


def test_every_metric_is_counted_by_a_command() -> None:
    rows = metrics.metrics().splitlines()[2:]
    assert len(rows) == len(metrics.every_metric())
    assert all(row.rstrip(" |").split("|")[-1].strip().startswith("`sillage ") for row in rows)


def test_an_option_that_is_new_or_gone_changes_the_table_of_its_command() -> None:
    @click.command()
    @click.option("--form", type=click.Choice(["a", "b|c"]), multiple=True, default=["a"], help="How.")
    def new() -> None:
        """Do something new."""

    gone = "| option | old |\n|---|---|\n| `--gone` | |"
    page = f"# Page\n\n## `sillage new`\n\n{gone}\n\nWhat it does.\n\n## `sillage x`\n"
    written = commands.with_options(page, "new", new)
    assert (
        "| `--form` | `a`, `b\\|c`, repeated | `a` | How. |\n\nWhat it does.\n\n## `sillage x`\n" in written
    )
    assert "--gone" not in written


def test_a_command_without_a_section_is_given_one() -> None:
    @click.command()
    def bare() -> None:
        """Do little."""

    assert commands.with_options("# Page\n", "bare", bare) == "# Page\n\n## `sillage bare`\n\nDo little.\n"


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


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = (DOCS / "README.md").read_text()
    for page in DOCS.rglob("*.md"):
        assert page == DOCS / "README.md" or f"]({page.relative_to(DOCS)})" in listed, page


def test_a_page_without_the_place_of_a_part_is_named() -> None:
    with pytest.raises(NoPlace, match="generated: news"):
        with_part("# Page", "news", "text")


def test_a_part_replaces_what_stood_in_its_place_and_nothing_else() -> None:
    page = (
        "a\n<!-- generated: x -->\nold\n<!-- /generated -->\nb\n<!-- generated: y -->\n<!-- /generated -->\n"
    )
    once = with_part(page, "x", table(("h",), [("one\ntwo",)]))
    assert "| h |\n|---|\n| one two |" in once
    assert once.startswith("a\n") and once.endswith("b\n<!-- generated: y -->\n<!-- /generated -->\n")
    assert with_part(once, "x", table(("h",), [("one two",)])) == once


def test_a_comment_in_the_schema_goes_before_the_file_of_meanings() -> None:
    one = Object(
        "t", "MergeTree", (Column("c", "UInt8", "Said."), Column("d", "UInt8", "")), "", "c", "", "", (), ()
    )
    drawn = objects([one], Meanings({"t": "A table."}, {"c": "Other.", "d": "Filed."}, {}))
    assert "| `c` | `UInt8` | Said. |\n| `d` | `UInt8` | Filed. |" in drawn
    assert "A table.\n\nEngine `MergeTree`; sorted by `c`." in drawn
