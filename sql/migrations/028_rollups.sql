-- Closed days, rolled up once (docs/decisions/0013-closed-days-are-rolled-up.md): what a question about ninety days reads
-- instead of every event. `sillage jobs` writes them; a week is a partition, so that ninety days are fourteen parts. A roll is one
-- writing of one day under a number of its own: only the one that rolled_days names is read, so a roll that was cut
-- off, or made twice, is never seen.
CREATE TABLE IF NOT EXISTS rolled_days
(
    day       Date,
    roll      UInt64,
    rows      UInt64,
    rolled_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (day, rolled_at)
TTL day + INTERVAL 90 DAY;

-- A row is what one user did in one session within one hour (of arrival, UTC) in one surrounding. A user is the pseudonym as a
-- number, a session a hash of its id; 0 is none.
CREATE TABLE IF NOT EXISTS rolled_sessions
(
    day             Date,
    roll            UInt64,
    retention_days  UInt8,
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
ORDER BY (tenant, user, hour)
TTL day + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 0;

-- A row is one action, or one page, in one slice of a day. Users and sessions are sketches: exact up to some hundreds,
-- then with a standard error of 1.6 %. The hours from 8 to 21 UTC are one slice, the others one each: so the days of each zone
-- from UTC-8 to UTC+3 are made of whole slices.
CREATE TABLE IF NOT EXISTS rolled_actions
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = MergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, slice, kind, name)
TTL day + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 0;

CREATE TABLE IF NOT EXISTS rolled_pages
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = MergeTree
PARTITION BY toMonday(day)
ORDER BY (tenant, slice, page)
TTL day + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 0;
