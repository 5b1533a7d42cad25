-- The landing table with the fields that schemas/usage_batch.avsc now has.
ALTER TABLE usage_batches
    ADD COLUMN IF NOT EXISTS user_id String AFTER batch_id,
    ADD COLUMN IF NOT EXISTS session_id String AFTER user_id;

ALTER TABLE usage_batches DROP COLUMN IF EXISTS `events.properties`;

ALTER TABLE usage_batches
    ADD COLUMN IF NOT EXISTS `events.properties` Array(Tuple(names String, values String)) AFTER `events.trace_id`;
