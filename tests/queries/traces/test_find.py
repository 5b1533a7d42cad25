"""`find` on the real engine: by typed conditions, by what a span is, by who was there."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.traces.conditions import Condition, parse_condition
from queries.traces.find import FindQuestion, find
from queries.traces.period import Period
from tests.queries.traces.spans import NOW, SECOND, TRACE, exception, request, span, store

HOUR = 3_600 * SECOND
OTHER = "f" * 32


def ids(client: Client, tenant: str, *where: str, **asked: Any) -> list[str]:
    conditions = [parse_condition(one) for one in where]
    period = asked.pop("period", None) or Period.last(HOUR)
    return [one.trace_id for one in find(client, FindQuestion(tenant, period, where=conditions, **asked))]


@pytest.fixture(scope="module")
def typed(client: Client) -> str:
    """A trace with an attribute of each type."""
    attributes = {
        "int": 2**53 + 1, "double": 0.1, "yes": True, "text": "404", "word": "checkout 'now'", "none": None,
        "list": ["a", 1], "http.response.status_code": 503,
    }  # fmt: skip
    store(client, request(shop=[span("1", attributes=attributes)]), tenant="typed")
    return "typed"


@pytest.mark.parametrize(
    "condition",
    [
        "int = 9007199254740993", "int > 9007199254740992", "int != 1", "int >= -5.5",
        "double = 0.1",
        "double < 1", "double > 0.0999", "yes = true", "yes != false",
        "text = '404'", "text ~ 40", "text > '4'",
        "word = checkout 'now'", "word ~ 'out'", 'word != ""', "none exists", "list exists",
        "http.response.status_code >= 500", "http.status_code = 503", "http.response.status_code < 503.5",
        "resource.service.name = shop", "resource.service.name ~ ho", "resource.service.name exists",
    ],
)  # fmt: skip
def test_a_condition_holds(client: Client, typed: str, condition: str) -> None:
    assert ids(client, typed, condition) == [TRACE]


@pytest.mark.parametrize(
    "condition",
    [
        "int = 9007199254740992", "int = '9007199254740993'", "text = 404", "text != 5",
        "yes = 'true'",
        "yes = false", "word = 1", "absent != 1", "absent exists", "absent ~ ''",
        "http.response.status_code < 500",
        "service.name = shop", "resource.int exists", "none = ''", "http.response.status_code = 503.5",
    ],
)  # fmt: skip
def test_a_condition_does_not_hold(client: Client, typed: str, condition: str) -> None:
    assert ids(client, typed, condition) == []


def test_all_conditions_must_hold_of_one_span(client: Client, tenant: str) -> None:
    spans = [span("1", attributes={"a": 1, "b": 2}), span("2", "1", attributes={"a": 3})]
    store(client, request(shop=spans), tenant=tenant)
    assert ids(client, tenant, "a = 1", "b = 2") == [TRACE]
    assert ids(client, tenant, "a = 3", "b = 2") == []


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_STRANGE = st.sampled_from(
    ["'", "') OR 1=1 --", '"', "\\", "\\'", "{tenant:String}", "%s", "\t\n\r\0", "`", ";"]
)


@settings(max_examples=15, deadline=None)
@given((_TEXTS | _STRANGE).filter(bool), _TEXTS | _STRANGE)
def test_whatever_key_and_value_are_they_are_found_and_never_run(
    client: Client, key: str, value: str
) -> None:
    tenant = uuid.uuid4().hex
    store(client, request(shop=[span("1", attributes={key: value})]), tenant=tenant)
    for condition in (Condition(key, "=", value), Condition(key, "~", value), Condition(key, "exists")):
        found = find(client, FindQuestion(tenant, Period.last(HOUR), where=[condition]))
        assert [one.trace_id for one in found] == [TRACE]
    differs = Condition(key, "!=", value)
    assert find(client, FindQuestion(tenant, Period.last(HOUR), where=[differs])) == []


def test_a_trace_is_told_by_its_root_its_length_and_its_errors(client: Client, tenant: str) -> None:
    pay = span("2", "1", name="charge", at=5, ms=200, error="no", events=[exception("E", "m")])
    store(client, request(pay=[pay, pay]), tenant=tenant)
    root = span("1", name="POST /buy", ms=100, attributes={"session.id": "s", "user.id": "u"})
    store(client, request(shop=[root]), tenant=tenant)
    (found,) = find(client, FindQuestion(tenant, Period.last(HOUR), status="error"))
    assert (found.trace_id, found.service, found.operation) == (TRACE, "shop", "POST /buy")
    assert (found.duration_ns, found.spans, found.errors) == (205_000_000, 2, 1)
    assert (found.session_id, found.user_id) == ("s", "u")


def test_spans_are_found_by_service_operation_status_and_duration(client: Client, tenant: str) -> None:
    slow = span("1", trace=OTHER, name="slow", ms=300, at=10)
    store(client, request(shop=[span("1", name="fast", error="x")], pay=[slow]), tenant=tenant)
    assert ids(client, tenant) == [OTHER, TRACE]
    assert ids(client, tenant, limit=1) == [OTHER]
    assert ids(client, tenant, service="shop") == [TRACE]
    assert ids(client, tenant, operation="slow") == [OTHER]
    assert ids(client, tenant, status="error") == [TRACE]
    assert ids(client, tenant, min_duration_ns=300_000_000) == [OTHER]
    assert ids(client, tenant, max_duration_ns=299_999_999) == [TRACE]
    assert ids(client, "nobody") == []


def test_the_period_is_that_of_the_start_to_the_microsecond(client: Client, tenant: str) -> None:
    start = datetime.fromtimestamp((NOW - 60 * SECOND) // 1_000 / 1e6, UTC)
    store(client, request(shop=[span("1")]), tenant=tenant)
    tick = timedelta(microseconds=2)
    assert ids(client, tenant, period=Period(start - tick, start + tick)) == [TRACE]
    assert ids(client, tenant, period=Period(start + tick, start + HOUR * tick / SECOND)) == []
    assert ids(client, tenant, period=Period(start - timedelta(days=1), start - tick)) == []


def test_the_newest_are_the_same_whether_the_period_is_cut_or_not(client: Client, tenant: str) -> None:
    """Traces with matches hours apart: they are ordered by their newest."""
    chance = random.Random(3)
    told = [(f"{chance.randrange(1, 30):032x}", -chance.randrange(23 * 3_600_000)) for _ in range(120)]
    spans = [span(f"{n + 1:x}", trace=trace, at=at) for n, (trace, at) in enumerate(told)]
    store(client, request(shop=spans), tenant=tenant)
    newest = {trace: max(at for one, at in told if one == trace) for trace, _ in told}
    expected = sorted(newest, key=lambda trace: -newest[trace])
    for limit in (1, 7, 20, 100):
        assert ids(client, tenant, period=Period.last(24 * HOUR), limit=limit) == expected[:limit]


def test_a_usage_event_leads_to_its_trace_by_session_and_by_user(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1")]), request(shop=[span("1", trace=OTHER)]), tenant=tenant)
    client.command(
        "INSERT INTO usage_events"
        " (received_at, occurred_at, tenant, retention_days, session_id, user_id, trace_id)"
        f" VALUES (now64(3), now64(3), '{tenant}', 90, 's1', 'u1', '{TRACE}'),"
        f" (now64(3), now64(3), '{tenant}', 90, 's1', 'u1', 'no trace id'),"
        f" (now64(3), now64(3), 'another', 90, 's1', 'u1', '{OTHER}')"
    )
    assert ids(client, tenant, session="s1") == [TRACE]
    assert ids(client, tenant, user="u1") == [TRACE]
    assert ids(client, tenant, session="u1") == []
    (found,) = find(client, FindQuestion(tenant, Period.last(HOUR), session="s1"))
    assert (found.session_id, found.user_id) == ("s1", "u1")


def test_the_search_reads_only_the_minutes_that_were_asked_for(client: Client, tenant: str) -> None:
    from queries.traces.find import _ids

    client.command(
        "INSERT INTO trace_spans (received_at, tenant, retention_days, started_at, trace_id, span_id)"
        f" SELECT now64(3), '{tenant}', 90, now64(9) - number, sipHash128(number), '' FROM numbers(80000)"
    )
    sql, parameters = _ids(FindQuestion(tenant, Period.last(HOUR), where=[parse_condition("a = 1")]))
    told = [row[0] for row in client.query(f"EXPLAIN indexes = 1 {sql}", parameters).result_rows]
    read, of = [line.split()[-1] for line in told if "Granules:" in line][-1].split("/")
    assert int(read) < int(of) / 2, "\n".join(told)
