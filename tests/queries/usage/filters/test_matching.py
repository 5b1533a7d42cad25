"""Filters as SQL: nothing from outside is in the text, and the engine finds what a plain reading finds."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.usage.fields import PROPERTY
from queries.usage.filters.matching import VIEW, compile_filter
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, comparisons
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.filters.generated import FILTERS, HARD_TEXTS, TEXTS, Event, scenes
from tests.queries.usage.filters.truth import holds

_TYPE = r"(?:String|Float64|UInt8)"
_TOKENS = re.compile(
    rf"""(?: [ (),] | AND\b | OR\b | NOT\b | IN\b | = | != | <=? | >=? | \b0\b
    | position\b | startsWith\b | JSONHas\b | JSONType\b | JSONExtract(?:String|Float|Bool)\b
    | 'String' | 'Double' | 'Int64' | 'UInt64' | 'Bool' | {{ f[0-9]+:(?:{_TYPE}|Array\({_TYPE}\)) }}
    | {"|".join(rf"{column}{chr(92)}b" for column in VIEW.values())} )*""".replace("{ f", "{f").replace(
        ") }", ")}"
    ),
    re.VERBOSE,
)


@given(FILTERS)
def test_the_text_is_made_of_a_closed_set_of_tokens(filter_: Filter) -> None:
    compiled = compile_filter(filter_)
    assert _TOKENS.fullmatch(compiled.sql), compiled.sql
    assert set(re.findall(r"{(\w+):", compiled.sql)) == set(compiled.parameters)


def test_what_is_no_token_is_seen() -> None:
    assert not _TOKENS.fullmatch("(name = 'x')")
    assert not _TOKENS.fullmatch("(plan = {f0:String})")


def test_equal_values_share_a_parameter_and_types_do_not() -> None:
    compiled = compile_filter(
        parse_filter('property.a = "1" or property.a = 1 or property.a in (true, 1, "1")')
    )
    assert compiled.parameters == {"f0": "a", "f1": "1", "f2": 1.0, "f3": ["1"], "f4": [1.0], "f5": [1]}


def test_another_source_has_other_columns_and_a_prefix_of_its_own() -> None:
    filter_ = parse_filter("action = a and not property.b exists")
    compiled = compile_filter(filter_, {"action": "e.name", PROPERTY: "e.json"}, "step")
    assert compiled.sql == "((e.name = {step0:String}) AND (NOT (JSONHas(e.json, {step1:String}))))"


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def store(client: Client, events: Sequence[Event]) -> None:
    """Nothing but these events, in order of kafka_offset."""
    now = datetime.now(UTC)
    fields = [name for name in VIEW if name != PROPERTY]
    client.command("TRUNCATE TABLE usage_events")
    client.insert(
        "usage_events",
        [
            (now, 90, number, _json(event), *(event.get(name, "") for name in fields))
            for number, event in enumerate(events)
        ],
        column_names=["received_at", "retention_days", "kafka_offset", "properties_json"]
        + [VIEW[name] for name in fields],
    )


def _json(event: Event) -> bytes:
    """As the collector writes them."""
    of = {name.removeprefix(PROPERTY): value for name, value in event.items() if name.startswith(PROPERTY)}
    return msgspec.json.encode(of) if of else b""


def found(client: Client, filters: Sequence[Filter]) -> list[tuple[bool, ...]]:
    """What the engine says of each event, by filter."""
    compiled = [compile_filter(one, prefix=f"p{number}_") for number, one in enumerate(filters)]
    parameters = {name: value for one in compiled for name, value in one.parameters.items()}
    columns = ", ".join(f"{one.sql} AS c{number}" for number, one in enumerate(compiled))
    rows = client.query(f"SELECT {columns} FROM usage ORDER BY kafka_offset", parameters).result_rows
    return [tuple(bool(value) for value in row) for row in rows]


@settings(max_examples=12, deadline=None)
@given(scenes())
def test_the_engine_finds_what_a_plain_reading_finds(
    client: Client, scene: tuple[list[Event], list[Filter]]
) -> None:
    events, filters = scene
    store(client, events)
    expected = [tuple(holds(one, event) for one in filters) for event in events]
    assert found(client, filters) == expected
    first = compile_filter(filters[0])
    sql = f"SELECT count() FROM usage WHERE {first.sql}"
    assert client.query(sql, first.parameters).result_rows[0][0] == sum(row[0] for row in expected)


def test_hostile_texts_are_found_and_nothing_else(client: Client) -> None:
    texts = [*HARD_TEXTS, "".join(HARD_TEXTS)]
    store(client, [{"page": text, "property.a": text, f"property.n{text}": 1.0} for text in texts])
    for number, text in enumerate(texts):
        filters = [
            Comparison("page", "=", text),
            Comparison("page", "in", (text, "no such")),
            Comparison("property.a", "=", text),
            Comparison("property.a", "in", ("no such", text)),
            Comparison(f"property.n{text}", "exists"),
        ]
        compiled = compile_filter(AllOf(tuple(filters)))
        sql = f"SELECT groupArray(kafka_offset) FROM usage WHERE {compiled.sql}"
        assert client.query(sql, compiled.parameters).result_rows[0][0] == [number], text


def test_whole_numbers_of_other_writers_are_numbers_too(client: Client) -> None:
    json = '{"small":-10,"large":18446744073709551615,"odd":9007199254740993}'
    filter_ = parse_filter(
        "property.small < -9 and property.large = 18446744073709551616 and property.odd = 9007199254740992"
    )
    compiled = compile_filter(filter_, {PROPERTY: "{json:String}"})
    assert client.query(f"SELECT {compiled.sql}", compiled.parameters | {"json": json}).result_rows[0][0]


def test_a_filter_of_the_greatest_size_is_answered(client: Client) -> None:
    store(client, [{"country": "FR"}, {"country": "DE"}])
    names = ", ".join(f"c{number}" for number in range(1_400))
    many = AnyOf(tuple(Comparison(f"property.p{number}", "=", f"v{number}") for number in range(199)))
    filters = [
        parse_filter(f"country in ({names}, FR)"),
        AnyOf((*many.filters, Comparison("country", "=", "DE"))),
    ]
    assert sum(1 for _ in comparisons(filters[1])) == 200
    assert found(client, filters) == [(True, False), (False, True)]


@settings(max_examples=20, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_parameters_come_back_as_they_went(client: Client, texts: list[str]) -> None:
    parameters = {f"f{number}": text for number, text in enumerate(texts)} | {"all": texts}
    singles = ", ".join(f"{{f{number}:String}}" for number in range(len(texts)))
    row = client.query(f"SELECT [{singles}], {{all:Array(String)}}", parameters).result_rows[0]
    assert row == (texts, texts)
