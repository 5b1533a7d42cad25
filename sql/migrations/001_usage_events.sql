-- Usage events, one row each. Rows of day D (UTC, by received_at) are dropped at D + retention_days, 00:00 UTC:
-- a partition holds one day of one retention, so what expires is dropped whole. Identifiers are kept as the 16
-- bytes that travelled; the view `usage` shows them as UUIDs. Views follow in later migrations.
CREATE TABLE IF NOT EXISTS usage_events
(
    received_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    tenant          LowCardinality(String),
    retention_days  UInt8,
    kind            LowCardinality(String),
    name            LowCardinality(String),
    occurred_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    client_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    page            String CODEC(ZSTD),
    referrer        String CODEC(ZSTD),
    session_id      String CODEC(ZSTD),
    user_id         String CODEC(ZSTD),
    event_id        FixedString(16),
    batch_id        FixedString(16) CODEC(ZSTD),
    trace_id        String CODEC(ZSTD),
    properties      Map(String, Variant(Bool, Float64, String)) CODEC(ZSTD),
    sdk             LowCardinality(String),
    release         LowCardinality(String),
    language        LowCardinality(String),
    screen          LowCardinality(String),
    timezone        LowCardinality(String),
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    device          LowCardinality(String),
    is_bot          Bool,
    bot_reasons     Array(LowCardinality(String)),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    topic_id        FixedString(16) CODEC(ZSTD),
    kafka_partition UInt16,
    kafka_offset    UInt64 CODEC(Delta, ZSTD),

    CONSTRAINT retention CHECK retention_days IN (7, 14, 30, 60, 90),

    PROJECTION by_action
    (
        SELECT toDate(received_at, 'UTC') AS day, tenant, retention_days, is_bot, kind, name, count()
        GROUP BY day, tenant, retention_days, is_bot, kind, name
    ),
    PROJECTION by_client
    (
        SELECT
            toDate(received_at, 'UTC') AS day, tenant, retention_days, is_bot, browser, os, device, country, count()
        GROUP BY day, tenant, retention_days, is_bot, browser, os, device, country
    )
)
ENGINE = MergeTree
PARTITION BY (toDate(received_at, 'UTC'), retention_days)
ORDER BY (tenant, user_id, received_at)
TTL toDateTime(toDate(received_at, 'UTC'), 'UTC') + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 0;
