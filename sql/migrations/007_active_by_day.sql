-- Active users and sessions of each day (UTC), people only.
CREATE VIEW IF NOT EXISTS active_by_day AS
SELECT
    tenant, toDate(received_at, 'UTC') AS day,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions,
    count() AS events
FROM usage
WHERE NOT is_bot
GROUP BY tenant, day;
