-- One day of realistic usage, through the landing table: {batches:UInt32} batches of 12 events on average that arrive on
-- {day:Date}, of 200 tenants. Tenant t has a share like 1 / (t + 1), the largest 17 %, the smallest 0.09 %, and users
-- by its size, at most 20,000. A user is at home in one place on one machine; some come each day, most now and then;
-- work is done by day. Nothing is drawn at random: what a number hashes to decides, so a run gives the same rows.
INSERT INTO usage_batches
(
    user_agent, batch_id, user_id, session_id, sent_at, retention_days, sdk, release, language, screen, timezone,
    automated, `events.event_id`, `events.kind`, `events.name`, `events.at`, `events.page`, `events.referrer`,
    `events.session_id`, `events.user_id`, `events.trace_id`, `events.properties_json`,
    browser, browser_version, os, os_version, device, bot_reasons, country, region, city,
    tenant, received_at, topic_id, kafka_partition, kafka_offset, claim, seal
)
WITH
    toUnixTimestamp64Milli(toDateTime64({day:Date}, 3, 'UTC')) AS midnight,
    toRelativeDayNum({day:Date}) AS day_number,
    cityHash64(number, day_number) AS chance,
    (n, of_what) -> (sipHash64(of_what, n) % 1000003) / 1000003 AS even,
    -- 1 / (t + 1) by its integral: t + 1 = 201 ^ chance.
    toUInt32(floor(pow(201, even(1, chance))) - 1) AS tenant_number,
    toUInt32(5 + 20000 / pow(tenant_number + 1, 0.8)) AS users,
    toUInt32(floor(users * pow(even(2, chance), 1.7))) AS user_number,
    cityHash64(tenant_number, user_number) AS user,
    -- Working hours in UTC: the sum of three even chances, between 5 and 20 o'clock.
    toInt64(midnight + 3600000 * (5 + 5 * (even(3, chance) + even(4, chance) + even(5, chance)))) AS arrived,
    even(6, user) AS of_browser,
    even(7, user) AS of_machine,
    if(even(8, user) < 0.7, tenant_number % 8, toUInt32(30 * pow(even(9, user), 2))) AS country_number,
    arrayElement(['FR', 'DE', 'ES', 'IT', 'BE', 'NL', 'CH', 'PT', 'PL', 'SE', 'AT', 'IE', 'DK', 'FI', 'NO', 'CZ', 'GR',
        'RO', 'HU', 'LU', 'SK', 'SI', 'HR', 'BG', 'LT', 'LV', 'EE', 'MT', 'CY', 'GB'], country_number + 1) AS country,
    toUInt32(1 + 30 * pow(even(10, chance), 1.6)) AS events,
    arrayMap(i -> cityHash64(chance, i), range(events)) AS chances,
    arrayMap(c -> even(11, c), chances) AS of_kind,
    arrayMap(c -> toUInt32(40 * pow(even(12, c), 2.2)), chances) AS of_name,
    arrayMap(c -> toUInt32(200 * pow(even(13, c), 2.5)), chances) AS of_page
SELECT
    '',
    toFixedString(concat(substring(reverse(reinterpretAsString(toUInt64(arrived))), 3), reinterpretAsString(chance), char(0, 0)), 16),
    if(even(14, user) < 0.05, '', lower(hex(sipHash128(user)))),
    lower(hex(sipHash128(user, day_number, even(15, chance) < 0.4))),
    arrived - 40, [90, 90, 90, 90, 30][tenant_number % 5 + 1], 'js/0.1.0',
    concat('2026.', toString(intDiv(day_number, 14) % 12)), if(country = 'FR', 'fr-FR', 'en'), '1440x900', 'Europe/Paris',
    false,
    arrayMap(c -> reinterpretAsFixedString(sipHash128(c)), chances),
    arrayMap(k -> multiIf(k < 0.45, 'view', k < 0.9, 'action', k < 0.98, 'vital', 'error'), of_kind),
    arrayMap((k, n) -> multiIf(k < 0.45, 'page.viewed', k < 0.9, concat('action.', toString(n)), k < 0.98, 'LCP', 'TypeError'),
        of_kind, of_name),
    arrayMap(i -> arrived - 40 - (events - i) * toInt64(20000 + chance % 17000), range(events)),
    arrayMap(p -> concat('/section-', toString(p % 12), '/page-', toString(p)), of_page),
    arrayMap(c -> '', chances), arrayMap(c -> '', chances), arrayMap(c -> '', chances), arrayMap(c -> '', chances),
    arrayMap(c -> concat('{"plan":"', ['free', 'pro', 'team'][c % 3 + 1], '","seats":', toString(c % 50), '.0,"trial":',
        if(c % 10 = 0, 'true', 'false'), '}'), chances),
    multiIf(of_browser < 0.6, 'Chrome', of_browser < 0.75, 'Safari', of_browser < 0.88, 'Edge', 'Firefox'),
    toString(120 + intDiv(day_number, 28) % 20 + toUInt32(3 * even(16, user))),
    multiIf(of_machine < 0.5, 'Windows', of_machine < 0.75, 'Mac OS X', of_machine < 0.85, 'iOS', of_machine < 0.95, 'Android',
        'Linux'),
    toString(10 + toUInt32(4 * even(17, user))),
    if(of_machine BETWEEN 0.75 AND 0.95, 'mobile', 'desktop'),
    if(even(18, user) < 0.02, ['crawler'], []),
    country, concat(country, '-', toString(toUInt32(5 * even(19, user)))),
    concat('City ', country, toString(toUInt32(15 * pow(even(19, user), 2)))),
    concat('tenant-', leftPad(toString(tenant_number), 3, '0')),
    arrived, 'bench topic id..', 0, {offset:UInt64} + number, 1, 23443015112673093
FROM numbers({batches:UInt32})
SETTINGS max_insert_threads = 2, max_insert_block_size = 1000000, min_insert_block_size_rows = 1000000
