-- The days that are read from their rolls: those whose events are as many as when they were rolled up. A day that has had
-- late events since, or lost some, is read event by event until it is rolled up anew.
CREATE VIEW IF NOT EXISTS closed_days AS
SELECT day, roll
FROM (SELECT day, argMax(roll, rolled_at) AS roll, argMax(rows, rolled_at) AS rows FROM rolled_days GROUP BY day)
WHERE (day, rows) IN
(
    SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows)
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY day
);

-- Events as rolls have them: what is rolled up, and what open days are read from. The floor is that of `usage`.
CREATE VIEW IF NOT EXISTS usage_pieces AS
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
  AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days;

CREATE VIEW IF NOT EXISTS action_pieces AS
SELECT
    day, retention_days, tenant, slice, is_bot, kind, name,
    count() AS events,
    uniqCombinedStateIf(12)(user, user != 0) AS users,
    uniqCombinedStateIf(12)(session, session != 0) AS sessions
FROM usage_pieces
GROUP BY day, retention_days, tenant, slice, is_bot, kind, name;

CREATE VIEW IF NOT EXISTS page_pieces AS
SELECT
    day, retention_days, tenant, slice, is_bot, page,
    count() AS events,
    uniqCombinedStateIf(12)(user, user != 0) AS users,
    uniqCombinedStateIf(12)(session, session != 0) AS sessions
FROM usage_pieces
GROUP BY day, retention_days, tenant, slice, is_bot, page;

-- What each user did in each session, in pieces: sum the events, count distinct users and sessions.
CREATE VIEW IF NOT EXISTS usage_sessions AS
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
CREATE VIEW IF NOT EXISTS usage_actions AS
SELECT day, tenant, slice, is_bot, kind, name, events, users, sessions
FROM rolled_actions
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, kind, name, events, users, sessions
FROM action_pieces
WHERE day NOT IN (SELECT day FROM closed_days);

-- Pages by slices of days, likewise.
CREATE VIEW IF NOT EXISTS usage_pages AS
SELECT day, tenant, slice, is_bot, page, events, users, sessions
FROM rolled_pages
WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
  AND roll IN (SELECT roll FROM closed_days)
UNION ALL
SELECT day, tenant, slice, is_bot, page, events, users, sessions
FROM page_pieces
WHERE day NOT IN (SELECT day FROM closed_days);
