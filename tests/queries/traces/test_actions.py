"""What the user did around a trace."""

from clickhouse_connect.driver.client import Client

from queries.traces.actions import actions
from queries.traces.places import locate
from tests.queries.traces.spans import MS, NOW, TRACE, request, span, store


def did(client: Client, tenant: str, name: str, ago: int, session: str = "s1", trace: str = "") -> None:
    client.command(
        "INSERT INTO usage_events"
        " (received_at, occurred_at, tenant, retention_days, kind, name, session_id, trace_id)"
        f" SELECT now64(3), fromUnixTimestamp64Milli({NOW // MS - ago * 1_000}),"
        f" '{tenant}', 90, 'action', '{name}', '{session}', '{trace}'"
    )


def test_the_session_of_the_event_that_names_the_trace_is_told_in_order(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1")]), tenant=tenant)
    (place,) = locate(client, [TRACE], tenant)
    assert actions(client, place) == []
    did(client, tenant, "buy", ago=60, trace=TRACE.upper())
    did(client, tenant, "open cart", ago=90)
    did(client, tenant, "give up", ago=5)
    did(client, tenant, "yesterday", ago=86_400)
    did(client, tenant, "somebody else", ago=60, session="s2")
    did(client, f"{tenant}x", "other tenant", ago=60, trace=TRACE)
    told = actions(client, place)
    assert [(one.name, one.of_trace) for one in told] == [
        ("open cart", False),
        ("buy", True),
        ("give up", False),
    ]


def test_a_session_that_only_a_span_names_is_told_too(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1")]), tenant=tenant)
    (place,) = locate(client, [TRACE], tenant)
    did(client, tenant, "open cart", ago=90, session="s9")
    assert [one.name for one in actions(client, place, ["s9", ""])] == ["open cart"]


def test_of_a_busy_session_the_event_of_the_trace_and_the_nearest_are_told(
    client: Client, tenant: str
) -> None:
    store(client, request(shop=[span("1")]), tenant=tenant)
    (place,) = locate(client, [TRACE], tenant)
    did(client, tenant, "buy", ago=600, trace=TRACE)
    for ago in (50, 61, 75):
        did(client, tenant, f"{ago}", ago=ago)
    assert [one.name for one in actions(client, place, limit=3)] == ["buy", "61", "50"]
