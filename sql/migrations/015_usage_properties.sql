-- The view `usage` of 004. Properties are put together for those who ask for them: `properties` keeps the type of each,
-- `property_texts` has them as text at a sixth of the cost, and is what a question over many rows reads.
CREATE OR REPLACE VIEW usage AS
WITH
    splitByChar(char(255), property_names) AS words,
    arrayResize(splitByChar(char(255), property_values), length(words) - 1) AS texts,
    arrayResize(splitByString('', toString(words[-1])), length(words) - 1) AS types
SELECT
    * EXCEPT (property_names, property_values) REPLACE (
        toUUID(UUIDNumToString(event_id)) AS event_id,
        toUUID(UUIDNumToString(batch_id)) AS batch_id,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    ),
    mapFromArrays(arrayPopBack(words), arrayMap(
        (text, type) -> multiIf(type = 's', text, type = 'n', toFloat64OrZero(text), CAST(text = 'true', 'Bool')),
        texts,
        types
    )) AS properties,
    mapFromArrays(arrayPopBack(words), texts) AS property_texts
FROM usage_events
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;
