"""deploy/prometheus: rules ask for what there is, and each alert tells its reader what to do."""

import re
from typing import Any

import promql_parser
import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.containers import compose_services
from tests.deploy.metric_names import series
from tests.deploy.promql import mistakes

FOLDER = ROOT / "deploy" / "prometheus"
RULES = [rule for group in YAML(typ="safe").load(FOLDER / "alerts.yml")["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in RULES]
RUNBOOKS = "docs/how-to/runbooks.md"
SCRAPED = YAML(typ="safe").load(FOLDER / "prometheus.yml")
JOBS = {one["job_name"]: one["static_configs"][0]["targets"] for one in SCRAPED["scrape_configs"]}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_is_promql_about_metrics_that_there_are(rule: dict[str, Any]) -> None:
    assert mistakes(rule["expr"]) == []


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("sillage_consumer_lags > 0", "no metric sillage_consumer_lags"),
        ("rate(sillage_requests[5m])", "no metric sillage_requests"),
        ('sillage_requests_total{state="500"}', "sillage_requests_total has no label state"),
        ("sum by (topik) (sillage_consumer_lag)", "nothing has the label topik"),
        (
            "time() - (sillage_spool_records unless on (shard) sillage_spool_byte)",
            "no metric sillage_spool_byte",
        ),
    ],
)
def test_a_rule_about_something_else_is_found(expression: str, mistake: str) -> None:
    assert mistakes(expression) == [mistake]


@pytest.mark.parametrize("expression", ["sum by (topic (sillage_consumer_lag)", "rate(up)", "up >", ""])
def test_what_is_no_promql_is_found(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mistakes(expression)


def test_a_rule_says_how_urgent_it_is_and_what_it_found() -> None:
    labels = set().union(*series().values())
    for rule in RULES:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert promql_parser.parse_duration(rule.get("for", "1m"))
        told = rule["annotations"]["summary"]
        assert set(re.findall(r"\$labels\.(\w+)", told)) <= labels
        assert told.count("{{") == told.count("}}")
    assert len(set(NAMES)) == len(NAMES)


def test_each_alert_has_a_section_of_the_runbooks_and_each_section_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", (ROOT / RUNBOOKS).read_text(), re.M)
    assert sections == NAMES
    assert [rule["annotations"]["runbook"] for rule in RULES] == [
        f"{RUNBOOKS}#{name.lower()}" for name in NAMES
    ]


def test_what_runs_is_watched_where_it_shows_its_metrics() -> None:
    services = compose_services()
    watched = {target for targets in JOBS.values() for target in targets}
    shown = {
        f"{name}:{service['environment']['SILLAGE_ADMIN_PORT']}"
        for name, service in services.items()
        if service.get("environment", {}).get("SILLAGE_ADMIN_HOST") == "0.0.0.0"
    }
    assert watched == shown
    reach = set(services["prometheus"]["networks"])
    assert all(reach & set(services[target.partition(":")[0]]["networks"]) for target in watched)
    assert SCRAPED["rule_files"] == ["alerts.yml"]


def test_rules_name_the_jobs_that_are_watched() -> None:
    named = {
        job
        for rule in RULES
        for jobs in re.findall(r'job=~?"([^"]+)"', rule["expr"])
        for job in jobs.split("|")
    }
    assert named == set(JOBS)
