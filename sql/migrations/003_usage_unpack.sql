-- From batches to events. What is the same for a batch is computed before ARRAY JOIN repeats it.
-- The first condition refuses an INSERT in which a corrupt record has swallowed its neighbour's bytes.
-- occurred_at is the client's clock, corrected by what the clock showed at sending; it is never after arrival.
-- Bots (docs/reference/bots.md): an HTTP library, or no user agent, is a bot only where the batch says that the browser
-- SDK made it, since back ends have them rightly. A rate is impossible where one session, alone in its batch, has more
-- than 50 views and actions within one second: the 50th after another then stands less than 1,000 ms behind it.
CREATE MATERIALIZED VIEW IF NOT EXISTS usage_unpack TO usage_events AS
SELECT
    received_at, tenant, retention_days, kind, name,
    fromUnixTimestamp64Milli(least(at + clock_offset, arrived), 'UTC') AS occurred_at,
    fromUnixTimestamp64Milli(at, 'UTC') AS client_at,
    page, referrer, session_id, user_id, event_id, batch_id, trace_id, properties,
    sdk, release, language, screen, timezone,
    browser, browser_version, os, os_version, device, is_bot, bot_reasons,
    country, region, city,
    topic_id, kafka_partition, kafka_offset
FROM
(
    SELECT
        b.received_at AS arrived,
        fromUnixTimestamp64Milli(b.received_at, 'UTC') AS received_at,
        if(sent_at = 0, 0, arrived - sent_at) AS clock_offset,
        toLowCardinality(tenant) AS tenant,
        retention_days,
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
            length(`events.at`) > 50 AND arrayUniq(`events.session_id`) = 1 AND `events.session_id`[1] != '',
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
        `events.session_id`, `events.user_id`, `events.trace_id`, `events.properties`
    FROM usage_batches AS b
    WHERE throwIf(seal != 23443015112673093, 'SEAL: a record of this batch is corrupt') = 0
)
ARRAY JOIN
    `events.event_id` AS event_id,
    `events.kind` AS kind,
    `events.name` AS name,
    `events.at` AS at,
    `events.page` AS page,
    `events.referrer` AS referrer,
    `events.session_id` AS session_id,
    `events.user_id` AS user_id,
    `events.trace_id` AS trace_id,
    `events.properties` AS properties;
