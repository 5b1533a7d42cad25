-- Rendered from sql/migrations for cluster sillage, path /clickhouse/tables/{shard}/{database}/{table}, replica {replica},
-- by `python -m sql.ddl`. A test holds it equal to what `sillage migrate` makes there, and has ClickHouse's own
-- parser read each statement. It was not run on a cluster.

-- Usage events, one row each. Rows of day D (UTC, by received_at) are dropped at D + retention_days, 00:00 UTC:
-- a partition holds one day of one retention, so what expires is dropped whole. Identifiers are kept as the 16
-- bytes that travelled; the view `usage` shows them as UUIDs. Views follow in later migrations.
CREATE TABLE IF NOT EXISTS usage_events_local ON CLUSTER 'sillage'
(
    received_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    tenant          LowCardinality(String),
    retention_days  UInt8,
    kind            LowCardinality(String),
    name            LowCardinality(String),
    occurred_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    client_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    page            String CODEC(ZSTD),
    referrer        String CODEC(ZSTD),
    session_id      String CODEC(ZSTD),
    user_id         String CODEC(ZSTD),
    event_id        FixedString(16),
    batch_id        FixedString(16) CODEC(ZSTD),
    trace_id        String CODEC(ZSTD),
    properties      Map(String, Variant(Bool, Float64, String)) CODEC(ZSTD),
    sdk             LowCardinality(String),
    release         LowCardinality(String),
    language        LowCardinality(String),
    screen          LowCardinality(String),
    timezone        LowCardinality(String),
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    device          LowCardinality(String),
    is_bot          Bool,
    bot_reasons     Array(LowCardinality(String)),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    topic_id        FixedString(16) CODEC(ZSTD),
    kafka_partition UInt16,
    kafka_offset    UInt64 CODEC(Delta, ZSTD),

    CONSTRAINT retention CHECK retention_days IN (7, 14, 30, 60, 90),

    PROJECTION by_action
    (
        SELECT toDate(received_at, 'UTC') AS day, tenant, retention_days, is_bot, kind, name, count()
        GROUP BY day, tenant, retention_days, is_bot, kind, name
    ),
    PROJECTION by_client
    (
        SELECT
            toDate(received_at, 'UTC') AS day, tenant, retention_days, is_bot, browser, os, device, country, count()
        GROUP BY day, tenant, retention_days, is_bot, browser, os, device, country
    )
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY (toDate(received_at, 'UTC'), retention_days)
ORDER BY (tenant, user_id, received_at)
TTL toDateTime(toDate(received_at, 'UTC'), 'UTC') + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, replicated_deduplication_window = 0;

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

-- Where usage batches land: nothing is kept here, the view of the next migration unpacks each INSERT. The columns
-- are the fields of schemas/usage_batch.avsc and schemas/usage_additions.avsc, of plain types: a LowCardinality
-- column inside an array costs more to parse than it saves (3 µs an event, measured).
CREATE TABLE IF NOT EXISTS usage_batches_local ON CLUSTER 'sillage'
(
    client_ip           String,
    user_agent          String,
    batch_id            FixedString(16),
    sent_at             Int64,
    retention_days      UInt8,
    sdk                 String,
    release             String,
    language            String,
    screen              String,
    timezone            String,
    automated           Bool,
    lost                Map(String, Int64),
    `events.event_id`   Array(FixedString(16)),
    `events.kind`       Array(String),
    `events.name`       Array(String),
    `events.at`         Array(Int64),
    `events.page`       Array(String),
    `events.referrer`   Array(String),
    `events.session_id` Array(String),
    `events.user_id`    Array(String),
    `events.trace_id`   Array(String),
    `events.properties` Array(Map(String, Variant(Bool, Float64, String))),
    browser             String,
    browser_version     String,
    os                  String,
    os_version          String,
    device              String,
    bot_reasons         Array(String),
    country             String,
    region              String,
    city                String,
    geo_timezone        String,
    tenant              String,
    received_at         Int64,
    topic_id            FixedString(16),
    kafka_partition     UInt16,
    kafka_offset        UInt64,
    seal                Int64
)
ENGINE = Null;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

-- From batches to events. What is the same for a batch is computed before ARRAY JOIN repeats it.
-- The first condition refuses an INSERT in which a corrupt record has swallowed its neighbour's bytes.
-- occurred_at is the client's clock, corrected by what the clock showed at sending; it is never after arrival.
-- Bots (docs/reference/bots.md): an HTTP library, or no user agent, is a bot only where the batch says that the browser
-- SDK made it, since back ends have them rightly. A rate is impossible where one session, alone in its batch, has more
-- than 50 views and actions within one second: the 50th after another then stands less than 1,000 ms behind it.
CREATE MATERIALIZED VIEW IF NOT EXISTS usage_unpack ON CLUSTER 'sillage' TO usage_events_local AS
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
    FROM usage_batches_local AS b
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

-- The events that may be seen: the floor under every question. A day is visible until its retention has passed,
-- even where its partition is still on the disk. Each later view reads this one, never the table.
CREATE VIEW IF NOT EXISTS usage_local ON CLUSTER 'sillage' AS
SELECT
    * REPLACE (
        toUUID(UUIDNumToString(event_id)) AS event_id,
        toUUID(UUIDNumToString(batch_id)) AS batch_id,
        toUUID(UUIDNumToString(topic_id)) AS topic_id
    )
FROM usage_events_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE OR REPLACE TABLE usage ON CLUSTER 'sillage' AS usage_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_local');

-- Volume by hour (UTC, of arrival) and everything that an analyst asks by.
CREATE VIEW IF NOT EXISTS usage_by_hour ON CLUSTER 'sillage' AS
SELECT
    tenant, toStartOfHour(received_at) AS hour, is_bot, kind, name, page, browser, os, device, country,
    count() AS events,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions
FROM usage
GROUP BY tenant, hour, is_bot, kind, name, page, browser, os, device, country;

-- Volume by day (UTC, of arrival) and everything that an analyst asks by.
CREATE VIEW IF NOT EXISTS usage_by_day ON CLUSTER 'sillage' AS
SELECT
    tenant, toDate(received_at, 'UTC') AS day, is_bot, kind, name, page, browser, os, device, country,
    count() AS events,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions
FROM usage
GROUP BY tenant, day, is_bot, kind, name, page, browser, os, device, country;

-- Active users and sessions of each day (UTC), people only.
CREATE VIEW IF NOT EXISTS active_by_day ON CLUSTER 'sillage' AS
SELECT
    tenant, toDate(received_at, 'UTC') AS day,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions,
    count() AS events
FROM usage
WHERE NOT is_bot
GROUP BY tenant, day;

-- What one user did: filter by tenant and user_id (the pseudonym), order by occurred_at.
CREATE VIEW IF NOT EXISTS user_history ON CLUSTER 'sillage' AS
SELECT
    tenant, user_id, occurred_at, received_at, kind, name, page, referrer, properties, session_id, trace_id,
    browser, os, device, country, city, event_id
FROM usage
WHERE user_id != '';

-- Who may insert a partition's records: the claim of the highest epoch, among equal epochs the greatest. Rows are
-- only ever added, and each is on the disk before it is acknowledged: a claim that a power cut takes back would let
-- two consumers insert the same records. The landing views refuse an INSERT under any other claim.
CREATE TABLE IF NOT EXISTS fence ON CLUSTER 'sillage'
(
    topic_id        FixedString(16),
    kafka_partition UInt16,
    epoch           UInt64,
    claim           Int64,
    claimed_at      DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY (topic_id, kafka_partition, epoch)
SETTINGS
    replicated_deduplication_window = 0,
    fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    ADD PROJECTION IF NOT EXISTS by_batch
    (
        SELECT batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at, count()
        GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
    );

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE usage_batches_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS claim Int64;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
SELECT batch_id FROM usage_batches_local WHERE throwIf(materialize(true), 'FENCED: the tables are being changed') = 0;

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS property_names LowCardinality(String) AFTER trace_id,
    ADD COLUMN IF NOT EXISTS property_values String AFTER property_names;

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
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

ALTER TABLE usage_events_local ON CLUSTER 'sillage' DROP COLUMN IF EXISTS properties;

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_events_local ON CLUSTER 'sillage' MODIFY SETTING min_bytes_for_wide_part = 134217728;

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    MODIFY COLUMN received_at CODEC(Delta, Default),
    MODIFY COLUMN occurred_at CODEC(Delta, Default),
    MODIFY COLUMN client_at CODEC(Delta, Default),
    MODIFY COLUMN page CODEC(Default),
    MODIFY COLUMN referrer CODEC(Default),
    MODIFY COLUMN session_id CODEC(Default),
    MODIFY COLUMN user_id CODEC(Default),
    MODIFY COLUMN batch_id CODEC(Default),
    MODIFY COLUMN trace_id CODEC(Default),
    MODIFY COLUMN topic_id CODEC(Default),
    MODIFY COLUMN kafka_offset CODEC(Delta, Default);

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_batches_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS user_id String AFTER batch_id,
    ADD COLUMN IF NOT EXISTS session_id String AFTER user_id;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_batches_local ON CLUSTER 'sillage' DROP COLUMN IF EXISTS `events.properties`;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_batches_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS `events.properties` Array(Tuple(names String, values String)) AFTER `events.trace_id`;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
SELECT
    received_at, tenant, retention_days, kind, name,
    fromUnixTimestamp64Milli(least(at + clock_offset, arrived), 'UTC') AS occurred_at,
    fromUnixTimestamp64Milli(at, 'UTC') AS client_at,
    page, referrer,
    if(event_session = '', first_session, substring(event_session, 2)) AS session_id,
    if(event_user = '', first_user, substring(event_user, 2)) AS user_id,
    event_id, batch_id, trace_id, properties.names AS property_names, properties.values AS property_values,
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
        `events.session_id`, `events.user_id`, `events.trace_id`, `events.properties`
    FROM usage_batches_local AS b
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
      AND (topic_id, kafka_partition, kafka_offset) IN
      (
          SELECT argMin((topic_id, kafka_partition, kafka_offset), kafka_offset)
          FROM usage_batches_local
          GROUP BY tenant, batch_id
      )
      AND (tenant, batch_id) NOT IN
      (
          SELECT tenant, batch_id
          FROM usage_events_local
          WHERE batch_id IN (SELECT batch_id FROM usage_batches_local)
            AND received_at > now() - INTERVAL 15 DAY
          GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
      )
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
    `events.properties` AS properties;

-- The view `usage` of 004. Properties are put together for those who ask for them: `properties` keeps the type of each,
-- `property_texts` has them as text at a sixth of the cost, and is what a question over many rows reads.
CREATE OR REPLACE VIEW usage_local ON CLUSTER 'sillage' AS
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
FROM usage_events_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE OR REPLACE TABLE usage ON CLUSTER 'sillage' AS usage_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_local');

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
SELECT batch_id FROM usage_batches_local WHERE throwIf(materialize(true), 'FENCED: the tables are being changed') = 0;

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS properties_json String CODEC(Default) AFTER property_values;

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
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

-- The view `usage` of 015 over JSON. `properties` keeps the type of each, `property_texts` has them as text at half the
-- cost; a question over many rows asks properties_json itself, `JSONExtractString(properties_json, 'plan')`, for less.
CREATE OR REPLACE VIEW usage_local ON CLUSTER 'sillage' AS
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
FROM usage_events_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE OR REPLACE TABLE usage ON CLUSTER 'sillage' AS usage_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_local');

ALTER TABLE usage_batches_local ON CLUSTER 'sillage'
    MODIFY COLUMN `events.properties` Array(Tuple(names String, values String))
        DEFAULT arrayResize(CAST([], 'Array(Tuple(names String, values String))'), length(`events.event_id`)),
    ADD COLUMN IF NOT EXISTS `events.properties_json` Array(String)
        DEFAULT arrayResize(CAST([], 'Array(String)'), length(`events.event_id`)) AFTER `events.properties`;

CREATE OR REPLACE TABLE usage_batches ON CLUSTER 'sillage' AS usage_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_batches_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_events_local ON CLUSTER 'sillage'
    DROP COLUMN IF EXISTS property_names,
    DROP COLUMN IF EXISTS property_values;

CREATE OR REPLACE TABLE usage_events ON CLUSTER 'sillage' AS usage_events_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_events_local', sipHash64(tenant, batch_id));

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
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
    FROM usage_batches_local AS b
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
      AND (topic_id, kafka_partition, kafka_offset) IN
      (
          SELECT argMin((topic_id, kafka_partition, kafka_offset), kafka_offset)
          FROM usage_batches_local
          GROUP BY tenant, batch_id
      )
      AND (tenant, batch_id) NOT IN
      (
          SELECT tenant, batch_id
          FROM usage_events_local
          WHERE batch_id IN (SELECT batch_id FROM usage_batches_local)
            AND received_at > now() - INTERVAL 15 DAY
          GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
      )
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
    events_properties_json AS properties_json;

-- Spans, one row each; days and expiry as in 001. Sorted by the minute of their start, then by trace: a question has a
-- time, and the spans of a trace lie together. Attribute values are texts, an array or a list of keys and values is JSON,
-- the types beside them say, in the same order, what each was, by the tag of its AnyValue (10 string, 16 bool, 24 int,
-- 33 double, 42 array, 50 list, 58 bytes): what OTLP has is had back from a row without loss.
-- Those of events and links, which few questions read, stay the bytes that travelled; the view `spans` reads them.
-- duration_ns is negative where a span says that it ended before it started.
CREATE TABLE IF NOT EXISTS trace_spans_local ON CLUSTER 'sillage'
(
    received_at         DateTime64(3, 'UTC') CODEC(Delta, Default),
    tenant              LowCardinality(String),
    retention_days      UInt8,
    service             LowCardinality(String),
    name                LowCardinality(String),
    kind                Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
    started_at          DateTime64(9, 'UTC') CODEC(Delta, Default),
    duration_ns         Int64,
    status              Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
    status_message      String,
    http_status         UInt16,
    trace_id            FixedString(16),
    span_id             FixedString(8),
    parent_span_id      String,
    trace_state         String,
    flags               UInt32,
    session_id          String,
    user_id             String,
    resource            Map(LowCardinality(String), String),
    resource_types      Array(UInt8),
    attributes          Map(LowCardinality(String), String),
    attribute_types     Array(UInt8),
    scope_name          LowCardinality(String),
    scope_version       LowCardinality(String),
    scope_attributes    Map(LowCardinality(String), String),
    scope_types         Array(UInt8),
    `events.at`         Array(DateTime64(9, 'UTC')),
    `events.name`       Array(LowCardinality(String)),
    `events.attributes` Array(Map(String, String)),
    `links.trace_id`    Array(String),
    `links.span_id`     Array(String),
    `links.trace_state` Array(String),
    `links.flags`       Array(UInt32),
    `links.attributes`  Array(Map(String, String)),
    dropped             Tuple(attributes UInt32, events UInt32, links UInt32),
    batch_id            FixedString(16),
    topic_id            FixedString(16),
    kafka_partition     UInt16,
    kafka_offset        UInt64 CODEC(Delta, Default),

    CONSTRAINT retention CHECK retention_days IN (7, 14, 30, 60, 90),

    -- A search by an attribute's value, attributes['order.id'] = '42', reads the granules that may hold it; and so does one
    -- by the id in hexadecimal, as what was built for the exporter's tables asks.
    INDEX attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX trace_hex lower(hex(trace_id)) TYPE bloom_filter(0.001) GRANULARITY 1,

    -- Where a trace lies: one row a trace, so that a look-up never scans.
    PROJECTION by_trace
    (
        SELECT
            tenant, trace_id, toDate(received_at, 'UTC') AS day, retention_days,
            count(), min(started_at), max(started_at)
        GROUP BY tenant, trace_id, day, retention_days
    ),
    -- Rate, errors and duration of each operation by hour. A duration's bucket is an eighth of a power of two; each has a
    -- row of plain numbers, which is read thirty times as fast as the state of sumMap or of a sketch.
    PROJECTION by_hour
    (
        SELECT
            tenant, toStartOfHour(started_at) AS hour, service, name, kind,
            toUInt16(log2(greatest(duration_ns, 0) + 1) * 8) AS bucket, toDate(received_at, 'UTC') AS day, retention_days,
            count(), countIf(status = 'error'), sum(greatest(duration_ns, 0)), max(greatest(duration_ns, 0))
        GROUP BY tenant, hour, service, name, kind, bucket, day, retention_days
    ),
    -- What exactly-once asks: which records are stored, and which batches (see 010).
    PROJECTION by_batch
    (
        SELECT batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at, count()
        GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
    )
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY (toDate(received_at, 'UTC'), retention_days)
ORDER BY (tenant, toStartOfMinute(started_at), trace_id)
TTL toDateTime(toDate(received_at, 'UTC'), 'UTC') + toIntervalDay(retention_days)
SETTINGS
    ttl_only_drop_parts = 1, replicated_deduplication_window = 0,
    index_granularity = 1024, min_bytes_for_wide_part = 134217728, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE TABLE trace_spans ON CLUSTER 'sillage' AS trace_spans_local
ENGINE = Distributed('sillage', currentDatabase(), 'trace_spans_local', sipHash64(tenant, batch_id));

-- Where OTLP requests land: nothing is kept here, the view of the next migration unpacks each INSERT. The columns are
-- the fields of schemas/spans.proto by its names. An attribute's value stays the bytes of its AnyValue: a column of
-- bytes costs half of what the eight columns of its kinds cost (1.7 µs a span for 3.3), and keys of plain strings are
-- a third cheaper than of LowCardinality.
CREATE TABLE IF NOT EXISTS span_batches_local ON CLUSTER 'sillage'
(
    resource_spans  Array(Tuple(
        resource    Tuple(attributes Map(String, String)),
        scope_spans Array(Tuple(
            scope   Tuple(name String, version String, attributes Map(String, String)),
            spans   Array(Tuple(
                trace_id                 String,
                span_id                  String,
                trace_state              String,
                parent_span_id           String,
                name                     String,
                kind                     Int32,
                start_time_unix_nano     UInt64,
                end_time_unix_nano       UInt64,
                attributes               Map(String, String),
                dropped_attributes_count UInt32,
                events                   Array(Tuple(time_unix_nano UInt64, name String, attributes Map(String, String))),
                dropped_events_count     UInt32,
                links                    Array(Tuple(
                    trace_id String, span_id String, trace_state String, attributes Map(String, String), flags UInt32
                )),
                dropped_links_count      UInt32,
                status                   Tuple(message String, code Int32),
                flags                    UInt32
            ))
        ))
    )),
    tenant          String,
    received_at     Int64,
    retention_days  UInt8,
    batch_id        String,
    topic_id        String,
    kafka_partition UInt16,
    kafka_offset    UInt64,
    claim           Int64
)
ENGINE = Null;

CREATE OR REPLACE TABLE span_batches ON CLUSTER 'sillage' AS span_batches_local
ENGINE = Distributed('sillage', currentDatabase(), 'span_batches_local', sipHash64(tenant, batch_id));

-- From OTLP requests to spans. What makes it exactly once is explained in 014 and 019: FENCED, REPLAYED, and a client's
-- retry, which has the same batch_id, since that is made of the request's bytes.
-- An AnyValue is one tag byte and its content: 10 string, 16 bool, 24 int, 33 double, 42 array, 50 list, 58 bytes. An
-- integer's seven-bit groups are put together by hand. Of an array or a list the collector has written the JSON behind
-- it, and the JSON's length last (schemas/spans.py); where it has not, the bytes are shown in Base64.
CREATE MATERIALIZED VIEW IF NOT EXISTS span_unpack ON CLUSTER 'sillage' TO trace_spans_local AS
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
    m -> arrayMap(v -> reinterpretAsUInt8(v), mapValues(m)) AS types
SELECT
    received_at, tenant, retention_days,
    resource['service.name'] AS service,
    s.name AS name, if(s.kind BETWEEN 0 AND 5, s.kind, 0) AS kind,
    fromUnixTimestamp64Nano(toInt64(s.start_time_unix_nano), 'UTC') AS started_at,
    toInt64(s.end_time_unix_nano - s.start_time_unix_nano) AS duration_ns,
    if(s.status.code BETWEEN 0 AND 2, s.status.code, 0) AS status, s.status.message AS status_message,
    toUInt16OrZero(if(
        mapContains(s.attributes, 'http.response.status_code'),
        attributes['http.response.status_code'], attributes['http.status_code']
    )) AS http_status,
    toFixedString(s.trace_id, 16) AS trace_id, toFixedString(s.span_id, 8) AS span_id,
    s.parent_span_id AS parent_span_id, s.trace_state AS trace_state, s.flags AS flags,
    attributes['session.id'] AS session_id,
    if(mapContains(s.attributes, 'user.id'), attributes['user.id'], attributes['enduser.id']) AS user_id,
    resource, resource_types,
    texts(s.attributes) AS attributes, types(s.attributes) AS attribute_types,
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
        resource, resource_types,
        scoped.scope.name AS scope_name, scoped.scope.version AS scope_version,
        texts(scoped.scope.attributes) AS scope_attributes, types(scoped.scope.attributes) AS scope_types,
        arrayJoin(scoped.spans) AS s
    FROM
    (
        SELECT
            received_at, tenant, retention_days, batch_id, topic_id, kafka_partition, kafka_offset,
            texts(r.resource.attributes) AS resource, types(r.resource.attributes) AS resource_types,
            arrayJoin(r.scope_spans) AS scoped
        FROM
        (
            SELECT
                fromUnixTimestamp64Milli(received_at, 'UTC') AS received_at,
                toLowCardinality(tenant) AS tenant,
                retention_days,
                toFixedString(batch_id, 16) AS batch_id,
                toFixedString(topic_id, 16) AS topic_id,
                kafka_partition, kafka_offset,
                arrayJoin(resource_spans) AS r
            FROM span_batches_local AS b
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
              AND (b.topic_id, kafka_partition, kafka_offset) IN
              (
                  SELECT argMin((topic_id, kafka_partition, kafka_offset), kafka_offset)
                  FROM span_batches_local
                  GROUP BY tenant, batch_id
              )
              AND (b.tenant, toFixedString(b.batch_id, 16)) NOT IN
              (
                  SELECT tenant, batch_id
                  FROM trace_spans_local
                  WHERE batch_id IN (SELECT toFixedString(batch_id, 16) FROM span_batches_local)
                    AND received_at > now() - INTERVAL 15 DAY
                  GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
              )
              -- :exactly once
        )
    )
);

-- The spans that may be seen: the floor under every question about traces, as 004 is under those about usage. A question
-- that needs neither ids in hexadecimal nor events asks `span_rows`, whose look-up of a trace, by `trace_key`, the
-- projection by_trace answers: what `spans` adds costs 20 ms of analysis.
CREATE VIEW IF NOT EXISTS span_rows_local ON CLUSTER 'sillage' AS
SELECT
    * REPLACE (greatest(duration_ns, 0) AS duration_ns),
    trace_id AS trace_key,
    trace_spans_local.duration_ns AS end_minus_start_ns
FROM trace_spans_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE OR REPLACE TABLE span_rows ON CLUSTER 'sillage' AS span_rows_local
ENGINE = Distributed('sillage', currentDatabase(), 'span_rows_local');

-- The same for people: ids in hexadecimal, types by name, attributes of events and links read from the bytes that
-- travelled, as 022 reads those of spans.
CREATE VIEW IF NOT EXISTS spans ON CLUSTER 'sillage' AS
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

-- The names and types of the OpenTelemetry Collector's ClickHouse exporter, so that what is built for its tables works
-- here as it is, Grafana's ClickHouse data source above all.
-- https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter
CREATE VIEW IF NOT EXISTS otel_traces ON CLUSTER 'sillage' AS
SELECT
    started_at AS Timestamp,
    trace_id AS TraceId,
    span_id AS SpanId,
    parent_span_id AS ParentSpanId,
    trace_state AS TraceState,
    name AS SpanName,
    toLowCardinality(initcap(toString(kind))) AS SpanKind,
    service AS ServiceName,
    resource AS ResourceAttributes,
    CAST(scope_name, 'String') AS ScopeName,
    CAST(scope_version, 'String') AS ScopeVersion,
    attributes AS SpanAttributes,
    toUInt64(duration_ns) AS Duration,
    toLowCardinality(initcap(toString(status))) AS StatusCode,
    status_message AS StatusMessage,
    `events.at` AS `Events.Timestamp`,
    `events.name` AS `Events.Name`,
    arrayMap(m -> CAST(m, 'Map(LowCardinality(String), String)'), `events.attributes`) AS `Events.Attributes`,
    `links.trace_id` AS `Links.TraceId`,
    `links.span_id` AS `Links.SpanId`,
    `links.trace_state` AS `Links.TraceState`,
    arrayMap(m -> CAST(m, 'Map(LowCardinality(String), String)'), `links.attributes`) AS `Links.Attributes`
FROM spans;

-- When each trace was: its first and its last start, in whole seconds around them.
CREATE VIEW IF NOT EXISTS otel_traces_trace_id_ts ON CLUSTER 'sillage' AS
SELECT
    lower(hex(trace_key)) AS TraceId,
    toDateTime(min(started_at)) AS Start,
    toDateTime(max(started_at)) + 1 AS End
FROM spans
GROUP BY tenant, trace_key;

-- Rate, errors and duration of each operation, by minute and by hour (UTC, of the spans' start): minutes are counted from
-- the rows, hours from the projection by_hour. `buckets` counts durations: bucket b holds those from 2^(b/8) - 1 to
-- 2^((b+1)/8) - 1 nanoseconds, so a percentile read from it is at most 4.5 % off. A question over a longer time adds
-- buckets up: sumMap(buckets).
CREATE VIEW IF NOT EXISTS red_by_minute ON CLUSTER 'sillage' AS
WITH
    (counts, share) -> mapKeys(counts)[
        arrayFirstIndex(n -> n >= share * arraySum(mapValues(counts)), arrayCumSum(mapValues(counts)))
    ] AS bucket_of,
    (counts, share) -> exp2((bucket_of(counts, share) + 0.5) / 8) - 1 AS percentile
SELECT
    *,
    percentile(buckets, 0.5) AS p50_ns,
    percentile(buckets, 0.95) AS p95_ns,
    percentile(buckets, 0.99) AS p99_ns
FROM
(
    SELECT
        tenant, minute, service, name, kind,
        sum(in_bucket) AS spans,
        sum(failed) AS errors,
        sum(took_ns) AS total_ns,
        max(longest_ns) AS max_ns,
        sumMap(map(bucket, in_bucket)) AS buckets
    FROM
    (
        SELECT
            tenant, toStartOfMinute(started_at) AS minute, service, name, kind,
            toUInt16(log2(duration_ns + 1) * 8) AS bucket,
            count() AS in_bucket,
            countIf(status = 'error') AS failed,
            sum(duration_ns) AS took_ns,
            max(duration_ns) AS longest_ns
        FROM span_rows
        GROUP BY tenant, minute, service, name, kind, bucket
    )
    GROUP BY tenant, minute, service, name, kind
);

CREATE VIEW IF NOT EXISTS red_by_hour ON CLUSTER 'sillage' AS
WITH
    (counts, share) -> mapKeys(counts)[
        arrayFirstIndex(n -> n >= share * arraySum(mapValues(counts)), arrayCumSum(mapValues(counts)))
    ] AS bucket_of,
    (counts, share) -> exp2((bucket_of(counts, share) + 0.5) / 8) - 1 AS percentile
SELECT
    *,
    percentile(buckets, 0.5) AS p50_ns,
    percentile(buckets, 0.95) AS p95_ns,
    percentile(buckets, 0.99) AS p99_ns
FROM
(
    SELECT
        tenant, hour, service, name, kind,
        sum(in_bucket) AS spans,
        sum(failed) AS errors,
        sum(took_ns) AS total_ns,
        max(longest_ns) AS max_ns,
        sumMap(map(bucket, in_bucket)) AS buckets
    FROM
    (
        SELECT
            tenant, toStartOfHour(started_at) AS hour, service, name, kind,
            toUInt16(log2(duration_ns + 1) * 8) AS bucket,
            count() AS in_bucket,
            countIf(status = 'error') AS failed,
            sum(duration_ns) AS took_ns,
            max(duration_ns) AS longest_ns
        FROM span_rows
        GROUP BY tenant, hour, service, name, kind, bucket
    )
    GROUP BY tenant, hour, service, name, kind
);

-- How many spans of each operation took how long: one row a bucket, with its bounds.
CREATE VIEW IF NOT EXISTS latency_histogram ON CLUSTER 'sillage' AS
SELECT
    tenant, minute, service, name, kind,
    exp2(bucket / 8) - 1 AS from_ns,
    exp2((bucket + 1) / 8) - 1 AS until_ns,
    in_bucket AS spans
FROM red_by_minute
ARRAY JOIN mapKeys(buckets) AS bucket, mapValues(buckets) AS in_bucket;

-- What failed: one row for each exception that a span recorded, and for each span that failed without one. Errors are
-- alike when their type, the shape of their message and their top frame are: `error_group`. A shape is the message with
-- `#` for each number or identifier and `?` for what is in quotes; an
-- apostrophe within a word opens none. The top frame is where it was raised: the last one of a Python traceback, the
-- first of others. Line numbers, which change with each release, are left out.
CREATE VIEW IF NOT EXISTS span_errors ON CLUSTER 'sillage' AS
WITH
    text -> replaceRegexpAll(
        replaceRegexpAll(replaceRegexpAll(text, '"[^"]*"', '?'), '(^|[^0-9A-Za-z])''[^'']*''', '\\1?'),
        '\\b(?:[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|0x[0-9a-fA-F]+|[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}|[0-9]+(?:[.,:][0-9]+)*[a-zA-Z]{0,2})\\b', '#'
    ) AS shape,
    stack -> if(
        match(stack, 'File "[^"]+", line [0-9]+, in '),
        concat(
            extractAllGroupsVertical(stack, 'File "([^"]+)", line [0-9]+, in ([^\\n]+)')[-1][1], ' in ',
            extractAllGroupsVertical(stack, 'File "([^"]+)", line [0-9]+, in ([^\\n]+)')[-1][2]
        ),
        replaceRegexpAll(trimBoth(extract(stack, '(?:^|\\n)\\s*at ([^\\n]+)')), ':(?:line )?[0-9]+', '')
    ) AS frame
SELECT
    lower(hex(sipHash64(exception_type, message_shape, top_frame))) AS error_group,
    *
FROM
(
    SELECT
        received_at, tenant, service, name, kind, started_at, at, duration_ns, http_status, trace_id, trace_key, span_id,
        session_id, user_id,
        exception['exception.type'] AS exception_type,
        if(is_exception, exception['exception.message'], status_message) AS message,
        substring(shape(message), 1, 200) AS message_shape,
        frame(exception['exception.stacktrace']) AS top_frame,
        exception['exception.stacktrace'] AS stacktrace
    FROM
    (
        SELECT
            received_at, tenant, service, name, kind, started_at, duration_ns, http_status, trace_id, trace_key, span_id,
            session_id, user_id, status_message,
            arrayFilter((e, n) -> n = 'exception', arrayZip(`events.at`, `events.attributes`), `events.name`) AS exceptions,
            notEmpty(exceptions) AS is_exception,
            arrayJoin(if(is_exception, exceptions, [(started_at, CAST(map(), 'Map(String, String)'))])) AS one,
            one.1 AS at,
            one.2 AS exception
        FROM spans
        WHERE status = 'error'
    )
);

-- Who calls whom, how often, how fast, from `since` until `until` (DateTime64, UTC, of the spans' start):
-- SELECT * FROM service_map(tenant = 'demo', since = '2026-11-25 08:00:00', until = '2026-11-25 09:00:00').
-- A call is two spans, the caller's client or producer span and the callee's server or consumer span, its child. They
-- meet under the caller's span id in one pass; nothing is joined. What several services consumed is a call to each. A
-- client span that no server answered is a call to what reports no spans, named by its attributes: a database, a host.
CREATE VIEW IF NOT EXISTS service_map ON CLUSTER 'sillage' AS
SELECT
    caller, callee, callee_kind,
    count() AS calls,
    sum(failed) AS errors,
    quantileDD(0.01, 0.5)(took_ns) AS p50_ns,
    quantileDD(0.01, 0.95)(took_ns) AS p95_ns,
    quantileDD(0.01, 0.99)(took_ns) AS p99_ns
FROM
(
    SELECT
        anyIf(service, is_caller) AS caller,
        groupUniqArrayIf(service, NOT is_caller) AS served_by,
        arrayJoin(if(empty(served_by), [anyIf(peer, is_caller)], arrayMap(s -> ('service', s), served_by))) AS called,
        called.1 AS callee_kind,
        called.2 AS callee,
        max(status = 'error') AS failed,
        maxIf(duration_ns, is_caller) AS took_ns
    FROM
    (
        SELECT
            service, status, duration_ns, trace_key,
            kind IN ('client', 'producer') AS is_caller,
            if(is_caller, span_id, parent_span_id) AS call,
            multiIf(
                NOT is_caller, ('', ''),
                attributes['db.system.name'] != '', ('database', attributes['db.system.name']),
                attributes['db.system'] != '', ('database', attributes['db.system']),
                attributes['messaging.system'] != '', ('queue', attributes['messaging.system']),
                attributes['peer.service'] != '', ('service', attributes['peer.service']),
                attributes['server.address'] != '', ('host', attributes['server.address']),
                ('unknown', 'unknown')
            ) AS peer
        FROM spans
        WHERE tenant = {tenant:String}
          AND kind IN ('client', 'producer', 'server', 'consumer')
          AND toStartOfMinute(started_at) >= toStartOfMinute({since:DateTime64(3, 'UTC')})
          AND toStartOfMinute(started_at) <= toStartOfMinute({until:DateTime64(3, 'UTC')})
          AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
    )
    WHERE call != ''
    GROUP BY trace_key, call
)
WHERE caller != ''
GROUP BY caller, callee, callee_kind;

-- Closed days, rolled up once (docs/decisions/0013-closed-days-are-rolled-up.md): what a question about ninety days reads
-- instead of every event. `sillage jobs` writes them; a week is a partition, so that ninety days are fourteen parts. A roll is one
-- writing of one day under a number of its own: only the one that rolled_days names is read, so a roll that was cut
-- off, or made twice, is never seen.
CREATE TABLE IF NOT EXISTS rolled_days ON CLUSTER 'sillage'
(
    day       Date,
    roll      UInt64,
    rows      UInt64,
    rolled_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY (day, rolled_at)
TTL day + INTERVAL 90 DAY;

-- A row is what one user did in one session within one hour (of arrival, UTC) in one surrounding. A user is the pseudonym as a
-- number, a session a hash of its id; 0 is none.
CREATE TABLE IF NOT EXISTS rolled_sessions_local ON CLUSTER 'sillage'
(
    day             Date,
    roll            UInt64,
    retention_days  UInt8,
    tenant          LowCardinality(String),
    hour            DateTime('UTC') CODEC(Delta, Default),
    user            UInt128,
    session         UInt64,
    is_bot          Bool,
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    device          LowCardinality(String),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    language        LowCardinality(String),
    release         LowCardinality(String),
    events          UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, user, hour)
TTL day + toIntervalDay(retention_days)
SETTINGS replicated_deduplication_window = 0;

CREATE OR REPLACE TABLE rolled_sessions ON CLUSTER 'sillage' AS rolled_sessions_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_sessions_local', sipHash64(tenant));

-- A row is one action, or one page, in one slice of a day. Users and sessions are sketches: exact up to some hundreds,
-- then with a standard error of 1.6 %. The hours from 8 to 21 UTC are one slice, the others one each: so the days of each zone
-- from UTC-8 to UTC+3 are made of whole slices.
CREATE TABLE IF NOT EXISTS rolled_actions_local ON CLUSTER 'sillage'
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, slice, kind, name)
TTL day + toIntervalDay(retention_days)
SETTINGS replicated_deduplication_window = 0;

CREATE OR REPLACE TABLE rolled_actions ON CLUSTER 'sillage' AS rolled_actions_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_actions_local', sipHash64(tenant));

CREATE TABLE IF NOT EXISTS rolled_pages_local ON CLUSTER 'sillage'
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, slice, page)
TTL day + toIntervalDay(retention_days)
SETTINGS replicated_deduplication_window = 0;

CREATE OR REPLACE TABLE rolled_pages ON CLUSTER 'sillage' AS rolled_pages_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_pages_local', sipHash64(tenant));

-- The days that are read from their rolls: those whose events are as many as when they were rolled up. A day that has had
-- late events since, or lost some, is read event by event until it is rolled up anew.
CREATE VIEW IF NOT EXISTS closed_days ON CLUSTER 'sillage' AS
SELECT day, roll
FROM (SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows FROM rolled_days GROUP BY day)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM (SELECT * REPLACE (replaceRegexpOne(table, '_local$', '') AS table) FROM cluster('sillage', system.parts))
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
);

-- Events as rolls have them: what is rolled up, and what open days are read from. The floor is that of `usage`.
CREATE VIEW IF NOT EXISTS usage_pieces_local ON CLUSTER 'sillage' AS
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
FROM usage_events_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE OR REPLACE TABLE usage_pieces ON CLUSTER 'sillage' AS usage_pieces_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_pieces_local');

CREATE VIEW IF NOT EXISTS action_pieces ON CLUSTER 'sillage' AS
SELECT
    day, retention_days, tenant, slice, is_bot, kind, name,
    count() AS events,
    uniqCombinedStateIf(12)(user, user != 0) AS users,
    uniqCombinedStateIf(12)(session, session != 0) AS sessions
FROM usage_pieces
GROUP BY day, retention_days, tenant, slice, is_bot, kind, name;

CREATE VIEW IF NOT EXISTS page_pieces ON CLUSTER 'sillage' AS
SELECT
    day, retention_days, tenant, slice, is_bot, page,
    count() AS events,
    uniqCombinedStateIf(12)(user, user != 0) AS users,
    uniqCombinedStateIf(12)(session, session != 0) AS sessions
FROM usage_pieces
GROUP BY day, retention_days, tenant, slice, is_bot, page;

-- What each user did in each session, in pieces: sum the events, count distinct users and sessions.
CREATE VIEW IF NOT EXISTS usage_sessions ON CLUSTER 'sillage' AS
SELECT
    day, tenant, hour, user, session, is_bot, browser, browser_version, os, os_version, device, country, region, city,
    language, release, events
FROM rolled_sessions
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT
    day, tenant, hour, user, session, is_bot, browser, browser_version, os, os_version, device, country, region, city,
    language, release, toUInt64(1) AS events
FROM usage_pieces
WHERE day NOT IN (SELECT day FROM closed_days);

-- Actions by slices of days: sum the events, merge the sketches by uniqCombinedMerge(12).
CREATE VIEW IF NOT EXISTS usage_actions ON CLUSTER 'sillage' AS
SELECT day, tenant, slice, is_bot, kind, name, events, users, sessions
FROM rolled_actions
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, kind, name, events, users, sessions
FROM action_pieces
WHERE day NOT IN (SELECT day FROM closed_days);

-- Pages by slices of days, likewise.
CREATE VIEW IF NOT EXISTS usage_pages ON CLUSTER 'sillage' AS
SELECT day, tenant, slice, is_bot, page, events, users, sessions
FROM rolled_pages
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, page, events, users, sessions
FROM page_pieces
WHERE day NOT IN (SELECT day FROM closed_days);

ALTER TABLE usage_events_local ON CLUSTER 'sillage' DROP PROJECTION IF EXISTS by_action;

ALTER TABLE usage_events_local ON CLUSTER 'sillage' DROP PROJECTION IF EXISTS by_client;

-- What expiry did and what checks of retention found: the history that a report shows. Days and counts alone, of no
-- tenant, kept as long as somebody may ask for the proof.
CREATE TABLE IF NOT EXISTS retention_drops ON CLUSTER 'sillage'
(
    dropped_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    store      LowCardinality(String),
    piece      String,
    records    UInt64,
    bytes      UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY dropped_at
TTL toDateTime(dropped_at, 'UTC') + INTERVAL 3 YEAR;

CREATE TABLE IF NOT EXISTS retention_checks ON CLUSTER 'sillage'
(
    checked_at       DateTime64(3, 'UTC'),
    interval_seconds UInt32,
    ok               Bool,
    overdue_records  UInt64,
    faults           Array(String)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY checked_at
TTL toDateTime(checked_at, 'UTC') + INTERVAL 3 YEAR;

-- Whom the unpacking views leave out, so that no replay, retry, late batch, spool, dead letter or repair brings back who
-- was erased (docs/decisions/0016-erased-persons-are-suppressed.md). A row's subject is its user, or else its session, or else its trace.
-- What arrived before `until` stays out: of who was not lifted that is everything. The subject '' is a whole tenant.
-- `keep_until` is the last day on which a copy may bring old rows of the subject back.
CREATE TABLE IF NOT EXISTS suppressions ON CLUSTER 'sillage'
(
    tenant     LowCardinality(String),
    subject    String,
    until      DateTime64(3, 'UTC'),
    request    String,
    keep_until Date
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY (tenant, subject)
TTL keep_until + INTERVAL 1 DAY
SETTINGS replicated_deduplication_window = 0;

-- Whom the views leave out though their rows are stored: while an erasure goes on, and under a restriction. `last_at` is
-- the arrival of the subject's last row when it was hidden.
CREATE TABLE IF NOT EXISTS hidden ON CLUSTER 'sillage'
(
    tenant  LowCardinality(String),
    subject String,
    request String,
    last_at DateTime64(3, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY (tenant, subject)
SETTINGS replicated_deduplication_window = 0;

-- Days whose rolls are true no more, though their events are as many: a roll that began before `at` is not read.
CREATE TABLE IF NOT EXISTS unrolled ON CLUSTER 'sillage'
(
    day Date,
    at  DateTime64(3, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}')
ORDER BY day
TTL day + INTERVAL 91 DAY
SETTINGS replicated_deduplication_window = 0;

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
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
    FROM usage_batches_local AS b
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
      AND (topic_id, kafka_partition, kafka_offset) IN
      (
          SELECT argMin((topic_id, kafka_partition, kafka_offset), kafka_offset)
          FROM usage_batches_local
          GROUP BY tenant, batch_id
      )
      AND (tenant, batch_id) NOT IN
      (
          SELECT tenant, batch_id
          FROM usage_events_local
          WHERE batch_id IN (SELECT batch_id FROM usage_batches_local)
            AND received_at > now() - INTERVAL 15 DAY
          GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
      )
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
  -- :who was erased;

ALTER TABLE span_unpack ON CLUSTER 'sillage' MODIFY QUERY
WITH
    (
        SELECT (count(), groupArrayIf((tenant, subject, until), until < '2200-01-01' OR subject = ''))
        FROM suppressions
    ) AS listed,
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
    m -> arrayMap(v -> reinterpretAsUInt8(v), mapValues(m)) AS types
SELECT
    received_at, tenant, retention_days,
    resource['service.name'] AS service,
    s.name AS name, if(s.kind BETWEEN 0 AND 5, s.kind, 0) AS kind,
    fromUnixTimestamp64Nano(toInt64(s.start_time_unix_nano), 'UTC') AS started_at,
    toInt64(s.end_time_unix_nano - s.start_time_unix_nano) AS duration_ns,
    if(s.status.code BETWEEN 0 AND 2, s.status.code, 0) AS status, s.status.message AS status_message,
    toUInt16OrZero(if(
        mapContains(s.attributes, 'http.response.status_code'),
        attributes['http.response.status_code'], attributes['http.status_code']
    )) AS http_status,
    toFixedString(s.trace_id, 16) AS trace_id, toFixedString(s.span_id, 8) AS span_id,
    s.parent_span_id AS parent_span_id, s.trace_state AS trace_state, s.flags AS flags,
    attributes['session.id'] AS session_id,
    if(mapContains(s.attributes, 'user.id'), attributes['user.id'], attributes['enduser.id']) AS user_id,
    resource, resource_types,
    texts(s.attributes) AS attributes, types(s.attributes) AS attribute_types,
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
        resource, resource_types,
        scoped.scope.name AS scope_name, scoped.scope.version AS scope_version,
        texts(scoped.scope.attributes) AS scope_attributes, types(scoped.scope.attributes) AS scope_types,
        arrayJoin(scoped.spans) AS s
    FROM
    (
        SELECT
            received_at, tenant, retention_days, batch_id, topic_id, kafka_partition, kafka_offset,
            texts(r.resource.attributes) AS resource, types(r.resource.attributes) AS resource_types,
            arrayJoin(r.scope_spans) AS scoped
        FROM
        (
            SELECT
                fromUnixTimestamp64Milli(received_at, 'UTC') AS received_at,
                toLowCardinality(tenant) AS tenant,
                retention_days,
                toFixedString(batch_id, 16) AS batch_id,
                toFixedString(topic_id, 16) AS topic_id,
                kafka_partition, kafka_offset,
                arrayJoin(resource_spans) AS r
            FROM span_batches_local AS b
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
              AND (b.topic_id, kafka_partition, kafka_offset) IN
              (
                  SELECT argMin((topic_id, kafka_partition, kafka_offset), kafka_offset)
                  FROM span_batches_local
                  GROUP BY tenant, batch_id
              )
              AND (b.tenant, toFixedString(b.batch_id, 16)) NOT IN
              (
                  SELECT tenant, batch_id
                  FROM trace_spans_local
                  WHERE batch_id IN (SELECT toFixedString(batch_id, 16) FROM span_batches_local)
                    AND received_at > now() - INTERVAL 15 DAY
                  GROUP BY batch_id, tenant, topic_id, kafka_partition, kafka_offset, received_at
              )
              -- :exactly once
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
  -- :who was erased;

-- The floor under every question, of 017, 029 and 023, leaves out the hidden (032) too. While nobody is, the condition
-- is a constant, and no column is read for it.
CREATE OR REPLACE VIEW usage_local ON CLUSTER 'sillage' AS
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
FROM usage_events_local
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

CREATE OR REPLACE TABLE usage ON CLUSTER 'sillage' AS usage_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_local');

CREATE OR REPLACE VIEW usage_pieces_local ON CLUSTER 'sillage' AS
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
FROM usage_events_local
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

CREATE OR REPLACE TABLE usage_pieces ON CLUSTER 'sillage' AS usage_pieces_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_pieces_local');

CREATE OR REPLACE VIEW span_rows_local ON CLUSTER 'sillage' AS
SELECT
    * REPLACE (greatest(duration_ns, 0) AS duration_ns),
    trace_id AS trace_key,
    trace_spans_local.duration_ns AS end_minus_start_ns
FROM trace_spans_local
WHERE toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
  AND (
      (SELECT count() FROM hidden) = 0
      OR (
          (tenant, multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(trace_spans_local.trace_id)))) NOT IN
          (
              SELECT tenant, subject FROM hidden
          )
          AND tenant NOT IN (SELECT tenant FROM hidden WHERE subject = '')
      )
  );

CREATE OR REPLACE TABLE span_rows ON CLUSTER 'sillage' AS span_rows_local
ENGINE = Distributed('sillage', currentDatabase(), 'span_rows_local');

-- The days that are read from their rolls: those of 029 whose roll began after all that changed the day's events and kept
-- their count.
CREATE OR REPLACE VIEW closed_days ON CLUSTER 'sillage' AS
SELECT day, roll
FROM (SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows FROM rolled_days GROUP BY day)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM (SELECT * REPLACE (replaceRegexpOne(table, '_local$', '') AS table) FROM cluster('sillage', system.parts))
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);

ALTER TABLE usage_events_local ON CLUSTER 'sillage' MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE usage_unpack ON CLUSTER 'sillage' MODIFY QUERY
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
    FROM usage_batches_local AS b
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
          FROM usage_events_local
          WHERE batch_id IN (SELECT batch_id FROM usage_batches_local)
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
  -- :who was erased;

ALTER TABLE span_unpack ON CLUSTER 'sillage' MODIFY QUERY
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
    m -> arrayMap(v -> reinterpretAsUInt8(v), mapValues(m)) AS types
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
                FROM span_batches_local AS b
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
                      FROM trace_spans_local
                      WHERE batch_id IN (SELECT toFixedString(batch_id, 16) FROM span_batches_local)
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
  -- :who was erased;

ALTER TABLE rolled_sessions_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

CREATE OR REPLACE TABLE rolled_sessions ON CLUSTER 'sillage' AS rolled_sessions_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_sessions_local', sipHash64(tenant));

ALTER TABLE rolled_actions_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

CREATE OR REPLACE TABLE rolled_actions ON CLUSTER 'sillage' AS rolled_actions_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_actions_local', sipHash64(tenant));

ALTER TABLE rolled_pages_local ON CLUSTER 'sillage'
    ADD COLUMN IF NOT EXISTS share LowCardinality(String)
        MATERIALIZED concat(toString(roll), '/', toString(retention_days)) AFTER retention_days;

CREATE OR REPLACE TABLE rolled_pages ON CLUSTER 'sillage' AS rolled_pages_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_pages_local', sipHash64(tenant));

ALTER TABLE rolled_sessions_local ON CLUSTER 'sillage' MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_actions_local ON CLUSTER 'sillage' MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_pages_local ON CLUSTER 'sillage' MODIFY SETTING default_compression_codec = 'LZ4';

ALTER TABLE rolled_sessions_local ON CLUSTER 'sillage' MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;

ALTER TABLE rolled_actions_local ON CLUSTER 'sillage' MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;

ALTER TABLE rolled_pages_local ON CLUSTER 'sillage' MATERIALIZE COLUMN share SETTINGS mutations_sync = 2;

-- Actions and pages of a day are rolled up of one reading of its events, by one statement (jobs/roll_up.py): what it makes lands
-- here, and each row goes on to the table that keeps it.
CREATE TABLE IF NOT EXISTS rolled_names_local ON CLUSTER 'sillage'
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    tenant         LowCardinality(String),
    slice          DateTime('UTC'),
    is_bot         Bool,
    is_page        Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = Null;

CREATE OR REPLACE TABLE rolled_names ON CLUSTER 'sillage' AS rolled_names_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_names_local', sipHash64(tenant));

CREATE MATERIALIZED VIEW IF NOT EXISTS rolled_names_actions ON CLUSTER 'sillage' TO rolled_actions_local AS
SELECT day, roll, retention_days, tenant, slice, is_bot, kind, name, events, users, sessions
FROM rolled_names_local
WHERE NOT is_page;

CREATE MATERIALIZED VIEW IF NOT EXISTS rolled_names_pages ON CLUSTER 'sillage' TO rolled_pages_local AS
SELECT day, roll, retention_days, tenant, slice, is_bot, page, events, users, sessions
FROM rolled_names_local
WHERE is_page;

-- Merging was nearly half of what rolling a week up cost (docs/decisions/0013-closed-days-are-rolled-up.md). In the order of time
-- a week's days lie one behind the other for each tenant, and are copied instead of interleaved; and a week is merged once it
-- has its seven days, not with each of them. A table's order cannot be changed: rolled_sessions is made anew and empty, and
-- days are read from their events until they are rolled up anew, which `sillage jobs` does.
DROP TABLE IF EXISTS rolled_sessions ON CLUSTER 'sillage' SYNC;

-- Merging was nearly half of what rolling a week up cost (docs/decisions/0013-closed-days-are-rolled-up.md). In the order of time
-- a week's days lie one behind the other for each tenant, and are copied instead of interleaved; and a week is merged once it
-- has its seven days, not with each of them. A table's order cannot be changed: rolled_sessions is made anew and empty, and
-- days are read from their events until they are rolled up anew, which `sillage jobs` does.
DROP TABLE IF EXISTS rolled_sessions_local ON CLUSTER 'sillage' SYNC;

CREATE TABLE IF NOT EXISTS rolled_sessions_local ON CLUSTER 'sillage'
(
    day             Date,
    roll            UInt64,
    retention_days  UInt8,
    share           LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant          LowCardinality(String),
    hour            DateTime('UTC') CODEC(Delta, Default),
    user            UInt128,
    session         UInt64,
    is_bot          Bool,
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    device          LowCardinality(String),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    language        LowCardinality(String),
    release         LowCardinality(String),
    events          UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, hour, user)
TTL day + toIntervalDay(retention_days)
SETTINGS replicated_deduplication_window = 0, default_compression_codec = 'LZ4', min_parts_to_merge_at_once = 7;

CREATE OR REPLACE TABLE rolled_sessions ON CLUSTER 'sillage' AS rolled_sessions_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_sessions_local', sipHash64(tenant));

ALTER TABLE rolled_actions_local ON CLUSTER 'sillage' MODIFY SETTING min_parts_to_merge_at_once = 7;

ALTER TABLE rolled_pages_local ON CLUSTER 'sillage' MODIFY SETTING min_parts_to_merge_at_once = 7;

-- Of how many days a roll is: of 1, or of 7, a week by its Monday (043), where `rows` is the sum of the seven rolls. A `sillage jobs`
-- of before leaves it 0: its rolls are not in all tables, and are not read.
ALTER TABLE rolled_days ADD COLUMN IF NOT EXISTS days UInt8 AFTER rows;

ALTER TABLE rolled_days DELETE WHERE days = 0 SETTINGS mutations_sync = 2;

-- The days that are read from their rolls, as in 035, of rolls that have every table.
CREATE OR REPLACE VIEW closed_days ON CLUSTER 'sillage' AS
SELECT day, roll
FROM
(
    SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows
    FROM rolled_days
    WHERE days = 1
    GROUP BY day
)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM (SELECT * REPLACE (replaceRegexpOne(table, '_local$', '') AS table) FROM cluster('sillage', system.parts))
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);

-- Who did what and when, for funnels (docs/decisions/0013-closed-days-are-rolled-up.md). A row is an action in a slice of a day, with
-- a hash of the user and the time (Unix milliseconds) of each of its events, so that a funnel reads its own actions and nothing
-- else. Both are plain numbers, which groupArray gathers in half the time. Marks are close, as a row may hold many.
CREATE TABLE IF NOT EXISTS rolled_steps_local ON CLUSTER 'sillage'
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    share          LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant         LowCardinality(String),
    slice          DateTime('UTC') CODEC(Delta, Default),
    is_bot         Bool,
    kind           LowCardinality(String),
    name           LowCardinality(String),
    user_hashes    Array(UInt64),
    times          Array(Int64) CODEC(T64, Default)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, name, slice)
TTL day + toIntervalDay(retention_days)
SETTINGS
    replicated_deduplication_window = 0, default_compression_codec = 'LZ4', min_parts_to_merge_at_once = 7,
    index_granularity_bytes = 262144;

CREATE OR REPLACE TABLE rolled_steps ON CLUSTER 'sillage' AS rolled_steps_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_steps_local', sipHash64(tenant));

-- As in 035, with what a funnel asks for.
CREATE OR REPLACE VIEW usage_pieces_local ON CLUSTER 'sillage' AS
SELECT
    toDate(received_at, 'UTC') AS day, retention_days, tenant,
    toStartOfHour(received_at) AS hour,
    if(toHour(hour) BETWEEN 8 AND 20, toStartOfDay(hour) + INTERVAL 8 HOUR, hour) AS slice,
    multiIf(
        user_id = '', 0,
        length(user_id) = 32, reinterpretAsUInt128(reverse(unhex(user_id))),
        reinterpretAsUInt128(sipHash128(user_id))
    ) AS user,
    if(user_id = '', 0, cityHash64(user_id)) AS user_hash,
    if(session_id = '', 0, sipHash64(session_id)) AS session,
    toUnixTimestamp64Milli(occurred_at) AS occurred_ms,
    is_bot, kind, name, page,
    browser, browser_version, os, os_version, device, country, region, city, language, release
FROM usage_events_local
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

CREATE OR REPLACE TABLE usage_pieces ON CLUSTER 'sillage' AS usage_pieces_local
ENGINE = Distributed('sillage', currentDatabase(), 'usage_pieces_local');

-- The steps of those who have an id, one row an event.
CREATE VIEW IF NOT EXISTS usage_steps ON CLUSTER 'sillage' AS
SELECT day, tenant, slice, is_bot, kind, name, user_hash, occurred_ms
FROM rolled_steps
ARRAY JOIN user_hashes AS user_hash, times AS occurred_ms
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, kind, name, user_hash, occurred_ms
FROM usage_pieces
WHERE day NOT IN (SELECT day FROM closed_days) AND user_hash != 0;

-- A question about pages over ninety days merges sketches, of which each day has its own; those of a whole week are seven times fewer
-- and hardly larger (docs/decisions/0013-closed-days-are-rolled-up.md). A row is a page in a week; `day` is its Monday. It is made of
-- the rolls of its seven days, goes with the first of them, and is read where a question covers the week and does not ask when.
CREATE TABLE IF NOT EXISTS rolled_page_weeks_local ON CLUSTER 'sillage'
(
    day            Date,
    roll           UInt64,
    retention_days UInt8,
    share          LowCardinality(String) MATERIALIZED concat(toString(roll), '/', toString(retention_days)),
    tenant         LowCardinality(String),
    is_bot         Bool,
    page           LowCardinality(String),
    events         UInt64,
    users          AggregateFunction(uniqCombined(12), UInt128),
    sessions       AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(day)
ORDER BY (tenant, page)
TTL day + toIntervalDay(retention_days)
SETTINGS replicated_deduplication_window = 0, default_compression_codec = 'LZ4';

CREATE OR REPLACE TABLE rolled_page_weeks ON CLUSTER 'sillage' AS rolled_page_weeks_local
ENGINE = Distributed('sillage', currentDatabase(), 'rolled_page_weeks_local', sipHash64(tenant));

-- The weeks that are read from their rolls: those of which all seven days are closed, and by the rolls that the week's was made of.
-- A roll's number only grows, so other rolls have another sum.
CREATE VIEW IF NOT EXISTS closed_weeks ON CLUSTER 'sillage' AS
SELECT day, roll, rolls
FROM
(
    SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rolls
    FROM rolled_days
    WHERE days = 7
    GROUP BY day
)
WHERE (day, rolls) IN (SELECT toMonday(day) AS monday, sum(roll) FROM closed_days GROUP BY monday HAVING count() = 7)
  AND (day, roll) NOT IN
(
    SELECT day, roll
    FROM rolled_days INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed USING (day)
    WHERE roll <= toUnixTimestamp64Milli(changed.at)
);

ALTER TABLE span_unpack ON CLUSTER 'sillage' MODIFY QUERY
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
                FROM span_batches_local AS b
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
                      FROM trace_spans_local
                      WHERE batch_id IN (SELECT toFixedString(batch_id, 16) FROM span_batches_local)
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
  -- :who was erased;

ALTER TABLE trace_spans_local ON CLUSTER 'sillage' MODIFY SETTING min_compress_block_size = 16384;
