-- What one user did: filter by tenant and user_id (the pseudonym), order by occurred_at.
CREATE VIEW IF NOT EXISTS user_history AS
SELECT
    tenant, user_id, occurred_at, received_at, kind, name, page, referrer, properties, session_id, trace_id,
    browser, os, device, country, city, event_id
FROM usage
WHERE user_id != '';
