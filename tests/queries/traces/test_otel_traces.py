"""The views that look like the tables of the OpenTelemetry Collector's ClickHouse exporter."""

from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from tests.otlp import key_values
from tests.queries.traces.spans import NOW, SECOND, TRACE, request, span, store

COLUMNS = [
    ("Timestamp", "DateTime64(9)"), ("TraceId", "String"), ("SpanId", "String"), ("ParentSpanId", "String"),
    ("TraceState", "String"), ("SpanName", "LowCardinality(String)"), ("SpanKind", "LowCardinality(String)"),
    ("ServiceName", "LowCardinality(String)"), ("ResourceAttributes", "Map(LowCardinality(String), String)"),
    ("ScopeName", "String"), ("ScopeVersion", "String"),
    ("SpanAttributes", "Map(LowCardinality(String), String)"), ("Duration", "UInt64"),
    ("StatusCode", "LowCardinality(String)"), ("StatusMessage", "String"),
    ("Events.Timestamp", "Array(DateTime64(9))"), ("Events.Name", "Array(LowCardinality(String))"),
    ("Events.Attributes", "Array(Map(LowCardinality(String), String))"), ("Links.TraceId", "Array(String)"),
    ("Links.SpanId", "Array(String)"), ("Links.TraceState", "Array(String)"),
    ("Links.Attributes", "Array(Map(LowCardinality(String), String))"),
]  # fmt: skip
"""As the exporter's sqltemplates/traces_table.sql creates them."""


def test_columns_and_types_are_the_exporters_but_for_the_named_time_zone(client: Client) -> None:
    told = client.query("DESCRIBE otel_traces").result_rows
    assert [(row[0], row[1].replace(", 'UTC'", "")) for row in told] == COLUMNS


def test_a_span_reads_as_the_exporter_writes_it(client: Client, tenant: str) -> None:
    one = span(
        "2", "1", kind="client", error="no", attributes={"n": 1, "yes": True}, events=[("e", {"k": 2.5})]
    )
    link = one.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, trace_state="a=b")
    link.attributes.extend(key_values({"l": "m"}))
    store(client, request(**{tenant: [one]}), tenant=tenant)
    (row,) = client.query(f"SELECT * FROM otel_traces WHERE ServiceName = '{tenant}'").named_results()
    expected = {
        "TraceId": TRACE, "SpanId": "0" * 15 + "2", "ParentSpanId": "0" * 15 + "1", "SpanName": "GET /",
        "SpanKind": "Client", "StatusCode": "Error", "StatusMessage": "no", "Duration": 10_000_000,
        "ResourceAttributes": {"service.name": tenant}, "SpanAttributes": {"n": "1", "yes": "true"},
        "Events.Name": ["e"], "Events.Attributes": [{"k": "2.5"}], "Links.TraceId": ["01" * 16],
        "Links.SpanId": ["02" * 8], "Links.TraceState": ["a=b"], "Links.Attributes": [{"l": "m"}],
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_the_table_of_times_holds_the_whole_seconds_around_a_trace(client: Client, tenant: str) -> None:
    trace = "d" * 32
    spans = [span("1", trace=trace), span("2", "1", trace=trace, at=5_000)]
    store(client, request(shop=spans), tenant=tenant)
    sql = f"SELECT Start, End FROM otel_traces_trace_id_ts WHERE TraceId = '{trace}'"
    ((start, end),) = client.query(sql).result_rows
    first = datetime.fromtimestamp((NOW - 60 * SECOND) // SECOND, UTC).replace(tzinfo=None)
    assert (start, (end - start).total_seconds()) == (first, 6)
    assert client.query("DESCRIBE otel_traces_trace_id_ts").result_rows[0][:2] == ("TraceId", "String")
