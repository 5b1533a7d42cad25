-- Volume by day (UTC, of arrival) and everything that an analyst asks by.
CREATE VIEW IF NOT EXISTS usage_by_day AS
SELECT
    tenant, toDate(received_at, 'UTC') AS day, is_bot, kind, name, page, browser, os, device, country,
    count() AS events,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions
FROM usage
GROUP BY tenant, day, is_bot, kind, name, page, browser, os, device, country;
