-- The spans that may be seen: the floor under every question about traces, as 004 is under those about usage. A question
-- that needs neither ids in hexadecimal nor events asks `span_rows`, whose look-up of a trace, by `trace_key`, the
-- projection by_trace answers: what `spans` adds costs 20 ms of analysis.
CREATE VIEW IF NOT EXISTS span_rows AS
SELECT
    * REPLACE (greatest(duration_ns, 0) AS duration_ns),
    trace_id AS trace_key,
    trace_spans.duration_ns AS end_minus_start_ns
FROM trace_spans
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

-- The same for people: ids in hexadecimal, types by name, attributes of events and links read from the bytes that
-- travelled, as 022 reads those of spans.
CREATE VIEW IF NOT EXISTS spans AS
WITH
    v -> multiIf(length(v) < 130, substring(v, 3), length(v) < 16387, substring(v, 4), substring(v, 5)) AS content,
    v -> reinterpretAsUInt128(substring(v, 2, 10)) AS groups,
    v -> toInt64(
        bitAnd(groups(v), 127)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 8), 127), 7)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 16), 127), 14)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 24), 127), 21)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 32), 127), 28)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 40), 127), 35)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 48), 127), 42)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 56), 127), 49)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 64), 127), 56)
        + bitShiftLeft(bitAnd(bitShiftRight(groups(v), 72), 127), 63)
    ) AS integer,
    v -> reinterpretAsUInt32(substring(v, -4)) AS json_length,
    v -> multiIf(
        startsWith(v, char(10)), content(v),
        v = '', '',
        startsWith(v, char(24)), toString(integer(v)),
        startsWith(v, char(16)), if(v = char(16, 1), 'true', 'false'),
        startsWith(v, char(33)), toString(reinterpretAsFloat64(substring(v, 2))),
        startsWith(v, char(42)) OR startsWith(v, char(50)), if(
            length(v) > 9 AND substring(v, length(v) - 5, 2) = char(173, 6),
            substring(v, -(6 + toInt64(json_length(v))), json_length(v)), base64Encode(v)
        ),
        base64Encode(content(v))
    ) AS text,
    m -> mapApply((k, v) -> (k, text(v)), m) AS texts,
    tags -> arrayMap(
        tag -> transform(
            tag, [10, 16, 24, 33, 42, 50, 58], ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'], 'none'
        ),
        tags
    ) AS types
SELECT
    * EXCEPT (dropped) REPLACE (
        lower(hex(trace_id)) AS trace_id,
        lower(hex(span_id)) AS span_id,
        lower(hex(parent_span_id)) AS parent_span_id,
        types(resource_types) AS resource_types,
        types(attribute_types) AS attribute_types,
        types(scope_types) AS scope_types,
        arrayMap(m -> texts(m), `events.attributes`) AS `events.attributes`,
        arrayMap(id -> lower(hex(id)), `links.trace_id`) AS `links.trace_id`,
        arrayMap(id -> lower(hex(id)), `links.span_id`) AS `links.span_id`,
        arrayMap(m -> texts(m), `links.attributes`) AS `links.attributes`,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    ),
    end_minus_start_ns < 0 AS ends_before_start,
    span_rows.`events.attributes` AS event_values,
    span_rows.`links.attributes` AS link_values,
    dropped.attributes AS dropped_attributes, dropped.events AS dropped_events, dropped.links AS dropped_links
FROM span_rows;
