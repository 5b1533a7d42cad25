-- The spans that may be seen: the floor under every question about traces, as 004 is under those about usage. Ids are
-- shown in hexadecimal; a look-up asks `trace_key`, the bytes, which the projection by_trace answers. Attributes of
-- events and links are read here from the bytes that travelled, as 022 reads those of spans; `event_values` and
-- `link_values` are those bytes, and `end_minus_start_ns` may be negative, so that the span can be had back as it came.
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
            substring(v, -9, 5) != '' AND substring(v, length(v) - 5, 2) = char(173, 6),
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
        greatest(duration_ns, 0) AS duration_ns,
        types(resource_types) AS resource_types,
        types(attribute_types) AS attribute_types,
        types(scope_types) AS scope_types,
        arrayMap(m -> texts(m), `events.attributes`) AS `events.attributes`,
        arrayMap(id -> lower(hex(id)), `links.trace_id`) AS `links.trace_id`,
        arrayMap(id -> lower(hex(id)), `links.span_id`) AS `links.span_id`,
        arrayMap(m -> texts(m), `links.attributes`) AS `links.attributes`,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    ),
    trace_spans.trace_id AS trace_key,
    trace_spans.duration_ns < 0 AS ends_before_start,
    trace_spans.duration_ns AS end_minus_start_ns,
    trace_spans.`events.attributes` AS event_values,
    trace_spans.`links.attributes` AS link_values,
    dropped.attributes AS dropped_attributes, dropped.events AS dropped_events, dropped.links AS dropped_links
FROM trace_spans
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;
