"""Kill -9 of any one process, then the same command again: nothing that was acknowledged is lost."""

import os
import signal
import threading
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import event, post, stored
from tests.conftest import Stack, free_port_base, start_stack, stop_stack

VICTIMS = {
    "collector": "cli collector",
    "consumer": "cli consumer",
    "kafka": "kafka.Kafka",
    "clickhouse": "local.clickhouse",
    "supervisor": "cli up",
}
ENDED_WITHIN_S = 15


class Visitor(threading.Thread):
    """Posts events until the collector is gone; keeps the ids of those it acknowledged."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self._stack = stack

    def run(self) -> None:
        try:
            while True:
                sent: list[dict[str, Any]] = [event(name="recovery") for _ in range(10)]
                status, _, _ = post(self._stack, sent)
                if status == 202:
                    self.acknowledged += [one["id"] for one in sent]
                if len(self.acknowledged) >= 500:
                    self.enough.set()
        except OSError:
            return


def processes(stack: Stack) -> list[psutil.Process]:
    supervisor = psutil.Process(stack.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


@pytest.mark.timeout(240)
def test_whichever_process_is_killed_the_next_start_has_every_acknowledged_event(tmp_path: Path) -> None:
    data_dir, port_base, environ = tmp_path / uuid.uuid4().hex, free_port_base(), dict(os.environ)
    acknowledged: list[str] = []
    for pattern in VICTIMS.values():
        stack = start_stack(data_dir, port_base, environ)
        running = processes(stack)
        (victim,) = [one for one in running if pattern in " ".join(one.cmdline())]
        visitor = Visitor(stack)
        visitor.start()
        assert visitor.enough.wait(30)
        victim.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(running, ENDED_WITHIN_S)
        assert not alive, f"after the kill of {pattern} these live on: {alive}"
        visitor.join()
        acknowledged += visitor.acknowledged
        stop_stack(stack)

    stack = start_stack(data_dir, port_base, environ)
    clickhouse = connect(load(QuerySettings, stack.environ))
    assert stored(clickhouse, "name", acknowledged) == ["recovery"] * len(acknowledged)
    assert stop_stack(stack) == 0
