-- Rendered from sql/access/roles.sql for cluster sillage, path /clickhouse/tables/{shard}/{database}/{table}, replica {replica},
-- by `python -m sql.ddl`. A test holds it equal to what `sillage access sql` makes there, and has ClickHouse's own
-- parser read each statement. It was not run on a cluster.

-- Who may do what in ClickHouse itself, by role; each statement bears being repeated. Run as a user who may grant, in
-- Sillage's database; `sillage access sql` prints it, for a cluster where there is one. Then:
-- CREATE USER … DEFAULT ROLE sillage_analyst.

-- The views that show no person ask in this one's name, so that who may read them needs no right on the rows. Nobody
-- can log in as it.
CREATE USER IF NOT EXISTS sillage_views ON CLUSTER 'sillage' HOST NONE;

GRANT ON CLUSTER 'sillage' SELECT ON * TO sillage_views;

ALTER TABLE usage_by_hour ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE usage_by_day ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE active_by_day ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE red_by_minute ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE red_by_hour ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE latency_histogram ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

ALTER TABLE service_map ON CLUSTER 'sillage' MODIFY SQL SECURITY DEFINER DEFINER = sillage_views;

-- `sillage consumer`: what it inserts, and what the fence and the verification read.
CREATE ROLE IF NOT EXISTS sillage_ingest ON CLUSTER 'sillage';

GRANT ON CLUSTER 'sillage' INSERT ON usage_batches TO sillage_ingest;

GRANT ON CLUSTER 'sillage' INSERT ON usage_batches_local TO sillage_ingest;

GRANT ON CLUSTER 'sillage' INSERT ON span_batches TO sillage_ingest;

GRANT ON CLUSTER 'sillage' INSERT ON span_batches_local TO sillage_ingest;

GRANT ON CLUSTER 'sillage' INSERT, SELECT ON fence TO sillage_ingest;

GRANT ON CLUSTER 'sillage' SELECT(topic_id, kafka_partition, kafka_offset) ON usage_events TO sillage_ingest;

GRANT ON CLUSTER 'sillage' SELECT(topic_id, kafka_partition, kafka_offset) ON usage_events_local TO sillage_ingest;

GRANT ON CLUSTER 'sillage' SELECT(topic_id, kafka_partition, kafka_offset) ON trace_spans TO sillage_ingest;

GRANT ON CLUSTER 'sillage' SELECT(topic_id, kafka_partition, kafka_offset) ON trace_spans_local TO sillage_ingest;

GRANT ON CLUSTER 'sillage' SELECT ON system.processes TO sillage_ingest;

GRANT ON CLUSTER 'sillage' KILL QUERY ON *.* TO sillage_ingest;

GRANT ON CLUSTER 'sillage' READ, WRITE ON REMOTE TO sillage_ingest;

-- Numbers of usage: no row of a person, no pseudonym, no session.
CREATE ROLE IF NOT EXISTS sillage_analyst ON CLUSTER 'sillage';

GRANT ON CLUSTER 'sillage' SELECT ON usage_by_hour TO sillage_analyst;

GRANT ON CLUSTER 'sillage' SELECT ON usage_by_day TO sillage_analyst;

GRANT ON CLUSTER 'sillage' SELECT ON active_by_day TO sillage_analyst;

-- Health of services and of ClickHouse. A span itself may name a person by its attributes: `sillage traces` shows
-- spans, and keeps who looked.
CREATE ROLE IF NOT EXISTS sillage_sre ON CLUSTER 'sillage';

GRANT ON CLUSTER 'sillage' SELECT ON red_by_minute TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON red_by_hour TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON latency_histogram TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON service_map TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON system.parts TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON system.processes TO sillage_sre;

GRANT ON CLUSTER 'sillage' SELECT ON system.replicas TO sillage_sre;

-- Rights of the person, retention and its report: reads everything, changes what they change.
CREATE ROLE IF NOT EXISTS sillage_privacy ON CLUSTER 'sillage';

GRANT ON CLUSTER 'sillage' SELECT ON * TO sillage_privacy;

GRANT ON CLUSTER 'sillage' SELECT ON system.* TO sillage_privacy;

GRANT ON CLUSTER 'sillage' INSERT, ALTER UPDATE, ALTER DELETE ON hidden TO sillage_privacy;

GRANT ON CLUSTER 'sillage' INSERT, ALTER UPDATE, ALTER DELETE ON suppressions TO sillage_privacy;

GRANT ON CLUSTER 'sillage' INSERT ON unrolled TO sillage_privacy;

GRANT ON CLUSTER 'sillage' INSERT ON retention_drops TO sillage_privacy;

GRANT ON CLUSTER 'sillage' INSERT ON retention_checks TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER UPDATE, ALTER DELETE ON usage_events TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER UPDATE, ALTER DELETE ON usage_events_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER UPDATE, ALTER DELETE ON trace_spans TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER UPDATE, ALTER DELETE ON trace_spans_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_sessions TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_sessions_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_actions TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_actions_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_pages TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_pages_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_page_weeks TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_page_weeks_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_steps TO sillage_privacy;

GRANT ON CLUSTER 'sillage' ALTER DELETE ON rolled_steps_local TO sillage_privacy;

GRANT ON CLUSTER 'sillage' READ, WRITE ON REMOTE TO sillage_privacy;
