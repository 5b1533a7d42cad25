-- Volume by hour (UTC, of arrival) and everything that an analyst asks by.
CREATE VIEW IF NOT EXISTS usage_by_hour AS
SELECT
    tenant, toStartOfHour(received_at) AS hour, is_bot, kind, name, page, browser, os, device, country,
    count() AS events,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions
FROM usage
GROUP BY tenant, hour, is_bot, kind, name, page, browser, os, device, country;
