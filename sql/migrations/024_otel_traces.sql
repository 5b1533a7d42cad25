-- The names and types of the OpenTelemetry Collector's ClickHouse exporter, so that what is built for its tables works
-- here as it is, Grafana's ClickHouse data source above all.
-- https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter
CREATE VIEW IF NOT EXISTS otel_traces AS
SELECT
    started_at AS Timestamp,
    trace_id AS TraceId,
    span_id AS SpanId,
    parent_span_id AS ParentSpanId,
    trace_state AS TraceState,
    name AS SpanName,
    toLowCardinality(initcap(toString(kind))) AS SpanKind,
    service AS ServiceName,
    resource AS ResourceAttributes,
    CAST(scope_name, 'String') AS ScopeName,
    CAST(scope_version, 'String') AS ScopeVersion,
    attributes AS SpanAttributes,
    toUInt64(duration_ns) AS Duration,
    toLowCardinality(initcap(toString(status))) AS StatusCode,
    status_message AS StatusMessage,
    `events.at` AS `Events.Timestamp`,
    `events.name` AS `Events.Name`,
    arrayMap(m -> CAST(m, 'Map(LowCardinality(String), String)'), `events.attributes`) AS `Events.Attributes`,
    `links.trace_id` AS `Links.TraceId`,
    `links.span_id` AS `Links.SpanId`,
    `links.trace_state` AS `Links.TraceState`,
    arrayMap(m -> CAST(m, 'Map(LowCardinality(String), String)'), `links.attributes`) AS `Links.Attributes`
FROM spans;

-- When each trace was: its first and its last start, in whole seconds around them.
CREATE VIEW IF NOT EXISTS otel_traces_trace_id_ts AS
SELECT
    lower(hex(trace_key)) AS TraceId,
    toDateTime(min(started_at)) AS Start,
    toDateTime(max(started_at)) + 1 AS End
FROM spans
GROUP BY tenant, trace_key;
