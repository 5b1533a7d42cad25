-- Spans, one row each; days and expiry as in 001. Sorted by the minute of their start, then by trace: a question has a
-- time, and the spans of a trace lie together. Attribute values are texts, an array or a list of keys and values is JSON,
-- the types beside them say, in the same order, what each was, by the tag of its AnyValue (10 string, 16 bool, 24 int,
-- 33 double, 42 array, 50 list, 58 bytes): what OTLP has is had back from a row without loss.
-- Those of events and links, which few questions read, stay the bytes that travelled; the view `spans` reads them.
-- duration_ns is negative where a span says that it ended before it started.
CREATE TABLE IF NOT EXISTS trace_spans
(
    received_at         DateTime64(3, 'UTC') CODEC(Delta, Default),
    tenant              LowCardinality(String),
    retention_days      UInt8,
    service             LowCardinality(String),
    name                LowCardinality(String),
    kind                Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
    started_at          DateTime64(9, 'UTC') CODEC(Delta, Default),
    duration_ns         Int64,
    status              Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
    status_message      String,
    http_status         UInt16,
    trace_id            FixedString(16),
    span_id             FixedString(8),
    parent_span_id      String,
    trace_state         String,
    flags               UInt32,
    session_id          String,
    user_id             String,
    resource            Map(LowCardinality(String), String),
    resource_types      Array(UInt8),
    attributes          Map(LowCardinality(String), String),
    attribute_types     Array(UInt8),
    scope_name          LowCardinality(String),
    scope_version       LowCardinality(String),
    scope_attributes    Map(LowCardinality(String), String),
    scope_types         Array(UInt8),
    `events.at`         Array(DateTime64(9, 'UTC')),
    `events.name`       Array(LowCardinality(String)),
    `events.attributes` Array(Map(String, String)),
    `links.trace_id`    Array(String),
    `links.span_id`     Array(String),
    `links.trace_state` Array(String),
    `links.flags`       Array(UInt32),
    `links.attributes`  Array(Map(String, String)),
    dropped             Tuple(attributes UInt32, events UInt32, links UInt32),
    batch_id            FixedString(16),
    topic_id            FixedString(16),
    kafka_partition     UInt16,
    kafka_offset        UInt64 CODEC(Delta, Default),

    CONSTRAINT retention CHECK retention_days IN (7, 14, 30, 60, 90),

    -- A search by an attribute's value, attributes['order.id'] = '42', reads the granules that may hold it; and so does one
    -- by the id in hexadecimal, as what was built for the exporter's tables asks.
    INDEX attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX trace_hex lower(hex(trace_id)) TYPE bloom_filter(0.001) GRANULARITY 1,

    -- Where a trace lies: one row a trace, so that a look-up never scans.
    PROJECTION by_trace
    (
        SELECT
            tenant, trace_id, toDate(received_at, 'UTC') AS day, retention_days,
            count(), min(started_at), max(started_at)
        GROUP BY tenant, trace_id, day, retention_days
    ),
    -- Rate, errors and duration of each operation by hour. A duration's bucket is an eighth of a power of two; each has a
    -- row of plain numbers, which is read thirty times as fast as the state of sumMap or of a sketch.
    PROJECTION by_hour
    (
        SELECT
            tenant, toStartOfHour(started_at) AS hour, service, name, kind,
            toUInt16(log2(greatest(duration_ns, 0) + 1) * 8) AS bucket, toDate(received_at, 'UTC') AS day, retention_days,
            count(), countIf(status = 'error'), sum(greatest(duration_ns, 0)), max(greatest(duration_ns, 0))
        GROUP BY tenant, hour, service, name, kind, bucket, day, retention_days
    ),
    -- What exactly-once asks: which records are stored, and which batches (see 010).
    PROJECTION by_batch
    (
        SELECT batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at, count()
        GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
    )
)
ENGINE = MergeTree
PARTITION BY (toDate(received_at, 'UTC'), retention_days)
ORDER BY (tenant, toStartOfMinute(started_at), trace_id)
TTL toDateTime(toDate(received_at, 'UTC'), 'UTC') + toIntervalDay(retention_days)
SETTINGS
    ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0,
    index_granularity = 1024, min_bytes_for_wide_part = 134217728, fsync_after_insert = 1, fsync_part_directory = 1;
