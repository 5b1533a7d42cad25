"""A trace is found by its id without a scan, in whatever tenant and of whatever time."""

from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.look_up import statement
from queries.traces.places import _SEEN, MalformedTraceId, locate, parse_trace_id, there
from tests.queries.traces.spans import SECOND, TRACE, request, span, store


def plan(client: Client, sql: str, parameters: dict[str, object]) -> str:
    return "\n".join(
        row[0] for row in client.query(f"EXPLAIN projections = 1, indexes = 1 {sql}", parameters).result_rows
    )


Hiding = Callable[[str, str], None]


@pytest.fixture
def hiding(client: Client) -> Iterator[Hiding]:
    """Hides a tenant's subject until the end of the test."""

    def hide(tenant: str, subject: str) -> None:
        client.command(f"INSERT INTO hidden (tenant, subject) VALUES ('{tenant}', '{subject}')")

    yield hide
    client.command("TRUNCATE TABLE hidden")


@pytest.fixture(scope="module")
def many(client: Client) -> str:
    """300,000 spans of 30,000 traces in three days."""
    client.command(
        "INSERT INTO trace_spans"
        " (received_at, tenant, retention_days, service, name, started_at, duration_ns, trace_id, span_id)"
        " SELECT now64(3) - number % 3 * 86400, 'many', 90, 'shop', 'GET /',"
        " now64(9) - number % 3 * 86400, 1000, sipHash128(intDiv(number, 10)),"
        " reinterpretAsFixedString(sipHash64(number))"
        " FROM numbers(300000)"
    )
    return "many"


@pytest.mark.parametrize("of_table", [False, True])
def test_the_look_up_reads_the_projection_and_few_of_its_granules(
    client: Client, many: str, of_table: bool
) -> None:
    (trace,) = client.query("SELECT any(trace_id) FROM spans WHERE tenant = 'many'").result_rows[0]
    for tenant in (many, ""):
        sql, parameters = statement([trace], tenant, of_table=of_table)
        said = plan(client, sql, parameters)
        assert not of_table or "ReadFromMergeTree (by_trace)" in said, said
        read, of = (
            next(line for line in said.splitlines()[::-1] if "Granules:" in line).split()[-1].split("/")
        )
        assert int(read) < int(of) / 2, said
        assert [row[:2] for row in client.query(sql, parameters).result_rows] == [(many, trace)] * 3
    (place,) = locate(client, [trace], many)
    assert (place.rows, len(place.days)) == (10, 3)


def test_while_somebody_is_hidden_it_reads_no_more_than_the_place(
    client: Client, many: str, hiding: Hiding
) -> None:
    (trace,) = client.query("SELECT any(trace_id) FROM spans WHERE tenant = 'many'").result_rows[0]
    hiding("another", "somebody")
    places = locate(client, [trace], many)
    assert [(place.rows, len(place.days)) for place in places] == [(10, 3)]
    where, parameters = there(places)
    said = plan(client, _SEEN.format(there=where), parameters)
    reading = [line.split()[-1] for line in said.splitlines() if "Granules:" in line]
    left, _, all_of_them = reading[-1].partition("/")
    assert int(left) < 10 < 100 < int(all_of_them), said


def test_what_is_hidden_is_no_part_of_a_place(client: Client, tenant: str, hiding: Hiding) -> None:
    hers = span("1", attributes={"user.id": "ada"})
    store(client, request(shop=[hers, span("2", "1", at=120_000)]), tenant=tenant)
    store(client, request(shop=[span("1", trace="cd" * 16, attributes={"user.id": "ada"})]), tenant=tenant)
    store(client, request(shop=[span("1", trace="cd" * 16)]), tenant=f"{tenant}b")
    (before,) = locate(client, [TRACE], tenant)
    hiding(tenant, "ada")
    (place,) = locate(client, [TRACE], tenant)
    assert (before.rows, place.rows) == (2, 1)
    assert place.first_ns == place.last_ns == before.last_ns
    assert [place.tenant for place in locate(client, ["cd" * 16])] == [f"{tenant}b"]
    assert locate(client, ["cd" * 16], tenant) == []


@pytest.mark.usefixtures("many")
def test_the_spans_are_read_from_where_the_trace_lies_alone(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1"), span("2", "1")]), tenant=tenant)
    where, parameters = there(locate(client, [TRACE], tenant))
    said = plan(client, f"SELECT name FROM spans WHERE {where}", parameters)
    reading = [line.split()[-1] for line in said.splitlines() if "Granules:" in line]
    assert reading[-1].startswith("1/"), said
    assert client.query(f"SELECT count() FROM spans WHERE {where}", parameters).result_rows == [(2,)]


def test_what_came_in_several_pieces_is_one_place(client: Client, tenant: str) -> None:
    client.command("SYSTEM STOP MERGES trace_spans")
    for at in (0, 2_000, 1_000):
        store(client, request(shop=[span(str(at), at=at)]), tenant=tenant)
    (place,) = locate(client, [TRACE], tenant)
    client.command("SYSTEM START MERGES trace_spans")
    assert (place.rows, len(place.days), place.last_ns - place.first_ns) == (3, 1, 2 * SECOND)


def test_an_id_that_two_tenants_use_is_found_in_both_and_in_each_alone(client: Client, tenant: str) -> None:
    for name in (f"{tenant}a", f"{tenant}b"):
        store(client, request(shop=[span("1", trace="ab" * 16)]), tenant=name)
    assert [place.tenant for place in locate(client, ["ab" * 16])] == [f"{tenant}a", f"{tenant}b"]
    assert [place.tenant for place in locate(client, ["ab" * 16], f"{tenant}b")] == [f"{tenant}b"]
    assert locate(client, ["ab" * 16], "another") == []


@pytest.mark.parametrize("start", [0, 1, 4_294_967_290 * SECOND, 2**63 - 1, 2**63, 2**64 - 1])
def test_spans_of_impossible_times_are_found_and_read(client: Client, tenant: str, start: int) -> None:
    odd = span("1")
    odd.start_time_unix_nano = odd.end_time_unix_nano = start
    store(client, request(shop=[odd, span("2", "1")]), tenant=tenant)
    where, parameters = there(locate(client, [TRACE], tenant))
    assert client.query(f"SELECT count() FROM spans WHERE {where}", parameters).result_rows == [(2,)]


def test_ids_are_read_as_people_paste_them() -> None:
    assert parse_trace_id(f" {TRACE.upper()}\n") == TRACE
    for text in ("", "0" * 32, TRACE[:-1], TRACE + "0", "x" * 32):
        with pytest.raises(MalformedTraceId, match="32 hexadecimal digits"):
            parse_trace_id(text)


def test_a_trace_whose_id_ends_in_zeros_is_found(client: Client, tenant: str) -> None:
    trace = f"{1:014x}{0:018x}"
    made = request(shop=[span("1")])
    made.resource_spans[0].scope_spans[0].spans[0].trace_id = bytes.fromhex(trace)
    store(client, made, tenant=tenant)
    (place,) = locate(client, [trace], tenant)
    where, parameters = there([place])
    assert client.query(f"SELECT trace_id FROM spans WHERE {where}", parameters).result_rows == [(trace,)]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("SELECT trace_key FROM span_rows WHERE attributes['order.id'] = '77'", "attribute_values"),
        (f"SELECT SpanId FROM otel_traces WHERE TraceId = '{TRACE}'", "trace_hex"),
    ],
)
def test_a_search_reads_the_granules_that_may_hold_what_is_asked_for(
    client: Client, asked: str, index: str
) -> None:
    said = plan(client, asked, {})
    (_, of_index) = said.split(f"Name: {index}")
    granules = next(line.strip() for line in of_index.splitlines() if "Granules:" in line)
    left, _, all_of_them = granules.removeprefix("Granules: ").partition("/")
    assert int(left) < 10 < 100 < int(all_of_them)
