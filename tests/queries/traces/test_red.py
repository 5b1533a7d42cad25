"""Rates, errors and durations against a plain recount of the spans."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from queries.traces.buckets import apdex, percentile_ns
from queries.traces.counting import counting
from queries.traces.period import Period
from queries.traces.places import locate
from queries.traces.red import RedQuestion, compared, red
from queries.traces.trace import read_trace
from tests.queries.traces.spans import MS, NOW, SECOND, TRACE, request, span, store

OFF = 0.045
TENANT = "measured"
EPOCH = datetime.fromtimestamp(0, UTC)


def bucket(ns: int) -> int:
    """As the tables have it."""
    import math

    return int(math.log2(ns + 1) * 8)


def exact(durations: list[int], share: float) -> int:
    """The duration that so many of them do not exceed."""
    ordered = sorted(durations)
    return ordered[max(-(-len(ordered) * round(share * 100) // 100), 1) - 1]


@given(st.lists(st.integers(1_000, 2**62), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_at_most_four_and_a_half_percent_off(durations: list[int], share: float) -> None:
    found = percentile_ns(Counter(map(bucket, durations)), share)
    assert found == pytest.approx(exact(durations, share), rel=OFF)


def test_apdex_counts_the_satisfied_and_half_of_the_tolerating() -> None:
    durations = [10 * MS] * 6 + [1_000 * MS] * 2 + [9_000 * MS] * 2
    assert apdex(Counter(map(bucket, durations)), 500 * MS) == pytest.approx(0.7)
    assert apdex({}, 500 * MS) == 1.0


@pytest.fixture(scope="module")
def sent(client: Client) -> dict[tuple[str, str], list[tuple[int, bool]]]:
    """Durations and failures by service and operation; internal spans beside them, and another tenant's."""
    chance = random.Random(7)
    sent: dict[tuple[str, str], list[tuple[int, bool]]] = {}
    spans: dict[str, list[object]] = {"shop": [], "pay": []}
    for number in range(600):
        service, name = chance.choice(["shop", "pay"]), chance.choice(["GET /", "POST /buy", "work"])
        ms, failed = round(chance.lognormvariate(3, 1), 3), chance.random() < 0.2
        one = span(
            f"{number + 1:x}",
            name=name,
            at=-chance.randrange(7_200_000),
            ms=ms,
            error="x" if failed else None,
        )
        spans[service].append(one)
        took = one.end_time_unix_nano - one.start_time_unix_nano
        sent.setdefault((service, name), []).append((took, failed))
    store(client, request(**spans), tenant=TENANT)  # type: ignore[arg-type]
    store(client, request(shop=[span("1", kind="internal")]), tenant=TENANT)
    store(client, request(shop=[span("1")]), tenant="another")
    return sent


def test_operations_are_as_a_recount_says(
    client: Client, sent: dict[tuple[str, str], list[tuple[int, bool]]]
) -> None:
    rows = red(client, RedQuestion(TENANT, Period.last(3 * 3_600 * SECOND)))
    assert {(row.service, row.operation) for row in rows} == set(sent)
    for row in rows:
        spans = sent[row.service, row.operation]
        durations = [took for took, _ in spans]
        assert (row.now.spans, row.now.errors) == (len(spans), sum(failed for _, failed in spans))
        assert row.now.max_ns == max(durations)
        assert row.now.rate == pytest.approx(len(spans) / 10_800, rel=0.01)
        for share, found in ((0.5, row.now.p50_ns), (0.95, row.now.p95_ns), (0.99, row.now.p99_ns)):
            assert found == pytest.approx(exact(durations, share), rel=OFF)


@pytest.mark.parametrize("interval", ["minute", "hour"])
def test_the_views_and_the_command_cut_time_alike(
    client: Client, sent: dict[tuple[str, str], list[tuple[int, bool]]], interval: str
) -> None:
    period = Period.last(3 * 3_600 * SECOND)
    rows = red(client, RedQuestion(TENANT, period, interval=interval, limit=10_000))
    assert sum(row.now.spans for row in rows) == sum(map(len, sent.values()))
    columns = "service, name, spans, errors, max_ns, round(p50_ns), round(p95_ns), round(p99_ns)"
    view = client.query(
        f"SELECT {interval}, {columns} FROM red_by_{interval} WHERE tenant = 'measured' AND kind = 'server'"
    ).result_rows
    told = [
        (
            *(r.bucket, r.service, r.operation, r.now.spans, r.now.errors, r.now.max_ns),
            *map(round, (r.now.p50_ns, r.now.p95_ns, r.now.p99_ns)),
        )
        for r in rows
    ]
    assert sorted(map(repr, told)) == sorted(repr((*row[:6], *map(round, row[6:]))) for row in view)


def test_the_histogram_counts_every_span_within_its_bounds(
    client: Client, sent: dict[tuple[str, str], list[tuple[int, bool]]]
) -> None:
    rows = client.query(
        "SELECT service, name, from_ns, until_ns, sum(spans) FROM latency_histogram"
        " WHERE tenant = 'measured' AND kind = 'server' GROUP BY ALL"
    ).result_rows
    assert sum(row[-1] for row in rows) == sum(map(len, sent.values()))
    for service, name, low, high, count in rows:
        durations = [took for took, _ in sent[service, name]]
        assert count == sum(low <= took < high for took in durations)


def test_services_sum_their_operations_and_orders_put_the_worst_first(client: Client, tenant: str) -> None:
    spans = [
        *(span(f"a{n}", name="busy") for n in range(5)),
        *(span(f"b{n}", name="broken", error="x") for n in range(3)),
        span("c", name="slow", ms=900),
        span("d", name="dragging", kind="consumer", ms=-1),
    ]
    store(client, request(shop=spans), tenant=tenant)
    period = Period.last(3_600 * SECOND)
    (row,) = red(client, RedQuestion(tenant, period, by="service"))
    assert (row.operation, row.now.spans, row.now.errors, row.now.error_share) == ("", 10, 3, 0.3)
    firsts = {
        order: red(client, RedQuestion(tenant, period, order=order))[0].operation
        for order in ("total", "slowest", "failing")
    }
    assert firsts == {"total": "busy", "slowest": "slow", "failing": "broken"}
    assert red(client, RedQuestion(tenant, period, service="pay")) == []
    assert red(client, RedQuestion(tenant, period, kinds=["client"])) == []


def test_a_period_is_compared_with_the_one_before_it(client: Client, tenant: str) -> None:
    ago = -3_600_000
    old = [span(f"a{n}", at=ago, ms=10) for n in range(4)]
    new = [span("b1", ms=100), span("b2", ms=100), span("b3", name="new")]
    store(client, request(shop=[*old, *new]), tenant=tenant)
    now = datetime.fromtimestamp(NOW / 1e9, UTC)
    rows = compared(client, RedQuestion(tenant, Period.last(1_800 * SECOND, now + timedelta(minutes=1))))
    assert [(row.operation, row.before) for row in rows if row.operation == "new"] == [("new", None)]
    until = now + timedelta(minutes=2)
    (root, _) = compared(client, RedQuestion(tenant, Period(until - timedelta(minutes=50), until)))
    assert root.before is not None
    assert (root.now.spans, root.before.spans) == (2, 4)
    assert root.before.p95_ns == pytest.approx(10 * MS, rel=OFF)


@pytest.mark.parametrize("of_table", [False, True])
def test_the_question_reads_the_projection_alone(client: Client, tenant: str, of_table: bool) -> None:
    client.command(
        "INSERT INTO trace_spans"
        " (received_at, tenant, retention_days, service, name, kind, started_at, duration_ns, trace_id,"
        " span_id)"
        f" SELECT now64(3), '{tenant}', 90, 'shop', 'GET /', 'server', now64(9) - number / 1000, number,"
        " sipHash128(number), '' FROM numbers(100000)"
    )
    period = Period.last(86_400 * SECOND)
    asked = period.parameters | {"tenant": tenant, "kinds": ["server"], "service": ""}
    for keys in (["service", "name"], ["hour", "service"]):
        sql = counting(keys, "hour", of_table=of_table)
        told = "\n".join(row[0] for row in client.query(f"EXPLAIN projections = 1 {sql}", asked).result_rows)
        assert ("ReadFromMergeTree (by_hour)" in told) == of_table, told
        counted = client.query(sql, asked)
        assert sum(sum(row[-2].values()) for row in counted.result_rows) == 100_000
        assert int(counted.summary["read_rows"]) < 1_000, told


@pytest.mark.parametrize("interval", [None, "hour"])
def test_a_period_that_ended_within_an_hour_counts_nothing_after_its_end(
    client: Client, tenant: str, interval: str | None
) -> None:
    until = datetime.fromtimestamp(NOW / 1e9, UTC).replace(minute=30, second=0, microsecond=0)
    until -= timedelta(hours=2)
    ends = [
        (until - timedelta(minutes=ago) - EPOCH) // timedelta(milliseconds=1) for ago in (300, 20, 1, 0, -9)
    ]
    at = [end - NOW // MS + 60_000 for end in ends]
    store(client, request(shop=[span(f"{n + 1:x}", at=one) for n, one in enumerate(at)]), tenant=tenant)
    rows = red(client, RedQuestion(tenant, Period(until - timedelta(hours=8), until), interval=interval))
    assert sum(row.now.spans for row in rows) == 3
    assert sum(row.now.rate for row in rows) == pytest.approx(3 / (3_600 if interval else 30_600))


def test_a_period_that_ends_with_an_hour_counts_nothing_of_the_next(client: Client, tenant: str) -> None:
    until = datetime.fromtimestamp(NOW / 1e9, UTC).replace(minute=0, second=0, microsecond=0)
    until -= timedelta(hours=2)
    end = (until - EPOCH) // timedelta(milliseconds=1) - NOW // MS + 60_000
    spans = [span(f"{number + 1:x}", at=end + at) for number, at in enumerate((-1, 0, 600_000))]
    store(client, request(shop=spans), tenant=tenant)
    for longer, counted in ((timedelta(0), 1), (timedelta(milliseconds=2), 2)):
        period = Period(until - timedelta(hours=8), until + longer)
        (row,) = red(client, RedQuestion(tenant, period))
        assert row.now.spans == counted


def test_who_is_hidden_is_not_counted_in_any_hour(client: Client, tenant: str) -> None:
    hers = span("1", attributes={"user.id": "ada"}, ms=900, error="x")
    store(client, request(shop=[hers, span("2", ms=10)]), tenant=tenant)
    period = Period.last(86_400 * SECOND)
    (before,) = red(client, RedQuestion(tenant, period))
    client.command(f"INSERT INTO hidden (tenant, subject) VALUES ('{tenant}', 'ada')")
    (now,) = red(client, RedQuestion(tenant, period))
    client.command("TRUNCATE TABLE hidden")
    assert (before.now.spans, before.now.errors) == (2, 1)
    assert (now.now.spans, now.now.errors, now.now.max_ns) == (1, 0, 10 * MS)


def test_what_an_erasure_has_deleted_is_counted_no_more_and_what_it_has_left_still_is(
    client: Client, tenant: str
) -> None:
    hers = span("1", attributes={"user.id": "ada"}, ms=900, error="x")
    store(client, request(shop=[hers, span("2", ms=10)]), tenant=tenant)
    whose = f"tenant = '{tenant}' AND user_id = 'ada'"
    client.command(f"ALTER TABLE trace_spans DELETE WHERE {whose}", settings={"mutations_sync": 1})
    (row,) = red(client, RedQuestion(tenant, Period.last(86_400 * SECOND)))
    assert (row.now.spans, row.now.errors, row.now.max_ns) == (1, 0, 10 * MS)
    (place,) = locate(client, [TRACE], tenant)
    assert (place.rows, read_trace(client, place).total) == (1, 1)
