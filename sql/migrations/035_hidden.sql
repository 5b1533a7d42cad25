-- The floor under every question, of 017, 029 and 023, leaves out the hidden (032) too. While nobody is, the condition
-- is a constant, and no column is read for it.
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
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
  AND (
      (SELECT count() FROM hidden) = 0
      OR (
          (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))) NOT IN
          (
              SELECT tenant, subject FROM hidden
          )
          AND tenant NOT IN (SELECT tenant FROM hidden WHERE subject = '')
      )
  );

CREATE OR REPLACE VIEW usage_pieces AS
SELECT
    toDate(received_at, 'UTC') AS day, retention_days, tenant,
    toStartOfHour(received_at) AS hour,
    if(toHour(hour) BETWEEN 8 AND 20, toStartOfDay(hour) + INTERVAL 8 HOUR, hour) AS slice,
    multiIf(
        user_id = '', 0,
        length(user_id) = 32, reinterpretAsUInt128(reverse(unhex(user_id))),
        reinterpretAsUInt128(sipHash128(user_id))
    ) AS user,
    if(session_id = '', 0, sipHash64(session_id)) AS session,
    is_bot, kind, name, page,
    browser, browser_version, os, os_version, device, country, region, city, language, release
FROM usage_events
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
  AND (
      (SELECT count() FROM hidden) = 0
      OR (
          (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))) NOT IN
          (
              SELECT tenant, subject FROM hidden
          )
          AND tenant NOT IN (SELECT tenant FROM hidden WHERE subject = '')
      )
  );

CREATE OR REPLACE VIEW span_rows AS
SELECT
    * REPLACE (greatest(duration_ns, 0) AS duration_ns),
    trace_id AS trace_key,
    trace_spans.duration_ns AS end_minus_start_ns
FROM trace_spans
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
  AND (
      (SELECT count() FROM hidden) = 0
      OR (
          (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(trace_spans.trace_id)))) NOT IN
          (
              SELECT tenant, subject FROM hidden
          )
          AND tenant NOT IN (SELECT tenant FROM hidden WHERE subject = '')
      )
  );

-- The days that are read from their rolls: those of 029 whose roll began after all that changed the day's events and kept
-- their count.
CREATE OR REPLACE VIEW closed_days AS
SELECT day, roll
FROM (SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows FROM rolled_days GROUP BY day)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);
