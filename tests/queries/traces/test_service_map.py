"""Who calls whom."""

from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.period import Period
from queries.traces.service_map import Edge, service_map
from tests.queries.traces.spans import MS, SECOND, request, span, store

PERIOD = Period.last(3_600 * SECOND)


def edges(client: Client, tenant: str, service: str = "") -> dict[tuple[str, str, str], Edge]:
    found = service_map(client, tenant, PERIOD, service)
    return {(one.caller, one.callee, one.callee_kind): one for one in found}


def test_client_and_server_meet_though_they_came_apart_in_either_order(client: Client, tenant: str) -> None:
    calls = [span("c1", kind="client", ms=20), span("c2", kind="client", ms=20)]
    store(client, request(pay=[span("51", "c1", at=2), span("52", "c2", error="x")]), tenant=tenant)
    store(client, request(shop=calls), tenant=tenant)
    found = edges(client, tenant)
    assert list(found) == [("shop", "pay", "service")]
    (edge,) = found.values()
    assert (edge.calls, edge.errors, edge.error_share) == (2, 1, 0.5)
    assert edge.p95_ns == pytest.approx(20 * MS, rel=0.01)
    assert edge.rate == pytest.approx(2 / 3_600)


@pytest.mark.parametrize(
    ("kind", "attributes", "callee"),
    [
        ("client", {"db.system.name": "postgresql", "server.address": "db1"}, ("postgresql", "database")),
        ("client", {"db.system": "redis"}, ("redis", "database")),
        ("producer", {"messaging.system": "kafka"}, ("kafka", "queue")),
        ("client", {"peer.service": "mail"}, ("mail", "service")),
        ("client", {"server.address": "api.example.com"}, ("api.example.com", "host")),
        ("client", {}, ("unknown", "unknown")),
    ],
)
def test_what_reports_no_spans_is_named_by_the_callers_attributes(
    client: Client, tenant: str, kind: str, attributes: dict[str, Any], callee: tuple[str, str]
) -> None:
    store(client, request(shop=[span("c", kind=kind, attributes=attributes)]), tenant=tenant)
    assert list(edges(client, tenant)) == [("shop", *callee)]


def test_a_message_that_several_services_consume_is_a_call_to_each(client: Client, tenant: str) -> None:
    sent = span("c", kind="producer", attributes={"messaging.system": "kafka"})
    got = [span(name, "c", kind="consumer", at=50) for name in ("a1", "a2", "a3")]
    store(client, request(shop=[sent], mail=got[:1], stock=got[1:]), tenant=tenant)
    assert sorted(edges(client, tenant)) == [("shop", "mail", "service"), ("shop", "stock", "service")]


def test_a_span_that_came_twice_is_one_call(client: Client, tenant: str) -> None:
    for _ in range(2):
        store(client, request(shop=[span("c", kind="client")], pay=[span("5", "c")]), tenant=tenant)
    assert [edge.calls for edge in edges(client, tenant).values()] == [1]


def test_entries_internal_spans_and_other_tenants_are_no_calls(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1"), span("2", "1", kind="internal"), span("3", "2")]), tenant=tenant)
    store(client, request(shop=[span("4", "1", kind="client")]), tenant=f"{tenant}x")
    assert edges(client, tenant) == {}


def test_a_service_is_asked_about_with_what_it_calls_and_what_calls_it(client: Client, tenant: str) -> None:
    there = [span("c1", kind="client"), span("c2", kind="client", attributes={"db.system": "redis"})]
    back = [span("5", "c1"), span("c3", "5", kind="client", attributes={"db.system": "mysql"})]
    store(client, request(shop=there, pay=back), tenant=tenant)
    assert sorted(edges(client, tenant, "pay")) == [("pay", "mysql", "database"), ("shop", "pay", "service")]
