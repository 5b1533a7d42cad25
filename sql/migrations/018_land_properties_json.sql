-- The landing table takes both shapes: what schemas/usage_batch.avsc has now, and the two texts of records that an
-- earlier version wrote and that wait in Kafka. A record has one of both; the other is empty for each of its events.
ALTER TABLE usage_batches
    MODIFY COLUMN `events.properties` Array(Tuple(names String, values String))
        DEFAULT arrayResize(CAST([], 'Array(Tuple(names String, values String))'), length(`events.event_id`)),
    ADD COLUMN IF NOT EXISTS `events.properties_json` Array(String)
        DEFAULT arrayResize(CAST([], 'Array(String)'), length(`events.event_id`)) AFTER `events.properties`;

ALTER TABLE usage_events
    DROP COLUMN IF EXISTS property_names,
    DROP COLUMN IF EXISTS property_values;
