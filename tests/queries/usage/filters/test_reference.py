"""docs/reference/filters.md: its fields, operators and bounds are the code's, and its examples are read."""

import re
from pathlib import Path

import pytest

from queries.usage.fields import FIELDS
from queries.usage.filters.errors import MalformedFilter
from queries.usage.filters.operators import OPERATORS
from queries.usage.filters.reading import MAX_COMPARISONS, MAX_DEPTH, MAX_LENGTH, parse_filter
from queries.usage.segments import filters_of, read_segments

REFERENCE = (Path(__file__).parents[4] / "docs" / "reference" / "filters.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)\n```$", REFERENCE, re.M | re.S)
EXAMPLES = [line for language, block in BLOCKS if language == "filter" for line in block.splitlines()]
(SEGMENTS,) = (block for language, block in BLOCKS if language == "toml")
(REFUSAL,) = (block for language, block in BLOCKS if language == "text")


def test_every_field_stands_in_the_table_with_its_column_and_type() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (text|boolean) \|", REFERENCE, re.M)
    assert rows == [(field.name, field.column, field.type) for field in FIELDS.values()]


def test_every_operator_stands_in_the_table() -> None:
    table = REFERENCE[REFERENCE.index("| operator |") : REFERENCE.index("A value is")]
    cells = [
        cell for row in re.findall(r"^\| (`[^|]*) \|", table, re.M) for cell in re.findall("`([^`]+)`", row)
    ]
    assert sorted(cells) == sorted(OPERATORS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_read(example: str) -> None:
    assert parse_filter(example)


def test_the_segments_are_read_and_named(tmp_path: Path) -> None:
    file = tmp_path / "segments.toml"
    file.write_text(SEGMENTS)
    segments = filters_of(read_segments(file))
    named = re.findall(r"`(segment [a-z][^`]*)`", REFERENCE)
    assert len(named) == 2
    for text in named:
        assert parse_filter(text, segments)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 7


def test_the_refusal_and_the_bounds_are_what_they_are() -> None:
    with pytest.raises(MalformedFilter, match=re.escape(REFUSAL)):
        parse_filter("country == FR")
    for bound in (
        f"{MAX_LENGTH:,} characters",
        f"{MAX_COMPARISONS} comparisons",
        f"at most {MAX_DEPTH} deep",
    ):
        assert bound in REFERENCE
