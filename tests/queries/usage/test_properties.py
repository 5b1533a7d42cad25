"""Properties: the catalogue and the values are those of a plain reading."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.filters.reading import parse_filter
from queries.usage.properties import Catalogue, PropertiesQuestion, Property, PropertyValue, Type, properties
from queries.usage.property_values import PropertyValuesQuestion, ValueCounts, property_values
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    HOSTILE,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    generated,
    stored,
    text_of,
    windows,
)  # fmt: skip

EVENTS = generated(7)
WINDOWS = windows()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with stored(stack, EVENTS) as client:
        yield client


def type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, float) else "text"


def catalogue(question: PropertiesQuestion) -> Catalogue:
    events = arrived(EVENTS, question.window, question.bots, question.where)
    one_in = max(1, -(-len(events) // question.rows))
    read = [one for one in events if round(one.received_at.timestamp() * 1_000) % one_in == 0]
    names = {name for one in read for name in one.properties}
    found = [_property(name, [one for one in read if name in one.properties], question.top) for name in names]
    ordered = sorted(found, key=lambda one: (-one.events, one.name.encode()))
    return Catalogue(tuple(ordered[: question.limit]), len(events), len(read), one_in)


def _property(name: str, carriers: list[RawEvent], top: int) -> Property:
    values = Counter((text_of(one.properties[name]), type_of(one.properties[name])) for one in carriers)
    numbers = [one.properties[name] for one in carriers if type_of(one.properties[name]) == "number"]
    actions = Counter(one.name for one in carriers)
    types: Counter[Type] = Counter(type_of(one.properties[name]) for one in carriers)
    arrivals = [one.received_at for one in carriers]
    frequent = sorted(values.items(), key=lambda item: (-item[1], item[0][0].encode(), item[0][1]))
    return Property(
        name, len(carriers), dict(types), len(values), min(numbers, default=None), max(numbers, default=None),
        min(arrivals), max(arrivals),
        tuple(sorted(actions, key=lambda action: (-actions[action], action.encode()))),
        tuple(PropertyValue(value, type_, count) for (value, type_), count in frequent[:top]),
    )  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
def test_the_catalogue_is_that_of_a_plain_reading(client: Client, window: Window) -> None:
    for question in (
        PropertiesQuestion(TENANT, window),
        PropertiesQuestion(TENANT, window, top=2, limit=3, bots=True, where=parse_filter("action in (a, b)")),
        PropertiesQuestion(TENANT, window, rows=100),
    ):
        assert properties(client, question) == catalogue(question)


def test_of_many_events_one_in_so_many_is_read(client: Client) -> None:
    found = properties(client, PropertiesQuestion(TENANT, WINDOWS[0], rows=100))
    assert found.one_in > 1
    assert found.read < found.events


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("name", ["plan", "seats", "trial", HOSTILE[2], *HOSTILE[:2]])
def test_values_are_those_of_a_plain_reading(client: Client, window: Window, name: str) -> None:
    for limit, bots, where in ((100, False, None), (2, True, parse_filter("not country = IN"))):
        events = [one for one in arrived(EVENTS, window, bots, where) if name in one.properties]
        by: dict[tuple[str, Type], list[RawEvent]] = {}
        for one in events:
            by.setdefault((text_of(one.properties[name]), type_of(one.properties[name])), []).append(one)
        expected = [
            ValueCounts(
                value, type_, len(those), len({one.user_id for one in those} - {""}),
                len({one.session_id for one in those} - {""}),
            )
            for (value, type_), those in by.items()
        ]  # fmt: skip
        expected.sort(key=lambda one: (-one.events, one.value.encode(), one.type))
        question = PropertyValuesQuestion(TENANT, window, name, limit, bots, where)
        assert property_values(client, question) == expected[:limit]


def test_an_empty_tenant_has_no_properties(client: Client) -> None:
    assert properties(client, PropertiesQuestion(EMPTY_TENANT, WINDOWS[0])) == Catalogue((), 0, 0, 1)
    assert property_values(client, PropertyValuesQuestion(EMPTY_TENANT, WINDOWS[0], "plan")) == []
