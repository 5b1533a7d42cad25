-- Rendered from sql/access/tenant.sql for cluster sillage, path /clickhouse/tables/{shard}/{database}/{table}, replica {replica},
-- by `python -m sql.ddl`. A test holds it equal to what `sillage access sql --tenant acme` makes there, and has ClickHouse's own
-- parser read each statement. It was not run on a cluster.

-- One tenant's rows and no other's, for who may read rows: a policy that restricts this role alone. The policy of each
-- table lets everybody else read on, whatever users_without_row_policies_can_read_rows says.
CREATE ROLE IF NOT EXISTS sillage_tenant_acme ON CLUSTER 'sillage';

CREATE ROW POLICY IF NOT EXISTS sillage_all ON CLUSTER 'sillage' ON usage_events USING 1 TO ALL;

CREATE ROW POLICY IF NOT EXISTS sillage_all ON CLUSTER 'sillage' ON usage_events_local USING 1 TO ALL;

CREATE ROW POLICY IF NOT EXISTS sillage_all ON CLUSTER 'sillage' ON trace_spans USING 1 TO ALL;

CREATE ROW POLICY IF NOT EXISTS sillage_all ON CLUSTER 'sillage' ON trace_spans_local USING 1 TO ALL;

CREATE ROW POLICY IF NOT EXISTS sillage_tenant_acme ON CLUSTER 'sillage' ON usage_events USING tenant = 'acme' AS RESTRICTIVE TO sillage_tenant_acme;

CREATE ROW POLICY IF NOT EXISTS sillage_tenant_acme ON CLUSTER 'sillage' ON usage_events_local USING tenant = 'acme' AS RESTRICTIVE TO sillage_tenant_acme;

CREATE ROW POLICY IF NOT EXISTS sillage_tenant_acme ON CLUSTER 'sillage' ON trace_spans USING tenant = 'acme' AS RESTRICTIVE TO sillage_tenant_acme;

CREATE ROW POLICY IF NOT EXISTS sillage_tenant_acme ON CLUSTER 'sillage' ON trace_spans_local USING tenant = 'acme' AS RESTRICTIVE TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON usage_events TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON usage_events_local TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON trace_spans TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON trace_spans_local TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON usage TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON usage_local TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON spans TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON span_rows TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON span_rows_local TO sillage_tenant_acme;

GRANT ON CLUSTER 'sillage' SELECT ON hidden TO sillage_tenant_acme;
