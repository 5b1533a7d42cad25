"""What is rendered runs, and holds what one server holds: on the real engine, as a cluster of one server."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from consumers.errors import Fenced
from consumers.fence import Fence
from consumers.stored import read_stored
from jobs.expiry import expire
from jobs.roll_up import roll_up
from privacy.retention import parts
from privacy.retention.clauses import declared_expiry, expiry
from privacy.retention.reading import Reach
from privacy.retention.tables import TABLES, measure
from privacy.rights import deletion, links, subjects
from privacy.rights.requests import Request, Right, Whose
from queries.storage import missing_tables, tables
from queries.traces.period import Period
from queries.traces.places import locate
from queries.traces.red import RedQuestion, red
from queries.traces.trace import read_trace
from runtime.clickhouse import connect
from runtime.settings import KafkaSettings, QuerySettings, load
from sql import runner
from sql.ddl import LAYOUT, files
from sql.runner import statements
from tests.cluster.conftest import OneServer, opened
from tests.consumers.landing import TOPIC_ID, OneConsumer, content, rows
from tests.local.clickhouse.http import Server

pytestmark = pytest.mark.long
TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_every_table_and_view_of_the_migrations_is_there_and_nothing_waits(client: Client) -> None:
    assert missing_tables(client) == []
    assert runner.pending(client) == []


def test_tables_made_for_a_cluster_are_refused_under_another_name(client: Client) -> None:
    client.layout = type(LAYOUT)("other", LAYOUT.path, LAYOUT.replica)  # type: ignore[attr-defined]
    with pytest.raises(runner.MigrationRefused, match=r"made for cluster sillage.*ask for cluster other"):
        runner.pending(client)


def test_tables_made_for_one_server_are_refused_for_a_cluster_and_the_other_way_round(
    one_server: Server,
) -> None:
    environ = {"SILLAGE_CLICKHOUSE_URL": one_server.url, "SILLAGE_CLICKHOUSE_PASSWORD": one_server.password}
    one = load(QuerySettings, environ | {"SILLAGE_CLICKHOUSE_DATABASE": "made_for_one"})
    runner.create_database(connect(one, "default"), "made_for_one")
    assert runner.pending(connect(one))
    with pytest.raises(runner.MigrationRefused, match="made for one server;"):
        runner.pending(opened(one_server, "made_for_one"))
    with pytest.raises(runner.MigrationRefused, match=r"made for cluster sillage.*ask for one server"):
        runner.pending(connect(load(QuerySettings, environ)))


def test_whoever_connects_to_a_cluster_has_its_consistency(one_server: Server) -> None:
    environ = {
        "URL": one_server.url,
        "PASSWORD": one_server.password,
        "CLUSTER": "sillage",
        "INSERT_QUORUM": "2",
    }
    settings = load(QuerySettings, {f"SILLAGE_CLICKHOUSE_{name}": value for name, value in environ.items()})
    sql = "SELECT toString(getSetting('insert_quorum')), getSetting('select_sequential_consistency')"
    assert connect(settings).query(sql).result_rows == [("2", True)]


def test_a_batch_lands_through_the_distributed_table_and_is_seen_by_every_view(client: Client) -> None:
    consumer = OneConsumer(client)
    consumer.store([consumer.pending(offset, content()) for offset in (1, 2)])
    assert rows(client) == {(0, 1): 3, (0, 2): 3}
    assert client.query("SELECT count() FROM usage_events_local").result_rows == [(6,)]
    assert client.query("SELECT sum(events) FROM usage_by_day").result_rows == [(6,)]
    found = read_stored(client, "usage_events", TOPIC_ID, {0: 0})[0]
    assert [offset in found for offset in (0, 1, 2, 3)] == [False, True, True, False]


def test_the_fence_holds_through_the_distributed_table(client: Client) -> None:
    frozen, successor = OneConsumer(client), OneConsumer(client)
    late = [frozen.pending(2, content())]
    frozen.claims.ensure({0: 1}, 1)
    successor.store([successor.pending(1, content())])
    with pytest.raises(Fenced):
        frozen.store(late)
    assert rows(client) == {(0, 1): 3}


def test_a_batch_that_its_client_sends_again_is_stored_once(client: Client) -> None:
    consumer, batch = OneConsumer(client), content()
    consumer.store([consumer.pending(1, batch)])
    consumer.store([consumer.pending(2, batch, partition=1)])
    assert rows(client) == {(0, 1): 3}


def test_draining_sees_the_inserts_of_every_server(client: Client) -> None:
    assert Fence(client, "usage_batches", TOPIC_ID).claim([0, 1], 1).keys() == {0, 1}


def test_what_is_hidden_or_suppressed_is_so_on_each_server(client: Client) -> None:
    consumer = OneConsumer(client)
    consumer.store([consumer.pending(1, content())])
    client.command("INSERT INTO hidden (tenant, subject) VALUES ('demo', '')")
    assert client.query("SELECT count() FROM usage").result_rows == [(0,)]
    client.command(
        "INSERT INTO suppressions (tenant, subject, until, keep_until)"
        " VALUES ('demo', '', '2299-01-01', '2100-01-01')"
    )
    consumer.store([consumer.pending(2, content())])
    assert rows(client) == {(0, 1): 3}


def test_a_trace_is_found_and_read_and_counted_and_not_while_it_is_hidden(client: Client) -> None:
    client.command(
        "INSERT INTO trace_spans"
        " (received_at, tenant, retention_days, service, kind, started_at, trace_id, span_id, user_id)"
        f" SELECT now64(3), 'demo', 90, 'shop', 'server', now64(9), unhex('{TRACE}'), toString(number), 'ada'"
        " FROM numbers(10, 3)"
    )
    question = RedQuestion("demo", Period.last(86_400 * 10**9))
    (place,) = locate(client, [TRACE])
    assert (place.tenant, place.rows, read_trace(client, place).total) == ("demo", 3, 3)
    assert [row.now.spans for row in red(client, question)] == [3]
    client.command("INSERT INTO hidden (tenant, subject) VALUES ('demo', 'ada')")
    assert (locate(client, [TRACE]), red(client, question)) == ([], [])


def test_closed_days_are_rolled_up_and_passed_ones_dropped(client: Client) -> None:
    today = datetime.now(UTC).date()
    client.command(
        "INSERT INTO usage_events (received_at, tenant, retention_days)"
        " SELECT now64(3, 'UTC') - INTERVAL 8 DAY, 'demo', 30"
    )
    assert [stale.rows for stale in roll_up(client, today)] == [1]
    assert list(roll_up(client, today)) == []
    assert client.query("SELECT sum(events) FROM usage_actions").result_rows == [(1,)]
    dropped = {piece.store for piece in expire(client, today + timedelta(30))}
    assert {"table usage_events", "table rolled_sessions"} <= dropped
    assert rows(client) == {}


def test_a_table_tells_of_its_expiry_and_of_its_size_by_its_own_name(client: Client) -> None:
    assert expiry(client, "usage_events") == declared_expiry("usage_events")
    assert [table.name for table in tables(client)] == ["trace_spans", "usage_events"]


def test_every_rendered_statement_is_parsed_by_the_engine_and_a_broken_one_is_not(client: Client) -> None:
    for text in files().values():
        for statement in statements(text):
            client.raw_query(f"EXPLAIN AST {statement}")
    with pytest.raises(DatabaseError, match="Syntax error"):
        client.raw_query("EXPLAIN AST CREATE TABLE a ON CLUSTR 'sillage' (b Int8) ENGINE = Null")


def test_replicated_tables_are_accepted_and_have_their_own_places_in_keeper(client: Client) -> None:
    client.raw_query("CREATE DATABASE IF NOT EXISTS replicated ENGINE = Atomic")
    for statement in statements(files()["migrations.sql"]):
        if "ENGINE = Replicated" in statement:
            made = statement.replace(f" {LAYOUT.on_cluster}", "").replace(
                "NOT EXISTS ", "NOT EXISTS replicated."
            )
            client.raw_query(made)
    asked = "SELECT table, zookeeper_path, replica_name FROM system.replicas WHERE database = 'replicated'"
    answer = client.raw_query(asked, fmt="TSV").decode().splitlines()
    found = {table: (path, replica) for table, path, replica in (line.split("\t") for line in answer)}
    assert found["usage_events_local"] == ("/clickhouse/tables/1/replicated/usage_events_local", "one")
    assert found["fence"] == ("/clickhouse/tables/everywhere/replicated/fence", "1-one")
    assert len(found) == len({path for path, _ in found.values()}) == 14


def test_a_person_is_erased_on_the_cluster_and_the_lists_are_made_equal_first(client: Client) -> None:
    consumer = OneConsumer(client)
    consumer.store(
        [consumer.pending(1, content(user_id="a" * 32)), consumer.pending(2, content(user_id="b" * 32))]
    )
    asked = Request("r1", Right.ERASURE, Whose("demo", ("a" * 32,)), "me", "now", datetime.now(UTC).date())
    subjects.hide(client, [asked])
    found = links.find(client, [asked])
    deletion.drain(client)
    with mock.patch.object(OneServer, "_run", autospec=True, side_effect=OneServer._run) as run:
        deletion.delete(client, [asked], found, [datetime.now(UTC).date()])
    sent = [call.args[1].split(" STRICT")[0] for call in run.call_args_list]
    assert sent[0] == "SYSTEM SYNC REPLICA ON CLUSTER 'sillage' hidden"
    assert sum(one.rows for one in links.held(client, [asked])) == 0
    assert rows(client) == {(0, 2): 3}


def test_every_table_is_measured_for_the_report_of_retention(client: Client) -> None:
    consumer, now = OneConsumer(client), datetime.now(UTC)
    consumer.store([consumer.pending(1, content())])
    reach = Reach(lambda: client, KafkaSettings(), ())
    found = {table.name: measure(table, reach, now) for table in TABLES}
    assert [reading.problem for reading in found.values()] == [""] * len(TABLES)
    assert found["usage_events"].records == 3
    assert (found["usage_events"].bytes or 0) > 0
    assert [read(reach, now).problem for read in (parts.projections, parts.detached, parts.replaced)] == [
        ""
    ] * 3
