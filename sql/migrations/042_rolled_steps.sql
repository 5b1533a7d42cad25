-- Who did what and when, for funnels (docs/decisions/0013-closed-days-are-rolled-up.md). A row is an action in a slice of a day, with
-- a hash of the user and the time (Unix milliseconds) of each of its events, so that a funnel reads its own actions and nothing
-- else. Both are plain numbers, which groupArray gathers in half the time. Marks are close, as a row may hold many.
CREATE TABLE IF NOT EXISTS rolled_steps
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    share          LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    user_hashes    Array(UInt64),
    times          Array(Int64) CODEC(T64, Default)
)
ENGINE = MergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, name, slice)
TTL day + toIntervalDay(retention_days)
SETTINGS
    non_replicated_deduplication_window = 0, default_compression_codec = 'LZ4', min_parts_to_merge_at_once = 7,
    index_granularity_bytes = 262144;

-- As in 035, with what a funnel asks for.
CREATE OR REPLACE VIEW usage_pieces AS
SELECT
    toDate(received_at, 'UTC') AS day, retention_days, tenant,
    toStartOfHour(received_at) AS hour,
    if(toHour(hour) BETWEEN 8 AND 20, toStartOfDay(hour) + INTERVAL 8 HOUR, hour) AS slice,
    multiIf(
        user_id = '', 0,
        length(user_id) = 32, reinterpretAsUInt128(reverse(unhex(user_id))),
        reinterpretAsUInt128(sipHash128(user_id))
    ) AS user,
    if(user_id = '', 0, cityHash64(user_id)) AS user_hash,
    if(session_id = '', 0, sipHash64(session_id)) AS session,
    toUnixTimestamp64Milli(occurred_at) AS occurred_ms,
    is_bot, kind, name, page,
    browser, browser_version, os, os_version, device, country, region, city, language, release
FROM usage_events
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
  AND (
      (SELECT count() FROM hidden) = 0
      OR (
          (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))) NOT IN
          (
              SELECT tenant, subject FROM hidden
          )
          AND tenant NOT IN (SELECT tenant FROM hidden WHERE subject = '')
      )
  );

-- The steps of those who have an id, one row an event.
CREATE VIEW IF NOT EXISTS usage_steps AS
SELECT day, tenant, slice, is_bot, kind, name, user_hash, occurred_ms
FROM rolled_steps
ARRAY JOIN user_hashes AS user_hash, times AS occurred_ms
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, kind, name, user_hash, occurred_ms
FROM usage_pieces
WHERE day NOT IN (SELECT day FROM closed_days) AND user_hash != 0;
