"""The floor under what asks the table of spans itself, for the sake of a projection, and not `span_rows`.

The view's condition on who is hidden needs columns that no projection has. So a question that a projection
answers asks in the same statement whether anybody of its tenant is hidden, and if so the view after all.
"""

KEPT = """
    toDate(received_at, 'UTC') > toDate(now(), 'UTC') - 90
    AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days
"""
"""What has not passed its retention, as the view has it."""
IS_ANYBODY_HIDDEN = "(SELECT count() > 0 FROM hidden WHERE {tenant:String} IN ('', tenant))"
"""Of the tenant that is asked about; of any, if that is empty."""
