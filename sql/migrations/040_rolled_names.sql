-- Actions and pages of a day are rolled up of one reading of its events, by one statement (jobs/roll_up.py): what it makes lands
-- here, and each row goes on to the table that keeps it.
CREATE TABLE IF NOT EXISTS rolled_names
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC'),
    is_bot         Bool,
    is_page        Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS rolled_names_actions TO rolled_actions AS
SELECT day, roll, retention_days, tenant, slice, is_bot, kind, name, events, users, sessions
FROM rolled_names
WHERE NOT is_page;

CREATE MATERIALIZED VIEW IF NOT EXISTS rolled_names_pages TO rolled_pages AS
SELECT day, roll, retention_days, tenant, slice, is_bot, page, events, users, sessions
FROM rolled_names
WHERE is_page;
