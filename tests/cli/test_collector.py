"""`sillage collector` as an operator runs it: several processes, TLS, settings that are wrong."""

import contextlib
import http.client
import json
import re
import signal
import ssl
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import trustme

from tests.client import awaited, event
from tests.conftest import Stack, free_port_base

_ACCEPTED = re.compile(r'^sillage_events_accepted_total\{tenant="demo"\} (\S+)$', re.MULTILINE)
_GONE = (OSError, http.client.HTTPException)
_WORKER = "spawn_main"


@dataclass
class Running:
    """A collector of the test's own, on the stack's Kafka."""

    process: "subprocess.Popen[str]"
    port: int
    admin_port: int
    tls: ssl.SSLContext | None = None

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=10, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def get(self, path: str) -> int:
        with contextlib.closing(self.connection()) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def is_serving(self) -> bool:
        assert self.process.poll() is None, "the collector has ended"
        try:
            return self.get("/readyz") == 200
        except OSError:
            return False

    def accepted(self) -> float:
        """What the page of metrics says of the tenant's events."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=10) as page:
            found = _ACCEPTED.search(page.read().decode())
        return float(found[1]) if found else 0.0

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return _WORKER in " ".join(process.cmdline())
    except psutil.Error:  # it has ended
        return False


def post(connection: http.client.HTTPConnection, events: int = 1) -> int:
    batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": [event() for _ in range(events)]}
    connection.request("POST", "/v1/events", json.dumps(batch), {"Content-Type": "text/plain"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


Start = Callable[..., Running]


@pytest.fixture
def start(stack: Stack) -> Iterator[Start]:
    """Start collectors; they are ended, and nothing of them may stay."""
    started: list[Running] = []

    def start(*arguments: str, tls: ssl.SSLContext | None = None, **settings: str) -> Running:
        port = free_port_base()
        environ = {name: value for name, value in stack.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
        own = {"SILLAGE_COLLECTOR_PORT": str(port), "SILLAGE_ADMIN_PORT": str(port + 5)}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "collector", *arguments],
            env=environ | own | settings,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(Running(process, port, port + 5, tls))
        awaited(started[-1].is_serving)
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.communicate(timeout=20)


def test_several_processes_share_the_port_and_are_counted_together(start: Start) -> None:
    running = start("--workers", "2")
    awaited(lambda: len(running.workers()) == 2)
    connections = [running.connection() for _ in range(40)]
    assert {post(connection, events=3) for connection in connections} == {202}
    took_some = [
        worker
        for worker in running.workers()
        if any(one.laddr and one.laddr[1] == running.port for one in worker.net_connections() if one.raddr)
    ]
    assert len(took_some) == 2
    awaited(lambda: running.accepted() == 120)
    for connection in connections:
        connection.close()


def test_a_process_that_is_killed_is_replaced_and_its_counts_stay(start: Start) -> None:
    running = start("--workers", "2")
    awaited(lambda: len(running.workers()) == 2)
    with contextlib.closing(running.connection()) as connection:
        assert post(connection, events=5) == 202
    killed, other = running.workers()
    killed.kill()
    awaited(lambda: len({worker.pid for worker in running.workers()} - {killed.pid, other.pid}) == 1)
    awaited(running.is_serving)
    assert running.accepted() == 5


def test_workers_do_not_outlive_a_parent_that_is_killed(start: Start) -> None:
    running = start("--workers", "2")
    awaited(lambda: len(running.workers()) == 2)
    workers = running.workers()
    running.process.kill()
    psutil.wait_procs(workers, timeout=20)
    assert not any(worker.is_running() for worker in workers)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_answers_what_was_accepted(start: Start, workers: str) -> None:
    running = start("--workers", workers)
    statuses: list[int] = []
    asked = threading.Event()

    def visit() -> None:
        with (
            contextlib.closing(running.connection()) as connection,
            contextlib.suppress(*_GONE),
        ):
            while True:
                statuses.append(post(connection))
                asked.set()

    visitor = threading.Thread(target=visit)
    visitor.start()
    assert asked.wait(20)
    accepted_before = len(statuses)
    running.process.send_signal(signal.SIGTERM)
    visitor.join(20)
    assert running.process.wait(20) in (0, -signal.SIGTERM)
    assert set(statuses) == {202}
    assert len(statuses) >= accepted_before


Authority = tuple[ssl.SSLContext, Path, Path]


def issue(authority: trustme.CA, certificate: Path, key: Path) -> None:
    issued = authority.issue_cert("localhost")
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(certificate, append=number > 0)
    issued.private_key_pem.write_to_path(key)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate for localhost, and who trusts it."""
    authority = trustme.CA()
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    issue(authority, certificate, key)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return trusting, certificate, key


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_a_certificate_it_speaks_tls(start: Start, authority: Authority, workers: str) -> None:
    trusting, certificate, key = authority
    files = {"SILLAGE_TLS_CERTIFICATE_FILE": str(certificate), "SILLAGE_TLS_KEY_FILE": str(key)}
    running = start("--workers", workers, tls=trusting, **files)
    with contextlib.closing(running.connection()) as connection:
        assert [post(connection, events=500) for _ in range(3)] == [202, 202, 202]


def shown(running: Running) -> bytes:
    """The certificate that a new connection is shown."""
    return ssl.get_server_certificate(("localhost", running.port), timeout=10).encode()


def test_a_new_certificate_is_shown_after_sighup(start: Start, authority: Authority) -> None:
    trusting, certificate, key = authority
    files = {"SILLAGE_TLS_CERTIFICATE_FILE": str(certificate), "SILLAGE_TLS_KEY_FILE": str(key)}
    running = start("--workers", "2", tls=trusting, **files)
    awaited(lambda: len(running.workers()) == 2)
    before = {worker.pid for worker in running.workers()}
    assert shown(running) in certificate.read_bytes()
    other = trustme.CA()
    issue(other, certificate, key)
    other.configure_trust(trusting)
    running.process.send_signal(signal.SIGHUP)
    awaited(lambda: len(now := {worker.pid for worker in running.workers()}) == 2 and not now & before)
    awaited(running.is_serving)
    assert shown(running) in certificate.read_bytes()


def refused(stack: Stack, **settings: str) -> str:
    environ = stack.environ | {"SILLAGE_COLLECTOR_PORT": str(free_port_base())} | settings
    command = [sys.executable, "-m", "cli", "collector"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_certificate_that_cannot_be_used_is_named(stack: Stack, tmp_path: Path) -> None:
    said = refused(stack, SILLAGE_TLS_KEY_FILE=str(tmp_path / "key.pem"))
    assert "SILLAGE_TLS_CERTIFICATE_FILE is not" in said
    said = refused(stack, SILLAGE_TLS_CERTIFICATE_FILE=str(tmp_path / "absent.pem"))
    assert "absent.pem" in said and "No such file" in said
