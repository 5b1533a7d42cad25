"""`python -m tests.queries.traces.one_tenants_engine`: the embedded engine, whose user sees a tenant's spans.

The policy is the one of sql/access/tenant.sql. The engine takes no CREATE ROW POLICY; its configuration does.
"""

from local.clickhouse import __main__ as server
from local.clickhouse import config

DATABASE, TENANT = "sillage", "acme"
_POLICY = f"<filter>tenant = '{TENANT}'</filter>"
_PROFILE = "<profile>default</profile>"

if __name__ == "__main__":
    assert _PROFILE in config._USERS
    config._USERS = config._USERS.replace(
        _PROFILE,
        f"{_PROFILE}<databases><{DATABASE}><trace_spans>{_POLICY}</trace_spans></{DATABASE}></databases>",
    )
    server.main()
