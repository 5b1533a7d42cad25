-- A question about ninety days read three columns of each row of a roll to know whether the row counts: its roll, its day,
-- its retention. A roll's share of one retention is one text of few values, which is looked up once a value and not once a
-- row; it names what is to be read (docs/decisions/0013-closed-days-are-rolled-up.md). Sketches and hashes hardly shrink in
-- ZSTD, and unpacking them was a third of reading them: parts of rolls are LZ4 whatever their size.
ALTER TABLE rolled_sessions
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

ALTER TABLE rolled_actions
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

ALTER TABLE rolled_pages
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

ALTER TABLE rolled_sessions MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_actions MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_pages MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_sessions MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;

ALTER TABLE rolled_actions MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;

ALTER TABLE rolled_pages MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;
