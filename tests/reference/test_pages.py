"""The pages are as the code and the schema have them: `make reference` would change nothing."""

from collections.abc import Iterator

import pytest

from reference.contents import DOCS
from reference.markdown import NoPlace, table, with_part
from reference.objects import Meanings, objects, read_meanings
from reference.pages import pages
from reference.schema import Column, Object, read_schema
from tests.conftest import ROOT, Stack
from tests.queries.databases import own_database


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
