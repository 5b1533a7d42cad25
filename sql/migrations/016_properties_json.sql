-- Properties become one JSON text (docs/decisions/0011-properties-are-json.md). Until 019 the view refuses every INSERT,
-- as it does those of who has lost a claim: a consumer that still runs then tries again later. A whole number that the
-- engine once wrote gets its fraction: one without is an integer to a JSON reader, of 64 bits at most.
ALTER TABLE usage_unpack MODIFY QUERY
SELECT batch_id FROM usage_batches WHERE throwIf(materialize(true), 'FENCED: the tables are being changed') = 0;

ALTER TABLE usage_events
    ADD COLUMN IF NOT EXISTS properties_json String CODEC(Default) AFTER property_values;

ALTER TABLE usage_events
    UPDATE properties_json = concat(
        '{',
        arrayStringConcat(
            arrayMap(
                (name, text, type) -> concat(
                    toJSONString(name), ':',
                    multiIf(type = 's', toJSONString(text), match(text, '^-?[0-9]+$'), concat(text, '.0'), text)
                ),
                arrayPopBack(splitByChar(char(255), toString(property_names))),
                arrayResize(
                    splitByChar(char(255), property_values),
                    length(splitByChar(char(255), toString(property_names))) - 1
                ),
                arrayResize(
                    splitByString('', splitByChar(char(255), toString(property_names))[-1]),
                    length(splitByChar(char(255), toString(property_names))) - 1
                )
            ),
            ','
        ),
        '}'
    )
    WHERE property_names != ''
    SETTINGS mutations_sync = 2;
