"""Kafka behind TLS and a password, ClickHouse behind TLS: every client gets in, or says why not."""

import contextlib
import json
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.ports import HOST
from runtime.clickhouse import connect
from runtime.kafka import Admin, KafkaRefused
from runtime.settings import KafkaSettings, QuerySettings, load
from tests.client import awaited, event, stored
from tests.conftest import Stack, free_port_base
from tests.secure_kafka import SecureKafka, running_secure_kafka
from tests.tls import Authority

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # the first run may have to fetch the jars


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with running_secure_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def environ(stack: Stack, kafka: SecureKafka, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of processes that find both servers, and a database of the test's own."""
    (tmp_path / "password").write_text(stack.clickhouse_password)
    with kafka.authority.front(urlsplit(stack.clickhouse_url).port or 0) as port:
        own = {
            "SILLAGE_CLICKHOUSE_URL": f"https://localhost:{port}",
            "SILLAGE_CLICKHOUSE_CA_FILE": str(kafka.authority.file),
            "SILLAGE_CLICKHOUSE_PASSWORD": "",
            "SILLAGE_CLICKHOUSE_PASSWORD_FILE": str(tmp_path / "password"),
            "SILLAGE_CLICKHOUSE_DATABASE": f"test_{uuid.uuid4().hex}",
            "SILLAGE_COLLECTOR_PORT": str(free_port_base()),
            "SILLAGE_ACK_TIMEOUT_MS": "30000",  # a broker's first answers are slow on a busy machine
            "SILLAGE_STATE_DIR": str(tmp_path / "state"),
            "COLUMNS": "200",
        }
        found = stack.environ | kafka.environ | own
        yield found
        connect(load(QuerySettings, found), "default").command(
            f"DROP DATABASE IF EXISTS {own['SILLAGE_CLICKHOUSE_DATABASE']}"
        )


def sillage(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


@contextlib.contextmanager
def running(environ: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-m", "cli", *arguments], env=environ)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def accepts(environ: dict[str, str], sent: dict[str, object]) -> bool:
    url = f"http://{HOST}:{environ['SILLAGE_COLLECTOR_PORT']}/v1/events"
    body = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": [sent]}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return bool(answer.status == 202)
    except OSError:
        return False


def test_an_event_goes_its_way_and_every_command_finds_it(environ: dict[str, str], tmp_path: Path) -> None:
    migrated = sillage(environ, "migrate")
    assert "created topic sillage.usage" in migrated.stdout, migrated.stderr
    sent = event()
    with running(environ, "collector"), running(environ, "consumer"):
        awaited(lambda: accepts(environ, sent))
        client = connect(load(QuerySettings, environ))
        assert stored(client, "tenant", [sent["id"]]) == ["demo"]
        client.close()
        looks = [str(tmp_path / "nowhere")]
        doctor = json.loads(sillage(environ, "doctor", "--json", "--data-dir", *looks).stdout)
        verdicts = {one["check"]: one["verdict"] for one in doctor}
        assert {verdicts[name] for name in ("kafka", "topics", "clickhouse", "kafka clock")} == {"ok"}
    for command in (["reconcile"], ["dead", "list"]):
        done = sillage(environ, *command, "--data-dir", *looks)
        assert done.returncode == 0, done.stdout + done.stderr
    status = json.loads(sillage(environ, "status", "--json", "--data-dir", *looks).stdout)
    assert not [part for part in status["parts"] if part["name"] == "kafka" and part["fault"]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SILLAGE_KAFKA_SASL_PASSWORD": "wrong"}, "SILLAGE_KAFKA_SASL_PASSWORD"),
        ({"SILLAGE_KAFKA_SASL_USERNAME": "nobody"}, "SILLAGE_KAFKA_SASL_USERNAME"),
        ({"SILLAGE_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, "SILLAGE_KAFKA_SASL_MECHANISM"),
        ({"SILLAGE_KAFKA_CA_FILE": ""}, "SILLAGE_KAFKA_CA_FILE"),
        ({"SILLAGE_KAFKA_CA_FILE": "{other}"}, "SILLAGE_KAFKA_CA_FILE"),
    ],
)
def test_whoever_is_not_let_in_is_told_by_which_setting(
    kafka: SecureKafka, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    other = str(Authority(tmp_path).file)
    filled = {name: value.format(other=other) for name, value in changes.items()}
    client = Admin(load(KafkaSettings, kafka.environ | filled), quiet=True)
    with pytest.raises(KafkaRefused) as raised:
        client.list_topics(timeout=10)
    assert said in str(raised.value)
    assert "wrong" not in str(raised.value)


def test_a_command_ends_with_that_sentence(environ: dict[str, str]) -> None:
    done = sillage(environ | {"SILLAGE_KAFKA_SASL_PASSWORD": "wrong"}, "migrate")
    assert done.returncode == 1
    assert "Error: Kafka refuses the user or the password. Correct SILLAGE_KAFKA_SASL" in done.stderr
