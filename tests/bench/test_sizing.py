"""The arithmetic of sizing: what grows with what, and by how much."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sizing.costs import costs
from bench.sizing.figures import measured_here, recorded
from bench.sizing.load import Load, MalformedLoad, Prices
from bench.sizing.plan import Line, plan

FIGURES = recorded()
RATES = st.floats(1, 1e7)
FACTORS = st.floats(1, 50)


def by_name(load: Load) -> dict[str, Line]:
    return {line.what: line for line in plan(load, FIGURES)}


@given(RATES, FACTORS)
def test_every_need_is_in_proportion_to_the_events_until_it_is_rounded(rate: float, times: float) -> None:
    one, more = by_name(Load(events_per_second=rate)), by_name(Load(events_per_second=rate * times))
    for name in one.keys() - {"ClickHouse: servers", "Kafka: partitions of a topic"}:
        assert more[name].exact == pytest.approx(times * one[name].exact)


@given(RATES, FACTORS)
def test_no_need_shrinks_with_more_events(rate: float, times: float) -> None:
    one, more = by_name(Load(events_per_second=rate)), by_name(Load(events_per_second=rate * times))
    assert all(more[name].amount >= one[name].amount for name in one)


@given(RATES)
def test_what_is_whole_is_never_less_than_what_is_needed(rate: float) -> None:
    assert all(line.amount >= line.exact for line in plan(Load(events_per_second=rate), FIGURES))


@pytest.mark.parametrize(
    ("changed", "grows"),
    [
        ({"retention_days": 30}, {"ClickHouse: disks, all copies", "ClickHouse: shards"}),
        ({"kafka_days": 3.5}, {"Kafka: disks"}),
        ({"events_a_batch": 40}, {"requests", "collector: cores"}),
        ({"copies_in_kafka": 1}, {"network into Kafka, copies included", "Kafka: brokers", "Kafka: disks"}),
    ],
)
def test_an_input_changes_what_it_is_of_and_nothing_else(changed: dict[str, float], grows: set[str]) -> None:
    before, after = by_name(Load()), by_name(replace(Load(), **changed))
    fewer = {name for name in before if after[name].exact < before[name].exact}
    assert fewer == grows | ({"ClickHouse: servers"} if "ClickHouse: shards" in grows else set())
    assert all(after[name].exact <= before[name].exact for name in before)


def test_a_replica_is_on_a_server_of_its_own() -> None:
    found = by_name(Load(copies_in_clickhouse=3))
    assert found["ClickHouse: servers"].amount == 3 * found["ClickHouse: shards"].amount
    assert by_name(Load(events_per_second=1))["Kafka: brokers"].amount == Load().copies_in_kafka


@pytest.mark.parametrize("name", [one.name for one in fields(Load)])
def test_an_input_that_cannot_be_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(MalformedLoad, match=f"--{name.replace('_', '-')} is 0"):
        replace(Load(), **{name: 0})


@pytest.mark.parametrize("name", ["busy", "full", "average_to_peak"])
def test_a_share_is_one_at_most(name: str) -> None:
    with pytest.raises(MalformedLoad, match="at most 1"):
        replace(Load(), **{name: 1.1})


def test_what_is_paid_adds_up() -> None:
    load = Load()
    *paid, whole = costs(plan(load, FIGURES), load, Prices(2, 3, 5, 7))
    assert whole.amount == pytest.approx(sum(line.amount for line in paid))
    doubled = costs(plan(load, FIGURES), load, Prices(4, 6, 10, 14))[-1]
    assert doubled.amount == pytest.approx(2 * whole.amount)


def test_this_machines_figures_take_the_place_of_the_recorded_ones(tmp_path: Path) -> None:
    latest = tmp_path / "latest.json"
    latest.write_text(json.dumps([{"name": FIGURES.consumer_us.row, "value": 7.0}]))
    here = measured_here(latest)
    assert (here.consumer_us.value, here.consumer_us.measured) == (7.0, "latest.json")
    assert here.merge_us == FIGURES.merge_us
    assert measured_here(tmp_path / "none.json") == FIGURES


def test_every_row_that_is_looked_for_is_one_that_the_bench_prints() -> None:
    sources = "\n".join(file.read_text() for file in Path(__file__).parents[2].glob("bench/*.py"))
    rows = [figure.row for figure in vars(FIGURES).values() if figure.row]
    assert len(rows) == 4
    assert all(f'"{row}"' in sources for row in rows)


def test_the_command_refuses_in_a_sentence() -> None:
    command = [sys.executable, "-m", "bench.sizing", "--busy", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--busy is 2; expected more than 0 and at most 1" in done.stderr
