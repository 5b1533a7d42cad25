"""Properties in the real engine: from JSON text to the view `usage`, and from two texts of earlier rows."""

import math
import random
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sql import runner
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.two_texts import two_texts

_HARD = st.sampled_from([*'\0"\\/\b\n\x1f\x7f\x85\u2028\uffff😀{}:,s', "true", "12", "\\u0000"])
_TEXTS = st.text() | st.lists(_HARD, max_size=6).map("".join)
_VALUES = _TEXTS | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
MAPPINGS = st.lists(st.dictionaries(_TEXTS, _VALUES, max_size=6), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def store(client: Client, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Nothing but these rows, in order of kafka_offset."""
    now = datetime.now(UTC)
    client.command("TRUNCATE TABLE usage_events")
    client.insert(
        "usage_events",
        [(now, 90, number, *row) for number, row in enumerate(rows)],
        column_names=["received_at", "retention_days", "kafka_offset", *columns],
    )


def seen(client: Client, column: str = "properties") -> list[dict[str, Any]]:
    return [row[0] for row in client.query(f"SELECT {column} FROM usage ORDER BY kafka_offset").result_rows]


def exact(mapping: dict[str, Any]) -> list[tuple[str, type, object]]:
    """Doubles by their bits."""
    return [
        (name, type(value), struct.pack("<d", value) if isinstance(value, float) else value)
        for name, value in mapping.items()
    ]


def as_json(mapping: dict[str, Any]) -> tuple[bytes]:
    return (msgspec.json.encode(mapping) if mapping else b"",)


def chosen_doubles() -> list[float]:
    chance = random.Random(1)
    any_bits = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(5_000)]
    return [
        *filter(math.isfinite, any_bits),
        *(2.0**power for power in range(-1074, 1024)),
        *(float(10**power) for power in range(309)),
        *(float(chance.randrange(-(10**20), 10**20)) for _ in range(1_000)),
        *(chance.randrange(10**7) / 100 for _ in range(1_000)),
        *(0.0, -0.0, -5e-324, 1.7976931348623157e308, 2.2250738585072011e-308, 9007199254740993.0),
    ]


@settings(max_examples=40, deadline=None)
@given(MAPPINGS)
def test_the_view_gives_back_each_property_exactly(client: Client, mappings: list[dict[str, Any]]) -> None:
    store(client, ["properties_json"], [as_json(mapping) for mapping in mappings])
    assert [exact(found) for found in seen(client)] == [exact(mapping) for mapping in mappings]


def test_every_double_is_read_back_bit_by_bit(client: Client) -> None:
    doubles = chosen_doubles()
    store(client, ["properties_json"], [as_json({"d": one}) for one in doubles])
    assert [exact(found) for found in seen(client)] == [exact({"d": one}) for one in doubles]
    texts = [float(found["d"]) for found in seen(client, "property_texts")]
    assert [exact({"d": one}) for one in texts] == [exact({"d": one}) for one in doubles]


def test_texts_are_there_for_those_who_do_not_ask_for_types(client: Client) -> None:
    store(client, ["properties_json"], [as_json({"plan": "pro\0", "seats": 12.5, "trial": False}), (b"",)])
    assert seen(client, "property_texts") == [{"plan": "pro\0", "seats": "12.5", "trial": "false"}, {}]


def test_rows_of_earlier_versions_keep_their_properties(stack: Stack) -> None:
    mappings: list[dict[str, Any]] = [
        {},
        {"": ""},
        {"plan": 'pro"\0\\', "seats": 12.0, "trial": False, "é😀": "s"},
        *({"d": one} for one in chosen_doubles()),
    ]
    with own_database(stack, last=15) as (_, client):
        written_by_011 = (b"d\xffn", b"100000000000000000000")
        rows = [*map(two_texts, mappings), written_by_011]
        store(client, ["property_names", "property_values"], rows)
        for migration in runner.pending(client):
            runner.apply(client, migration)
        expected = [*mappings, {"d": 1e20}]
        assert [exact(found) for found in seen(client)] == [exact(mapping) for mapping in expected]
