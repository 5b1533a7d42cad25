"""What each statement becomes on a cluster, and which are refused."""

import re
import subprocess
import sys

import pytest

from runtime.clickhouse import layout_of
from runtime.cluster.layout import EVERYWHERE, LANDING_VIEWS, PLAIN_VIEWS, SPREAD, Layout
from runtime.cluster.render import render
from runtime.cluster.words import ClusterRefused, read, write
from runtime.settings import QuerySettings, SettingError, load
from sql.ddl import DIRECTORY, LAYOUT, files
from sql.runner import Migration, read_migrations, statements

CREATED = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MATERIALIZED VIEW) (?:IF NOT EXISTS )?(\w+)", re.M
)


def test_every_table_and_view_of_the_migrations_has_one_place_and_nothing_else_has() -> None:
    places = [*SPREAD, *EVERYWHERE, *LANDING_VIEWS, *PLAIN_VIEWS]
    created = {name for migration in read_migrations() for name in CREATED.findall(migration.text)}
    assert sorted(places) == sorted(created | {"migrations"})


@pytest.mark.parametrize("migration", read_migrations(), ids=lambda one: one.name)
def test_a_statement_is_the_same_after_it_was_cut_into_words(migration: Migration) -> None:
    for statement in migration.statements():
        assert write(read(statement)) == statement


@pytest.mark.parametrize("name", files())
def test_the_rendered_files_are_what_the_sources_become(name: str) -> None:
    assert (DIRECTORY / name).read_text() == files()[name], (
        "run `python -m sql.ddl`, and read what it changes"
    )


def test_whatever_defines_or_changes_does_so_on_every_server() -> None:
    for text in files().values():
        for statement in statements(text):
            assert "ON CLUSTER 'sillage'" in statement or re.search(
                r"^ALTER TABLE (hidden|rolled_days)\b", statement, re.M
            ), statement


def test_a_landing_view_reads_and_writes_what_is_its_server_s_own() -> None:
    text = (
        "CREATE MATERIALIZED VIEW usage_unpack TO usage_events AS SELECT 'usage_batches' FROM usage_batches"
    )
    (rendered,) = render(text, LAYOUT)
    assert "TO usage_events_local AS SELECT 'usage_batches' FROM usage_batches_local" in rendered


def test_a_column_that_comes_late_in_a_change_renews_the_distributed_table_too() -> None:
    text = "ALTER TABLE usage_events MODIFY SETTING a = 1, b = 2, ADD COLUMN x String"
    assert [one.split(" ON CLUSTER")[0] for one in render(text, LAYOUT)] == [
        "ALTER TABLE usage_events_local",
        "CREATE OR REPLACE TABLE usage_events",
    ]


def test_a_table_is_dropped_over_all_servers_and_then_on_each() -> None:
    over_all, own = render("DROP TABLE IF EXISTS rolled_pages SYNC", LAYOUT)
    assert over_all == "DROP TABLE IF EXISTS rolled_pages ON CLUSTER 'sillage' SYNC"
    assert own == "DROP TABLE IF EXISTS rolled_pages_local ON CLUSTER 'sillage' SYNC"
    with pytest.raises(ClusterRefused, match="how to drop fence"):
        render("DROP TABLE fence", LAYOUT)


def test_a_table_that_a_parameter_names_is_found() -> None:
    (rendered,) = render("ALTER TABLE {t:Identifier} DELETE WHERE 1", LAYOUT, {"t": "rolled_pages"})
    assert rendered.startswith("ALTER TABLE rolled_pages_local ON CLUSTER 'sillage' DELETE")
    (rendered,) = render("ALTER TABLE {t:Identifier} DELETE WHERE 1", LAYOUT, {"t": "hidden"})
    assert rendered == "ALTER TABLE hidden DELETE WHERE 1"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("OPTIMIZE TABLE usage_events", "no statement that is known"),
        ("TRUNCATE TABLE fence", "no statement that is known"),
        ("BACKUP TABLE usage_events TO Disk('a', 'b')", "ClickHouse's own BACKUP"),
        ("CREATE TABLE other (a Int8) ENGINE = MergeTree ORDER BY a", "not said where the table other rests"),
        ("CREATE TABLE fence (a Int8) ENGINE = ReplacingMergeTree ORDER BY a", "engine ReplacingMergeTree"),
        ("CREATE TABLE fence (a Int8) ENGINE = MergeTree() ORDER BY a", "has arguments"),
        ("CREATE VIEW other AS SELECT 1", "not said where the view other rests"),
        ("CREATE MATERIALIZED VIEW other TO fence AS SELECT 1", "no landing view"),
        ("ALTER TABLE other ADD COLUMN a Int8", "not known on a cluster how to alter other"),
        ("ALTER TABLE usage_events FREEZE", "no change of a table that is known"),
        ("ALTER TABLE hidden FREEZE", "no change of a table that is known"),
        ("ALTER TABLE usage_events DELETE WHERE 1, FREEZE", "no change of a table that is known"),
        (
            "ALTER TABLE usage_events DELETE WHERE a IN (SELECT a FROM trace_spans)",
            "reads another spread table",
        ),
        ("CREATE VIEW usage AS SELECT 1 AS usage_events FROM usage_events", "is something else"),
        ("SELECT 1 FROM system.merges", "whom to ask for system.merges"),
        ("GRANT SELECT ON other TO someone", "a right on other"),
        ("SELECT 'open", "A quote is open"),
        ("", "empty"),
    ],
)
def test_what_is_not_known_on_a_cluster_is_refused(statement: str, said: str) -> None:
    with pytest.raises(ClusterRefused, match=re.compile(said, re.IGNORECASE)):
        render(statement, LAYOUT)


def test_a_system_table_in_a_text_or_a_comment_is_left_alone() -> None:
    text = "SELECT 'FROM system.parts' /* FROM system.parts */ FROM usage"
    assert render(text, LAYOUT) == [text]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("REPLICA_PATH", "/tables/{table}", r"expected \{shard\}"),
        ("REPLICA_PATH", "/tables/{shard}", r"expected \{table\}"),
        ("REPLICA_NAME", "one", "by which servers differ"),
        ("CLUSTER", "a'b", "quote"),
    ],
)
def test_a_cluster_s_setting_that_cannot_be_is_refused(name: str, value: str, expected: str) -> None:
    environ = {"SILLAGE_CLICKHOUSE_CLUSTER": "sillage", f"SILLAGE_CLICKHOUSE_{name}": value}
    with pytest.raises(SettingError, match=expected):
        layout_of(load(QuerySettings, environ))


def test_without_a_cluster_there_is_no_layout() -> None:
    assert layout_of(load(QuerySettings, {})) is None
    assert layout_of(load(QuerySettings, {"SILLAGE_CLICKHOUSE_CLUSTER": "c"})) == Layout(
        "c", LAYOUT.path, LAYOUT.replica
    )


def test_the_command_prints_the_roles_of_one_server_and_of_a_cluster() -> None:
    def said(*arguments: str, **environ: str) -> str:
        command = [sys.executable, "-m", "cli", "access", "sql", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout

    assert "GRANT SELECT ON usage_by_hour TO sillage_analyst;" in said()
    tenant = said("--tenant", "acme", SILLAGE_CLICKHOUSE_CLUSTER="sillage")
    kept = statements((DIRECTORY / "tenant.sql").read_text())
    assert statements(tenant)[1:] == kept[1:]
