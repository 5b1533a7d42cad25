"""`python -m sql.ddl`: write what makes a cluster into deploy/cluster, to be read before anything runs."""

from pathlib import Path

from runtime.cluster.layout import Layout
from runtime.cluster.render import render
from sql import rights
from sql.runner import read_migrations

DIRECTORY = Path(__file__).parents[1] / "deploy" / "cluster"
LAYOUT = Layout("sillage", "/clickhouse/tables/{shard}/{database}/{table}", "{replica}")
_HEAD = """\
-- Rendered from {source} for {layout},
-- by `python -m sql.ddl`. A test holds it equal to what `{command}` makes there, and has ClickHouse's own
-- parser read each statement. It was not run on a cluster.
"""


def files() -> dict[str, str]:
    """The text of each file, by its name."""
    migrated = [
        one for file in read_migrations() for text in file.statements() for one in render(text, LAYOUT)
    ]
    roles = rights.roles(LAYOUT)
    tenant = rights.of_tenant("acme", LAYOUT)
    return {
        "migrations.sql": _file("sql/migrations", "sillage migrate", migrated),
        "roles.sql": _file("sql/access/roles.sql", "sillage access sql", roles),
        "tenant.sql": _file("sql/access/tenant.sql", "sillage access sql --tenant acme", tenant),
    }


def _file(source: str, command: str, statements: list[str]) -> str:
    head = _HEAD.format(source=source, layout=LAYOUT, command=command)
    return head + "".join(f"\n{statement};\n" for statement in statements)


if __name__ == "__main__":
    DIRECTORY.mkdir(exist_ok=True)
    for name, text in files().items():
        (DIRECTORY / name).write_text(text)
