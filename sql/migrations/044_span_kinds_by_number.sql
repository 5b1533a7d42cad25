-- From OTLP requests to spans: 038, in which the kind of a value is its tag, a number, and is asked for by comparing numbers.
-- To compare the beginning of a text is put off until the kinds before it are ruled out, which costs more than it spares. An
-- empty value needs no kind of its own: it has no content.
ALTER TABLE span_unpack MODIFY QUERY
WITH
    (
        SELECT (count(), groupArrayIf((tenant, subject, until), until < '2200-01-01' OR subject = ''))
        FROM suppressions
    ) AS listed,
    v -> substring(v, 3 + (length(v) >= 130) + (length(v) >= 16387)) AS content,
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
    v -> reinterpretAsUInt8(v) AS tag,
    v -> multiIf(
        tag(v) = 10, content(v),
        tag(v) = 24, toString(integer(v)),
        tag(v) = 16, if(v = char(16, 1), 'true', 'false'),
        tag(v) = 33, toString(reinterpretAsFloat64(substring(v, 2))),
        tag(v) = 42 OR tag(v) = 50, if(
            length(v) > 9 AND substring(v, length(v) - 5, 2) = char(173, 6),
            substring(v, -(6 + toInt64(json_length(v))), json_length(v)), base64Encode(v)
        ),
        base64Encode(content(v))
    ) AS text,
    m -> mapApply((k, v) -> (k, text(v)), m) AS texts,
    m -> arrayMap(v -> tag(v), mapValues(m)) AS types
SELECT
    received_at, tenant, retention_days,
    resource['service.name'] AS service,
    s.name AS name, if(s.kind BETWEEN 0 AND 5, s.kind, 0) AS kind,
    fromUnixTimestamp64Nano(toInt64(s.start_time_unix_nano), 'UTC') AS started_at,
    toInt64(s.end_time_unix_nano - s.start_time_unix_nano) AS duration_ns,
    if(s.status.code BETWEEN 0 AND 2, s.status.code, 0) AS status, s.status.message AS status_message,
    toUInt16OrZero(if(
        mapContains(attributes, 'http.response.status_code'),
        attributes['http.response.status_code'], attributes['http.status_code']
    )) AS http_status,
    toFixedString(s.trace_id, 16) AS trace_id, toFixedString(s.span_id, 8) AS span_id,
    s.parent_span_id AS parent_span_id, s.trace_state AS trace_state, s.flags AS flags,
    attributes['session.id'] AS session_id,
    if(mapContains(attributes, 'user.id'), attributes['user.id'], attributes['enduser.id']) AS user_id,
    resource, resource_types, attributes, attribute_types,
    scope_name, scope_version, scope_attributes, scope_types,
    arrayMap(at -> fromUnixTimestamp64Nano(toInt64(at), 'UTC'), s.events.time_unix_nano) AS `events.at`,
    s.events.name AS `events.name`,
    s.events.attributes AS `events.attributes`,
    s.links.trace_id AS `links.trace_id`, s.links.span_id AS `links.span_id`,
    s.links.trace_state AS `links.trace_state`, s.links.flags AS `links.flags`,
    s.links.attributes AS `links.attributes`,
    (s.dropped_attributes_count, s.dropped_events_count, s.dropped_links_count) AS dropped,
    batch_id, topic_id, kafka_partition, kafka_offset
FROM
(
    SELECT
        received_at, tenant, retention_days, batch_id, topic_id, kafka_partition, kafka_offset,
        resource, resource_types, scope_name, scope_version, scope_attributes, scope_types,
        s, texts(s.attributes) AS attributes, types(s.attributes) AS attribute_types
    FROM
    (
        SELECT
            received_at, tenant, retention_days, batch_id, topic_id, kafka_partition, kafka_offset,
            texts(r.resource.attributes) AS resource, types(r.resource.attributes) AS resource_types,
            scoped.scope.name AS scope_name, scoped.scope.version AS scope_version,
            texts(scoped.scope.attributes) AS scope_attributes, types(scoped.scope.attributes) AS scope_types,
            arrayJoin(scoped.spans) AS s
        FROM
        (
            SELECT
                fromUnixTimestamp64Milli(received_at, 'UTC') AS received_at,
                toLowCardinality(tenant) AS tenant,
                retention_days,
                toFixedString(batch_id, 16) AS batch_id,
                toFixedString(topic_id, 16) AS topic_id,
                kafka_partition, kafka_offset,
                arrayJoin(resource_spans) AS r,
                arrayJoin(r.scope_spans) AS scoped
            FROM
            (
                SELECT
                    resource_spans, received_at, tenant, retention_days, batch_id, topic_id, kafka_partition, kafka_offset
                FROM span_batches AS b
                WHERE
                  -- exactly once:
                  throwIf(
                      (SELECT count() FROM system.processes WHERE Settings['log_comment'] = getSetting('log_comment')) > 1
                          AND getSetting('log_comment') != '',
                      'REPLAYED: the same INSERT is running already') = 0
                  AND throwIf(
                      (toFixedString(b.topic_id, 16), kafka_partition, claim) NOT IN
                      (
                          SELECT topic_id, kafka_partition, argMax(claim, (epoch, claim))
                          FROM fence
                          GROUP BY topic_id, kafka_partition
                      ),
                      'FENCED: another consumer has claimed a partition of this batch') = 0
                  -- without retries:
                  AND (b.tenant, toFixedString(b.batch_id, 16)) NOT IN
                  (
                      SELECT tenant, batch_id
                      FROM trace_spans
                      WHERE batch_id IN (SELECT toFixedString(batch_id, 16) FROM span_batches)
                        AND received_at > now() - INTERVAL 15 DAY
                      GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
                  )
                LIMIT 1 BY tenant, batch_id
                  -- :exactly once
            )
        )
    )
)
WHERE
  -- who was erased:
  listed.1 = 0
  OR (
      (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(s.trace_id)))) NOT IN
      (
          SELECT tenant, subject FROM suppressions WHERE until >= '2200-01-01' AND subject != ''
      )
      AND NOT arrayExists(
          one -> one.1 = tenant AND one.2 IN ('', multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(s.trace_id)))) AND received_at < one.3,
          listed.2
      )
  )
  -- :who was erased
;
