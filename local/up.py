"""One run of the stack, from the checks before anything starts to the last process's end."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.credentials import credentials
from local.data_dir import DataDir
from local.demo import parts as demo
from local.demo.service_key import service_key
from local.kafka.jars import local_jars
from local.narration import Narration
from local.ports import Ports
from local.probes import notify_sockets
from local.roster import Roster
from local.stack import NOTIFYING, part_environ, parts, settings
from local.supervisor import Supervisor
from runtime import notify
from runtime.settings import STACK_FILE, write_stack


def up(
    data_dir: Path, port_base: int, demo_rate: float | None, environ: Mapping[str, str] = os.environ
) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP.

    `demo_rate` is how many events the demo's visitors send a second by day; None leaves the demo out.
    Raises CannotStart or SettingError before anything runs, PartFailed after everything was stopped.
    """
    data, ports, narration = DataDir(data_dir.resolve()), Ports(port_base), Narration()
    try:
        with data.held():
            roster = Roster(data.run / "pids.json")
            roster.end_leftovers()
            data.refuse_full_disk(data.free_bytes())
            ports.refuse_taken(with_demo=demo_rate is not None)
            _run(data, ports, demo_rate, roster, narration, environ)
    finally:
        narration.quiet()
    narration.stopped()


def _run(
    data: DataDir,
    ports: Ports,
    demo_rate: float | None,
    roster: Roster,
    narration: Narration,
    environ: Mapping[str, str],
) -> None:
    jars: Sequence[Path] = local_jars(narration.fetching)
    known = credentials(data, ports)
    found = settings(data, ports, known, environ)
    stack_file = data.root / STACK_FILE
    stack_file.unlink(missing_ok=True)  # a killed run left it
    data.clear_metrics()

    def everything_is_ready() -> None:
        write_stack(data.root, found)
        narration.ready(ports, data.root, known.new_secret_key, with_demo=demo_rate is not None)
        notify.ready()

    with notify_sockets(data.run, NOTIFYING) as sockets:
        own_environ = part_environ(data, environ, found)
        stack = parts(data, ports, known.clickhouse_password, own_environ, jars, sockets)
        if demo_rate is not None:
            stack += demo.parts(ports, own_environ, demo_rate, service_key(data.root))
        supervisor = Supervisor(stack, data.logs, roster, narration.part_ready, narration.background_ended)
        narration.starting(stack)
        try:
            asyncio.run(supervisor.run(everything_is_ready))
        finally:
            stack_file.unlink(missing_ok=True)
