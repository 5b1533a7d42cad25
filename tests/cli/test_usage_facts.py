"""Below an answer stands what it may lack, and an answer does without it."""

import re
from collections.abc import Iterator

import pytest

from queries.quality import Quality, Sources, quality
from runtime.kafka import Admin
from runtime.settings import KafkaSettings, load
from schemas import topics
from tests.cli.terminals import Terminal
from tests.conftest import Stack
from tests.queries.databases import own_database

NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    with own_database(stack) as (name, client):
        yield Terminal(stack, name, client, ("usage",))


@pytest.mark.parametrize("form", ["table", "json"])
def test_below_an_answer_stands_what_waits_and_what_is_dead(terminal: Terminal, form: str) -> None:
    done = terminal.run("--tenant", "demo", "--format", form)
    assert done.exit_code == 0
    assert re.search(
        r"^Not in it: [\d,]+ records wait to be stored,.* [\d,]+ dead letters\.$", done.stderr, re.M
    )
    assert "Not in it" not in done.stdout


def test_an_answer_comes_without_kafka_and_says_nothing_of_it(terminal: Terminal) -> None:
    known = terminal.run("--tenant", "demo")
    done = terminal.run("--tenant", "demo", SILLAGE_KAFKA_BOOTSTRAP_SERVERS=NOWHERE)
    assert (done.exit_code, done.stdout) == (0, known.stdout)
    assert "wait to be stored" not in done.stderr
    assert "dead letters" not in done.stderr


def test_what_does_not_answer_is_not_known(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.positions.TIMEOUT", 0.2)
    admin = Admin(
        load(KafkaSettings, stack.environ | {"SILLAGE_KAFKA_BOOTSTRAP_SERVERS": NOWHERE}), quiet=True
    )
    sources = Sources(
        admin=admin, usage=topics.USAGE.name, group="nobody", dead=topics.DEAD.name,
        metrics_url=f"http://{NOWHERE}/metrics",
    )  # fmt: skip
    assert quality(sources, "demo") == Quality(None, None, None)
