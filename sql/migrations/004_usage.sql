-- The events that may be seen: the floor under every question. A day is visible until its retention has passed,
-- even where its partition is still on the disk. Each later view reads this one, never the table.
CREATE VIEW IF NOT EXISTS usage AS
SELECT
    * REPLACE (
        toUUID(UUIDNumToString(event_id)) AS event_id,
        toUUID(UUIDNumToString(batch_id)) AS batch_id,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    )
FROM usage_events
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;
