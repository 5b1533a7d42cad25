-- Properties become two texts (docs/decisions/0008-lean-inserts.md): the names, behind them one word with a letter for
-- each one's type (s string, n number, b boolean); and the values in the same order. The words are split by the byte FF,
-- which no UTF-8 text holds. Until 014 the view refuses every INSERT, as it does those of who has lost a claim: a
-- consumer that still runs then tries again later.
ALTER TABLE usage_unpack MODIFY QUERY
SELECT batch_id FROM usage_batches WHERE throwIf(materialize(true), 'FENCED: the tables are being changed') = 0;

ALTER TABLE usage_events
    ADD COLUMN IF NOT EXISTS property_names LowCardinality(String) AFTER trace_id,
    ADD COLUMN IF NOT EXISTS property_values String AFTER property_names;

ALTER TABLE usage_events
    UPDATE
        property_names = arrayStringConcat(
            arrayPushBack(
                mapKeys(properties),
                arrayStringConcat(arrayMap(
                    value -> transform(toString(variantType(value)), ['Float64', 'Bool'], ['n', 'b'], 's'),
                    mapValues(properties)
                ))
            ),
            char(255)
        ),
        property_values = arrayStringConcat(arrayMap(value -> toString(value), mapValues(properties)), char(255))
    WHERE notEmpty(properties)
    SETTINGS mutations_sync = 2;
