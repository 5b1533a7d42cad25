"""`sillage up` with its demo, as a newcomer runs it."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.ports import HOST, Ports
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load, with_stack
from tests.client import awaited
from tests.conftest import free_port_base, log_tails
from tests.consumers.city_databases import Known, write_flat

pytestmark = pytest.mark.timeout(300)  # the first run fetches Kafka


@dataclass
class Running:
    """A stack with its demo, and what it says."""

    data_dir: Path
    ports: Ports
    process: "subprocess.Popen[str]"
    said: list[str]

    def until(self, beginning: str) -> str:
        """The line that begins so, once it is said."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith(beginning):
                return line
        pytest.fail(f"{''.join(self.said)}\n{log_tails(self.data_dir)}")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """With a small database of places, so that nothing is fetched."""
    (tmp_path / "geo").mkdir()
    (paris, _) = write_flat(tmp_path / "geo", [Known("82.64.0.0/16", "FR", "Ile-de-France", "Paris")])
    ports = Ports(free_port_base())
    options = ["--data-dir", str(tmp_path / "data"), "--port-base", str(ports.base), "--demo-rate", "50"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "up", *options],
        env=os.environ | {"SILLAGE_GEO_DATABASES": str(paris)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield Running(tmp_path / "data", ports, process, [])
    process.terminate()
    process.communicate(timeout=15)


def test_the_demo_is_open_has_a_past_and_visitors_who_are_placed_by_their_address(running: Running) -> None:
    running.until("Ctrl-C")
    assert f"  demo        http://{HOST}:{running.ports.demo}\n" in running.said
    with urllib.request.urlopen(f"http://{HOST}:{running.ports.demo}/invoices") as answer:
        assert answer.status == 200
    assert "invented events of the last 90 days" in running.until("backfill: ")
    client = connect(load(QuerySettings, with_stack({}, running.data_dir)))
    arrived = (
        "SELECT count() FROM usage WHERE topic_id != {backfill:UUID} AND country = 'FR' AND city = 'Paris'"
    )
    marker = {"backfill": "64656d6f-0000-8000-8000-000000000000"}
    assert awaited(lambda: client.query(arrived, marker).result_rows[0][0] > 0)
