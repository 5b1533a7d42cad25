"""What ClickHouse must be, and what it must hold."""

import re

from clickhouse_connect.driver.exceptions import ClickHouseError

from cli.checks.finding import Finding, broken, ok, told
from cli.surroundings import Surroundings
from privacy.retention.clauses import declared_expiry, expiry
from privacy.retention.tables import DAILY
from runtime.clickhouse import ClickHouseUnreachable
from runtime.settings import SettingError
from sql import runner

OLDEST_VERSION = (26, 2)
_MIGRATE = "Run `sillage migrate`."


def answers(around: Surroundings) -> Finding:
    """ClickHouse answers, takes the password, and is new enough."""
    try:
        version = str(around.server.server_version)
    except (ClickHouseUnreachable, SettingError) as error:
        return told(error, "Correct SILLAGE_CLICKHOUSE_URL.")
    except ClickHouseError as error:
        saw = f"{around.settings.clickhouse_url} refuses: {str(error).splitlines()[0][:200]}"
        return broken(saw, "Correct SILLAGE_CLICKHOUSE_USER and SILLAGE_CLICKHOUSE_PASSWORD.")
    return judge_version(version, around.settings.clickhouse_url)


def judge_version(version: str, url: str) -> Finding:
    """Hold a version such as `26.9.2.1` against the oldest one."""
    saw = f"ClickHouse {version} at {url}"
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_VERSION:
        return broken(saw, f"Upgrade ClickHouse to {'.'.join(map(str, OLDEST_VERSION))} or newer.")
    return ok(saw)


def migrations(around: Surroundings) -> Finding:
    """Every migration is applied, and none was edited since. Looks only: the runner would make its table."""
    place = {"database": around.settings.clickhouse_database}
    recorded = "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'migrations'"
    if not around.server.query(recorded, place).result_rows[0][0]:
        return broken(f"database {place['database']} has no migration yet", _MIGRATE)
    try:
        waiting = runner.pending(around.clickhouse)
    except runner.MigrationRefused as error:
        return told(error, "Install the version of Sillage that made these tables, or a newer one.")
    if waiting:
        return broken(f"{len(waiting)} wait, {waiting[0].name} first", _MIGRATE)
    return ok(f"{len(runner.read_migrations())} applied")


def table_expiry(around: Surroundings) -> Finding:
    """The partitions and TTL of what is kept are those that expiry is promised by."""
    for table in DAILY:
        declared, found = declared_expiry(table), expiry(around.clickhouse, table)
        for clause, wanted, is_now in zip(declared._fields, declared, found, strict=True):
            if wanted != is_now:
                saw = f"{table} has {clause} = {is_now or 'nothing'}; {wanted} is declared"
                return broken(saw, _remedy(table, clause, wanted))
    return ok(f"{', '.join(DAILY)}: TTL {declared.ttl}")


def _remedy(table: str, clause: str, wanted: str) -> str:
    changes = {
        "ttl": f"ALTER TABLE {table} MODIFY TTL {wanted}",
        "ttl_only_drop_parts": f"ALTER TABLE {table} MODIFY SETTING ttl_only_drop_parts = {wanted}",
    }
    if clause in changes:
        return f"Set it back, or rows do not expire when they should: `{changes[clause]}`."
    return "Rows cannot expire as promised: copy them into a table that `sillage migrate` makes anew."
