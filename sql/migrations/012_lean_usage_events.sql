-- What an INSERT pays for (docs/decisions/0008-lean-inserts.md). Below 128 MB a part is a few files instead of hundreds:
-- what one INSERT writes is; what merges make of many is not, so that a question reads its columns alone. The codec
-- Default is the server's rule by size of part: quick where the next merge rewrites it, thorough where it stays.
ALTER TABLE usage_events DROP COLUMN IF EXISTS properties;

ALTER TABLE usage_events MODIFY SETTING min_bytes_for_wide_part = 134217728;

ALTER TABLE usage_events
    MODIFY COLUMN received_at CODEC(Delta, Default),
    MODIFY COLUMN occurred_at CODEC(Delta, Default),
    MODIFY COLUMN client_at CODEC(Delta, Default),
    MODIFY COLUMN page CODEC(Default),
    MODIFY COLUMN referrer CODEC(Default),
    MODIFY COLUMN session_id CODEC(Default),
    MODIFY COLUMN user_id CODEC(Default),
    MODIFY COLUMN batch_id CODEC(Default),
    MODIFY COLUMN trace_id CODEC(Default),
    MODIFY COLUMN topic_id CODEC(Default),
    MODIFY COLUMN kafka_offset CODEC(Delta, Default);
