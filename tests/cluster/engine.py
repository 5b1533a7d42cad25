"""`python -m tests.cluster.engine`: the embedded engine as a cluster of one server.

The engine knows no `ON CLUSTER` and cannot write to replicated tables: it has no port for other replicas.
It knows `Distributed` over a cluster whose one server is itself, `cluster()`, how to create replicated tables
(its own Keeper in memory takes them down), and roles that stand in its configuration.
"""

import re

from local.clickhouse import __main__ as server
from local.clickhouse import config
from sql import rights
from sql.ddl import LAYOUT

CLUSTER = LAYOUT.cluster
DATABASE = "sillage"
_PORT = 9000
"""Nobody listens there: an address with the server's own port is the server itself."""
_CLUSTER = f"""
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
  <tcp_port>{_PORT}</tcp_port>
  <macros><shard>1</shard><replica>one</replica></macros>
  <remote_servers><{CLUSTER}><shard><internal_replication>true</internal_replication>
    <replica><host>127.0.0.1</host><port>{_PORT}</port></replica>
  </shard></{CLUSTER}></remote_servers>
</clickhouse>
"""


_GRANT = re.compile(r"^(GRANT .+ ON )(\S+)( TO (\w+))$", re.MULTILINE)


def _roles() -> str:
    """The roles that `sillage access sql` prints for a cluster, as configuration has them."""
    granted: dict[str, list[str]] = {}
    for statement in rights.roles(LAYOUT):
        if found := _GRANT.search(statement.replace(f" {LAYOUT.on_cluster}", "")):
            table = found[2] if "." in found[2] or found[2] == "REMOTE" else f"{DATABASE}.{found[2]}"
            granted.setdefault(found[4], []).append(f"<query>{found[1]}{table}</query>")
    return "".join(
        f"<{role}><grants>{''.join(queries)}</grants></{role}>" for role, queries in granted.items()
    )


def main() -> None:
    """Open what the embedded engine closes, then run it."""
    config._CONFIG = config._CONFIG.replace("</clickhouse>\n", _CLUSTER)
    config._USERS = config._USERS.replace(
        "<query>GRANT READ, WRITE ON DISK</query>",
        "<query>GRANT READ, WRITE ON DISK</query><query>GRANT READ, WRITE ON REMOTE</query>",
    )
    roles = _roles()
    names = re.findall(r"<(sillage_\w+)><grants>", roles)
    config._USERS = config._USERS.replace("  <roles>\n", f"  <roles>{roles}\n").replace(
        "<query>GRANT reader</query>",
        "<query>GRANT reader</query>" + "".join(f"<query>GRANT {name}</query>" for name in names),
    )
    from local.clickhouse import refusals

    refusals._REFUSED = {
        re.compile(pattern.pattern.replace("Null|", "Null|Distributed|")): reason
        for pattern, reason in refusals._REFUSED.items()
    }
    server.main()


if __name__ == "__main__":
    main()
