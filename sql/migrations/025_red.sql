-- Rate, errors and duration of each operation, by minute and by hour (UTC, of the spans' start): minutes are counted from
-- the rows, hours from the projection by_hour. `buckets` counts durations: bucket b holds those from 2^(b/8) - 1 to
-- 2^((b+1)/8) - 1 nanoseconds, so a percentile read from it is at most 4.5 % off. A question over a longer time adds
-- buckets up: sumMap(buckets).
CREATE VIEW IF NOT EXISTS red_by_minute AS
WITH
    (counts, share) -> mapKeys(counts)[
        arrayFirstIndex(n -> n >= share * arraySum(mapValues(counts)), arrayCumSum(mapValues(counts)))
    ] AS bucket_of,
    (counts, share) -> exp2((bucket_of(counts, share) + 0.5) / 8) - 1 AS percentile
SELECT
    *,
    percentile(buckets, 0.5) AS p50_ns,
    percentile(buckets, 0.95) AS p95_ns,
    percentile(buckets, 0.99) AS p99_ns
FROM
(
    SELECT
        tenant, minute, service, name, kind,
        sum(in_bucket) AS spans,
        sum(failed) AS errors,
        sum(took_ns) AS total_ns,
        max(longest_ns) AS max_ns,
        sumMap(map(bucket, in_bucket)) AS buckets
    FROM
    (
        SELECT
            tenant, toStartOfMinute(started_at) AS minute, service, name, kind,
            toUInt16(log2(duration_ns + 1) * 8) AS bucket,
            count() AS in_bucket,
            countIf(status = 'error') AS failed,
            sum(duration_ns) AS took_ns,
            max(duration_ns) AS longest_ns
        FROM span_rows
        GROUP BY tenant, minute, service, name, kind, bucket
    )
    GROUP BY tenant, minute, service, name, kind
);

CREATE VIEW IF NOT EXISTS red_by_hour AS
WITH
    (counts, share) -> mapKeys(counts)[
        arrayFirstIndex(n -> n >= share * arraySum(mapValues(counts)), arrayCumSum(mapValues(counts)))
    ] AS bucket_of,
    (counts, share) -> exp2((bucket_of(counts, share) + 0.5) / 8) - 1 AS percentile
SELECT
    *,
    percentile(buckets, 0.5) AS p50_ns,
    percentile(buckets, 0.95) AS p95_ns,
    percentile(buckets, 0.99) AS p99_ns
FROM
(
    SELECT
        tenant, hour, service, name, kind,
        sum(in_bucket) AS spans,
        sum(failed) AS errors,
        sum(took_ns) AS total_ns,
        max(longest_ns) AS max_ns,
        sumMap(map(bucket, in_bucket)) AS buckets
    FROM
    (
        SELECT
            tenant, toStartOfHour(started_at) AS hour, service, name, kind,
            toUInt16(log2(duration_ns + 1) * 8) AS bucket,
            count() AS in_bucket,
            countIf(status = 'error') AS failed,
            sum(duration_ns) AS took_ns,
            max(duration_ns) AS longest_ns
        FROM span_rows
        GROUP BY tenant, hour, service, name, kind, bucket
    )
    GROUP BY tenant, hour, service, name, kind
);

-- How many spans of each operation took how long: one row a bucket, with its bounds.
CREATE VIEW IF NOT EXISTS latency_histogram AS
SELECT
    tenant, minute, service, name, kind,
    exp2(bucket / 8) - 1 AS from_ns,
    exp2((bucket + 1) / 8) - 1 AS until_ns,
    in_bucket AS spans
FROM red_by_minute
ARRAY JOIN mapKeys(buckets) AS bucket, mapValues(buckets) AS in_bucket;
