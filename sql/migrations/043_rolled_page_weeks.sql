-- A question about pages over ninety days merges sketches, of which each day has its own; those of a whole week are seven times fewer
-- and hardly larger (docs/decisions/0013-closed-days-are-rolled-up.md). A row is a page in a week; `day` is its Monday. It is made of
-- the rolls of its seven days, goes with the first of them, and is read where a question covers the week and does not ask when.
CREATE TABLE IF NOT EXISTS rolled_page_weeks
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    share          LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant         LowCardinality(String),
    is_bot         Bool,
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = MergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, page)
TTL day + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 0, default_compression_codec = 'LZ4';

-- The weeks that are read from their rolls: those of which all seven days are closed, and by the rolls that the week's was made of.
-- A roll's number only grows, so other rolls have another sum.
CREATE VIEW IF NOT EXISTS closed_weeks AS
SELECT day, roll, rolls
FROM
(
    SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rolls
    FROM rolled_days
    WHERE days = 7
    GROUP BY day
)
WHERE (day, rolls) IN (SELECT toMonday(day) AS monday, sum(roll) FROM closed_days GROUP BY monday HAVING count() = 7)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);
