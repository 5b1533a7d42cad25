-- What expiry did and what checks of retention found: the history that a report shows. Days and counts alone, of no
-- tenant, kept as long as somebody may ask for the proof.
CREATE TABLE IF NOT EXISTS retention_drops
(
    dropped_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    store      LowCardinality(String),
    piece      String,
    records    UInt64,
    bytes      UInt64
)
ENGINE = MergeTree
ORDER BY dropped_at
TTL toDateTime(dropped_at, 'UTC') + INTERVAL 3 YEAR;

CREATE TABLE IF NOT EXISTS retention_checks
(
    checked_at       DateTime64(3, 'UTC'),
    interval_seconds UInt32,
    ok               Bool,
    overdue_records  UInt64,
    faults           Array(String)
)
ENGINE = MergeTree
ORDER BY checked_at
TTL toDateTime(checked_at, 'UTC') + INTERVAL 3 YEAR;
