-- The view `usage` of 015 over JSON. `properties` keeps the type of each, `property_texts` has them as text at half the
-- cost; a question over many rows asks properties_json itself, `JSONExtractString(properties_json, 'plan')`, for less.
CREATE OR REPLACE VIEW usage AS
WITH JSONExtractKeysAndValuesRaw(properties_json) AS pairs
SELECT
    * EXCEPT (property_names, property_values) REPLACE (
        toUUID(UUIDNumToString(event_id)) AS event_id,
        toUUID(UUIDNumToString(batch_id)) AS batch_id,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    ),
    mapFromArrays(pairs.1, arrayMap(
        raw -> multiIf(
            startsWith(raw, '"'), JSONExtractString(raw),
            raw IN ('true', 'false'), CAST(raw = 'true', 'Bool'),
            toFloat64OrZero(raw)
        ),
        pairs.2
    )) AS properties,
    CAST(JSONExtractKeysAndValues(properties_json, 'String'), 'Map(String, String)') AS property_texts
FROM usage_events
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;
