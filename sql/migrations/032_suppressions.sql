-- Whom the unpacking views leave out, so that no replay, retry, late batch, spool, dead letter or repair brings back who
-- was erased (docs/decisions/0016-erased-persons-are-suppressed.md). A row's subject is its user, or else its session, or else its trace.
-- What arrived before `until` stays out: of who was not lifted that is everything. The subject '' is a whole tenant.
-- `keep_until` is the last day on which a copy may bring old rows of the subject back.
CREATE TABLE IF NOT EXISTS suppressions
(
    tenant     LowCardinality(String),
    subject    String,
    until      DateTime64(3, 'UTC'),
    request    String,
    keep_until Date
)
ENGINE = MergeTree
ORDER BY (tenant, subject)
TTL keep_until + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 0;

-- Whom the views leave out though their rows are stored: while an erasure goes on, and under a restriction. `last_at` is
-- the arrival of the subject's last row when it was hidden.
CREATE TABLE IF NOT EXISTS hidden
(
    tenant  LowCardinality(String),
    subject String,
    request String,
    last_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (tenant, subject)
SETTINGS non_replicated_deduplication_window = 0;

-- Days whose rolls are true no more, though their events are as many: a roll that began before `at` is not read.
CREATE TABLE IF NOT EXISTS unrolled
(
    day Date,
    at  DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY day
TTL day + INTERVAL 91 DAY
SETTINGS non_replicated_deduplication_window = 0;
