-- Merging was nearly half of what rolling a week up cost (docs/decisions/0013-closed-days-are-rolled-up.md). In the order of time
-- a week's days lie one behind the other for each tenant, and are copied instead of interleaved; and a week is merged once it
-- has its seven days, not with each of them. A table's order cannot be changed: rolled_sessions is made anew and empty, and
-- days are read from their events until they are rolled up anew, which `sillage jobs` does.
DROP TABLE IF EXISTS rolled_sessions SYNC;

CREATE TABLE IF NOT EXISTS rolled_sessions
(
    day             Date,
    roll            UInt64,
    retention_days  UInt8,
    share           LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant          LowCardinality(String),
    hour            DateTime('UTC') CODEC(Delta, Default),
    user            UInt128,
    session         UInt64,
    is_bot          Bool,
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    device          LowCardinality(String),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    language        LowCardinality(String),
    release         LowCardinality(String),
    events          UInt64
)
ENGINE = MergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, hour, user)
TTL day + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 0, default_compression_codec = 'LZ4', min_parts_to_merge_at_once = 7;

ALTER TABLE rolled_actions MODIFY SETTING min_parts_to_merge_at_once = 7;

ALTER TABLE rolled_pages MODIFY SETTING min_parts_to_merge_at_once = 7;

-- Of how many days a roll is: of 1, or of 7, a week by its Monday (043), where `rows` is the sum of the seven rolls. A `sillage jobs`
-- of before leaves it 0: its rolls are not in all tables, and are not read.
ALTER TABLE rolled_days ADD COLUMN IF NOT EXISTS days UInt8 AFTER rows;

ALTER TABLE rolled_days DELETE WHERE days = 0 SETTINGS mutations_sync = 2;

-- The days that are read from their rolls, as in 035, of rolls that have every table.
CREATE OR REPLACE VIEW closed_days AS
SELECT day, roll
FROM
(
    SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows
    FROM rolled_days
    WHERE days = 1
    GROUP BY day
)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);
