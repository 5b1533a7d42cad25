-- One tenant's rows and no other's, for who may read rows: a policy that restricts this role alone. The policy of each
-- table lets everybody else read on, whatever users_without_row_policies_can_read_rows says.
CREATE ROLE IF NOT EXISTS {role};
CREATE ROW POLICY IF NOT EXISTS sillage_all ON usage_events USING 1 TO ALL;
CREATE ROW POLICY IF NOT EXISTS sillage_all ON trace_spans USING 1 TO ALL;
CREATE ROW POLICY IF NOT EXISTS {role} ON usage_events USING tenant = {tenant} AS RESTRICTIVE TO {role};
CREATE ROW POLICY IF NOT EXISTS {role} ON trace_spans USING tenant = {tenant} AS RESTRICTIVE TO {role};
GRANT SELECT ON usage_events TO {role};
GRANT SELECT ON trace_spans TO {role};
GRANT SELECT ON usage TO {role};
GRANT SELECT ON spans TO {role};
GRANT SELECT ON span_rows TO {role};
GRANT SELECT ON hidden TO {role};
