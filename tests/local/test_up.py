"""`sillage up` as a user runs it: refusals that read well, and a stack that comes back."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.ports import HOST
from runtime.clickhouse import connect
from runtime.settings import STACK_FILE, QuerySettings, load
from tests.client import Visitor, stored
from tests.conftest import Stack, free_port_base, start_stack, stop_stack

pytestmark = pytest.mark.timeout(300)  # the first run fetches Kafka

PARTS = {
    "kafka.Kafka": "kafka",
    "local.clickhouse": "clickhouse",
    "collector": "collector",
    "consumer": "consumer",
}


def refused(data_dir: Path, port_base: int, **environ: str) -> str:
    """What `sillage up` says when it does not start."""
    command = [sys.executable, "-m", "cli", "up", "--data-dir", str(data_dir), "--port-base", str(port_base)]
    done = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


def test_a_second_stack_on_the_same_data_is_refused(stack: Stack) -> None:
    said = refused(stack.data_dir, free_port_base())
    assert f"already runs on {stack.data_dir} (process {stack.process.pid})" in said


def test_a_second_stack_on_the_same_ports_is_refused(stack: Stack, tmp_path: Path) -> None:
    assert "--port-base" in refused(tmp_path, stack.ports.base)


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    base = free_port_base()
    with socket.create_server((HOST, base + 2)):
        assert f"port {base + 2}, which Kafka needs" in refused(tmp_path, base)
    assert not list((tmp_path / "logs").iterdir())


def test_no_network_at_the_first_run_is_refused(tmp_path: Path) -> None:
    settings = f"[settings]\nrepo_cache = {tmp_path / 'm2'}\ncache_dir = {tmp_path / 'cache'}\n"
    (tmp_path / "jgo.conf").write_text(f"{settings}[repositories]\ncentral = http://127.0.0.1:1\n")
    environ = {"JGO_CONFIG_FILE": str(tmp_path / "jgo.conf"), "M2_REPO": ""}
    assert "Check the network" in refused(tmp_path / "data", free_port_base(), **environ)


def test_a_mistyped_setting_is_refused(tmp_path: Path) -> None:
    assert "Did you mean SILLAGE_LOG_LEVEL?" in refused(tmp_path, free_port_base(), SILLAGE_LOG_LEVLE="debug")


def parts_of(stack: Stack) -> dict[str, psutil.Process]:
    """The running parts, by name."""
    children = psutil.Process(stack.process.pid).children(recursive=True)
    named = {part: child for child in children for sign, part in PARTS.items() if sign in child.cmdline()}
    assert set(named) == set(PARTS.values())
    return named


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timeout(600)  # six starts
def test_whatever_is_killed_the_same_command_brings_the_stack_back_with_its_data(tmp_path: Path) -> None:
    base, environ = free_port_base(), dict(os.environ)
    running = start_stack(tmp_path, base, environ)
    ids: list[str] = []
    try:
        for victim in [*PARTS.values(), "supervisor"]:
            parts = parts_of(running)
            visitor = Visitor(running)
            visitor.start()
            assert visitor.enough.wait(30)
            kill(running, victim, parts)
            visitor.join()
            ids += visitor.acknowledged
            running = start_stack(tmp_path, base, environ)
            assert not any(map(runs, parts.values()))
            assert running.secret_key == "", "the first start's secrets are kept"
            stored(connect(load(QuerySettings, running.environ)), "name", ids)
    finally:
        stop_stack(running)


def kill(stack: Stack, victim: str, parts: dict[str, psutil.Process]) -> None:
    """Kill one process; the supervisor says so and ends, unless it is the victim."""
    (stack.process if victim == "supervisor" else parts[victim]).kill()
    said, _ = stack.process.communicate(timeout=15)
    if victim != "supervisor":
        assert stack.process.returncode == 1
        assert f"{victim} was killed by SIGKILL" in said


def test_an_ordinary_stop_leaves_no_process_and_no_trace_for_commands(tmp_path: Path) -> None:
    running = start_stack(tmp_path, free_port_base(), dict(os.environ))
    parts = parts_of(running)
    assert (tmp_path / STACK_FILE).exists()
    assert stop_stack(running) == 0
    assert not any(map(runs, parts.values()))
    assert not (tmp_path / STACK_FILE).exists()
