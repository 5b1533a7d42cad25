"""deploy/grafana: every query of every dashboard runs, on ClickHouse's engine or by Prometheus's grammar."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from ruamel.yaml import YAML

from tests.conftest import Stack
from tests.containers import compose_services
from tests.deploy.grafana import BOARDS, FOLDER, TENANTS, expanded, targets
from tests.deploy.promql import mistakes
from tests.queries.databases import own_database

CLICKHOUSE, PROMETHEUS = targets("clickhouse"), targets("prometheus")
PROVISIONED = FOLDER / "provisioning"
SOURCES = YAML(typ="safe").load(PROVISIONED / "datasources" / "sillage.yaml")["datasources"]
(ALERTS,) = YAML(typ="safe").load(PROVISIONED / "alerting" / "retention.yaml")["groups"]
(ALERT,) = ALERTS["rules"]
CHECK = """
    INSERT INTO retention_checks (checked_at, ok, faults) VALUES (now64(3) - INTERVAL {} MINUTE, {}, ['old'])
"""


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Client]:
    """Events, spans, a drop and a bad check, so that each query has something to show."""
    with own_database(stack) as (_, client):
        for number, tenant in enumerate(TENANTS):
            client.command(
                "INSERT INTO usage_events"
                " (received_at, occurred_at, tenant, retention_days, kind, name, page, country, user_id,"
                " session_id) SELECT now64(3), now64(3), {tenant:String}, 90, 'page', 'view', '/a', 'FR',"
                " leftPad(toString(number + 1), 32, '0'), toString(number) FROM numbers({events:UInt32})",
                {"tenant": tenant, "events": number + 1},
            )
            client.command(
                "INSERT INTO trace_spans (received_at, started_at, tenant, retention_days)"
                " VALUES (now64(3), now64(3), {tenant:String}, 90)",
                {"tenant": tenant},
            )
        client.command(
            "INSERT INTO retention_drops (store, piece, records, bytes) VALUES ('logs', 'a', 1, 1)"
        )
        client.command(CHECK.format(0, "false"))
        yield client


@pytest.mark.parametrize("target", [target for _, target in CLICKHOUSE], ids=[name for name, _ in CLICKHOUSE])
def test_a_query_to_clickhouse_answers_one_who_may_only_read(
    database: Client, target: dict[str, Any]
) -> None:
    answer = database.query(expanded(target["rawSql"]), settings={"readonly": 2})
    assert answer.result_rows
    if target["queryType"] == "timeseries":
        assert answer.column_names[0] == "time"
        assert all(isinstance(row[0], datetime) for row in answer.result_rows)


def test_the_variable_lists_the_tenants(database: Client) -> None:
    (variable,) = BOARDS["usage"]["templating"]["list"]
    assert [row[0] for row in database.query(variable["query"]).result_rows] == sorted(TENANTS)


def test_usage_is_told_tenant_by_tenant(database: Client) -> None:
    (by_tenant,) = [target["rawSql"] for name, target in CLICKHOUSE if name == "usage: Tenants"]
    rows = database.query(expanded(by_tenant)).result_rows
    assert [row[:4] for row in rows] == [("globex", 2, 2, 2), ("acme", 1, 1, 1)]


def test_a_query_of_something_else_is_found(database: Client) -> None:
    with pytest.raises(DatabaseError):
        database.query(expanded("SELECT no_such_column FROM usage WHERE $__timeFilter(received_at)"))
    with pytest.raises(AssertionError):
        expanded("SELECT 1 WHERE $__timeFilters(received_at)")


@pytest.mark.parametrize("target", [target for _, target in PROMETHEUS], ids=[name for name, _ in PROMETHEUS])
def test_a_query_to_prometheus_is_promql_about_metrics_that_there_are(target: dict[str, Any]) -> None:
    assert mistakes(target["expr"].replace("$__rate_interval", "5m")) == []


@pytest.mark.parametrize(
    ("checks", "unproven"),
    [
        ([], 1),
        ([(0, "true")], 0),
        ([(0, "false")], 1),
        ([(5, "false"), (0, "true")], 0),
        ([(200, "true")], 1),
    ],
)
def test_grafanas_alert_tells_whether_retention_is_proven(
    stack: Stack, checks: list[tuple[int, str]], unproven: int
) -> None:
    with own_database(stack) as (_, client):
        for minutes_ago, ok in checks:
            client.command(CHECK.format(minutes_ago, ok))
        asked, judged = ALERT["data"]
        assert client.query(asked["model"]["rawSql"]).result_rows == [(unproven,)]
        assert judged["model"]["conditions"][0]["evaluator"] == {"type": "gt", "params": [0]}
        assert (judged["model"]["expression"], ALERT["condition"]) == (asked["refId"], judged["refId"])


def test_the_alert_is_of_the_panel_that_shows_the_same() -> None:
    (board,) = [board for board in BOARDS.values() if board["uid"] == ALERT["dashboardUid"]]
    (panel,) = [panel for panel in board["panels"] if panel["id"] == ALERT["panelId"]]
    assert panel["targets"][0]["rawSql"].split() == ALERT["data"][0]["model"]["rawSql"].split()


def test_there_are_three_dashboards_whose_ids_are_their_own() -> None:
    assert set(BOARDS) == {"usage", "pipeline", "retention"}
    assert len({board["uid"] for board in BOARDS.values()}) == 3
    for board in BOARDS.values():
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        assert all(panel["description"] for panel in board["panels"])


def test_panels_do_not_lie_on_one_another() -> None:
    for board in BOARDS.values():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < 24
            taken |= cells


def test_the_data_sources_are_services_that_grafana_reaches() -> None:
    asked = {panel["datasource"]["uid"] for board in BOARDS.values() for panel in board["panels"]}
    assert {source["uid"] for source in SOURCES} == asked
    services = compose_services()
    for name in asked:
        assert set(services[name]["networks"]) & set(services["grafana"]["networks"])
    clickhouse, prometheus = SOURCES
    assert (clickhouse["jsonData"]["host"], prometheus["url"]) == ("clickhouse", "http://prometheus:9090")
    secret = clickhouse["secureJsonData"]["password"]
    assert secret == "$__file{/run/secrets/grafana_clickhouse_password}"
    assert "grafana_clickhouse_password" in services["grafana"]["secrets"]


def test_the_plugin_of_the_data_source_is_pinned() -> None:
    plugin = compose_services()["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    name, _, version = plugin.partition("@")
    assert name == SOURCES[0]["type"]
    assert version.count(".") == 2
