-- Closed days are rolled up and open ones are few: nothing reads these any more, and each INSERT paid for them.
ALTER TABLE usage_events DROP PROJECTION IF EXISTS by_action;
ALTER TABLE usage_events DROP PROJECTION IF EXISTS by_client;
