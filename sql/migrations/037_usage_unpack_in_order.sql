-- From batches to events: 033, batches in the order of usage_events. Their rows then come sorted, or nearly, and the engine
-- sorts some thousand batches where it sorted all their events. Of batches with one id the first of that order is kept,
-- where a subquery looked for it.
ALTER TABLE usage_unpack MODIFY QUERY
WITH
    (
        SELECT (count(), groupArrayIf((tenant, subject, until), until < '2200-01-01' OR subject = ''))
        FROM suppressions
    ) AS listed
SELECT
    received_at, tenant, retention_days, kind, name,
    fromUnixTimestamp64Milli(least(at + clock_offset, arrived), 'UTC') AS occurred_at,
    fromUnixTimestamp64Milli(at, 'UTC') AS client_at,
    page, referrer,
    if(event_session = '', first_session, substring(event_session, 2)) AS session_id,
    if(event_user = '', first_user, substring(event_user, 2)) AS user_id,
    event_id, batch_id, trace_id, properties_json,
    sdk, release, language, screen, timezone,
    browser, browser_version, os, os_version, device, is_bot, bot_reasons,
    country, region, city,
    topic_id, kafka_partition, kafka_offset
FROM
(
    SELECT
        b.received_at AS arrived,
        fromUnixTimestamp64Milli(b.received_at, 'UTC') AS received_at,
        if(sent_at = 0 OR (arrived - sent_at) BETWEEN 0 AND 30000, 0, arrived - sent_at) AS clock_offset,
        toLowCardinality(tenant) AS tenant,
        retention_days,
        session_id AS first_session,
        user_id AS first_user,
        batch_id,
        toLowCardinality(sdk) AS sdk,
        toLowCardinality(release) AS release,
        toLowCardinality(language) AS language,
        toLowCardinality(screen) AS screen,
        toLowCardinality(if(b.timezone = '', geo_timezone, b.timezone)) AS timezone,
        toLowCardinality(browser) AS browser,
        toLowCardinality(browser_version) AS browser_version,
        toLowCardinality(os) AS os,
        toLowCardinality(os_version) AS os_version,
        toLowCardinality(device) AS device,
        if(
            length(`events.at`) > 50 AND arrayUniq(`events.session_id`) = 1 AND first_session != '',
            arraySort(arrayFilter((at, kind) -> kind IN ('view', 'action'), `events.at`, `events.kind`)),
            []
        ) AS moments,
        arrayExists(
            (first, last) -> last - first < 1000,
            arraySlice(moments, 1, greatest(toInt64(length(moments)) - 50, 0)),
            arraySlice(moments, 51)
        ) AS is_too_fast,
        arrayConcat(
            if(startsWith(b.sdk, 'js/'), b.bot_reasons,
                arrayFilter(reason -> reason NOT IN ('http_client', 'no_user_agent'), b.bot_reasons)),
            if(automated, ['declared'], []),
            if(is_too_fast, ['impossible_rate'], [])
        ) AS bot_reasons,
        notEmpty(bot_reasons) AS is_bot,
        toLowCardinality(country) AS country,
        toLowCardinality(region) AS region,
        toLowCardinality(city) AS city,
        topic_id, kafka_partition, kafka_offset,
        `events.event_id`, `events.kind`, `events.name`, `events.at`, `events.page`, `events.referrer`,
        `events.session_id`, `events.user_id`, `events.trace_id`,
        if(
            arrayExists(texts -> texts.names != '', `events.properties`),
            arrayMap(
                texts -> if(texts.names = '', '', concat(
                    '{',
                    arrayStringConcat(
                        arrayMap(
                            (name, text, type) -> concat(
                                toJSONString(name), ':', if(type = 's', toJSONString(text), text)
                            ),
                            arrayPopBack(splitByChar(char(255), texts.names)),
                            arrayResize(
                                splitByChar(char(255), texts.values),
                                length(splitByChar(char(255), texts.names)) - 1
                            ),
                            arrayResize(
                                splitByString('', splitByChar(char(255), texts.names)[-1]),
                                length(splitByChar(char(255), texts.names)) - 1
                            )
                        ),
                        ','
                    ),
                    '}'
                )),
                `events.properties`
            ),
            `events.properties_json`
        ) AS events_properties_json
    FROM usage_batches AS b
    WHERE throwIf(seal != 23443015112673093, 'SEAL: a record of this batch is corrupt') = 0
      -- exactly once:
      AND throwIf(
          (SELECT count() FROM system.processes WHERE Settings['log_comment'] = getSetting('log_comment')) > 1
              AND getSetting('log_comment') != '',
          'REPLAYED: the same INSERT is running already') = 0
      AND throwIf(
          (topic_id, kafka_partition, claim) NOT IN
          (
              SELECT topic_id, kafka_partition, argMax(claim, (epoch, claim))
              FROM fence
              GROUP BY topic_id, kafka_partition
          ),
          'FENCED: another consumer has claimed a partition of this batch') = 0
      -- without retries:
      AND (tenant, batch_id) NOT IN
      (
          SELECT tenant, batch_id
          FROM usage_events
          WHERE batch_id IN (SELECT batch_id FROM usage_batches)
            AND received_at > now() - INTERVAL 15 DAY
          GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
      )
      -- :exactly once
    ORDER BY b.tenant, b.user_id, b.received_at, kafka_offset
      -- exactly once:
      -- without retries:
    LIMIT 1 BY b.tenant, b.batch_id
      -- :exactly once
)
ARRAY JOIN
    `events.event_id` AS event_id,
    `events.kind` AS kind,
    `events.name` AS name,
    `events.at` AS at,
    `events.page` AS page,
    `events.referrer` AS referrer,
    `events.session_id` AS event_session,
    `events.user_id` AS event_user,
    `events.trace_id` AS trace_id,
    events_properties_json AS properties_json
WHERE
  -- who was erased:
  listed.1 = 0
  OR (
      (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))) NOT IN
      (
          SELECT tenant, subject FROM suppressions WHERE until >= '2200-01-01' AND subject != ''
      )
      AND NOT arrayExists(
          one -> one.1 = tenant AND one.2 IN ('', multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))) AND received_at < one.3,
          listed.2
      )
  )
  -- :who was erased
;
