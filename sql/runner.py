"""Apply the numbered migrations, once each, in order; an edited one is refused.

What was applied is recorded with a checksum in the table `migrations` of the same database.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from clickhouse_connect.driver.client import Client

from runtime.cluster.client import ClusterClient

_NAME = re.compile(r"(\d{3})_\w+\.sql")
_STATEMENT_END = re.compile(r";[ \t]*(?:\n|\Z)")

_RECORD = """
CREATE TABLE IF NOT EXISTS migrations
    (number UInt16, name String, checksum String, applied_at DateTime('UTC'))
ENGINE = MergeTree ORDER BY number COMMENT '{layout}'
"""
_LAYOUT = """
SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'
"""
_ONE_SERVER = ""
"""How the tables rest on one server, in words that the comment of the table keeps."""


class MigrationRefused(Exception):
    """The database and the files disagree; the message says which migration, and what to do."""


@dataclass(frozen=True)
class Migration:
    """One file: its number, name, and statements."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> list[str]:
        """The statements: each ends with a semicolon at the end of a line."""
        return statements(self.text)


def statements(text: str) -> list[str]:
    """The statements of a text: each ends with a semicolon at the end of a line."""
    return [part for part in map(str.strip, _STATEMENT_END.split(text)) if part]


def read_migrations() -> list[Migration]:
    """Every migration file, in order; raises MigrationRefused when the numbers are not 1, 2, 3 …"""
    files = sorted(resources.files("sql").joinpath("migrations").iterdir(), key=lambda file: file.name)
    found = [
        Migration(int(name[1]), file.name, file.read_text())
        for file in files
        if (name := _NAME.fullmatch(file.name))
    ]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationRefused(f"Migrations are not numbered 1 to {len(found)}: {[m.name for m in found]}")
    return found


def create_database(client: Client, database: str) -> None:
    """Create the database when it does not exist; the client must not be bound to it."""
    client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier} ENGINE = Atomic", {"name": database})


def pending(client: Client) -> list[Migration]:
    """The migrations that this database has not had.

    Raises MigrationRefused when one that it has had was edited since, or is unknown here, and when the tables
    were made for another cluster, or for one server.
    """
    layout = str(client.layout) if isinstance(client, ClusterClient) else _ONE_SERVER
    for (made_for,) in client.query(_LAYOUT).result_rows:
        _refuse_another_layout(made_for, layout)
    client.command(_RECORD.replace("{layout}", layout))
    applied = client.query("SELECT number, name, checksum FROM migrations ORDER BY number").result_rows
    known = {migration.number: migration for migration in read_migrations()}
    for number, name, checksum in applied:
        if number not in known:
            raise MigrationRefused(
                f"The database has had {name}, which this version lacks: install a newer one."
            )
        if known[number].checksum != checksum:
            raise MigrationRefused(
                f"{name} was edited after it was applied. Restore it, and write what changes as a new one."
            )
    done = {number for number, _, _ in applied}
    return [migration for number, migration in known.items() if number not in done]


def _refuse_another_layout(made_for: str, asked: str) -> None:
    if made_for != asked:
        raise MigrationRefused(
            f"The tables were made for {made_for or 'one server'}; SILLAGE_CLICKHOUSE_CLUSTER and its like "
            f"ask for {asked or 'one server'}. Set them as they were, or move: docs/how-to/cluster.md."
        )


def apply(client: Client, migration: Migration) -> None:
    """Run one migration's statements, then record it; killed between the two, it is run again.

    So each statement must bear being repeated: IF NOT EXISTS.
    """
    for statement in migration.statements():
        client.command(statement)
    client.command(
        "INSERT INTO migrations SELECT {number:UInt16}, {name:String}, {checksum:String}, now('UTC')",
        {"number": migration.number, "name": migration.name, "checksum": migration.checksum},
    )
