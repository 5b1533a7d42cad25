"""A supervisor of four stand-ins: `stand_in_stack.py DIRECTORY [NAME=BEHAVIOUR…]`."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import click

from local.errors import PartFailed
from local.part import Part
from local.probes import NotifySocket, notify_socket
from local.roster import Roster
from local.supervisor import Supervisor

STAND_IN = Path(__file__).with_name("stand_in.py")
NEEDS = {"store": (), "log": (), "door": ("store", "log"), "worker": ("store", "log")}


def part(name: str, behaviour: str, directory: Path, told: NotifySocket) -> Part:
    return Part(
        name=name,
        argv=[sys.executable, str(STAND_IN), name, str(directory / "journal"), behaviour],
        environ=os.environ | {"NOTIFY_SOCKET": str(told.path)},
        remedy=f"Feed the {name}.",
        after=NEEDS[name],
        ready=None if behaviour == "finishing" else told.until_ready,
        ready_within=2.0 if behaviour == "never-ready" else 30.0,
        stop_within=0.5 if behaviour == "stubborn" else 3.0,
        background=behaviour.endswith("in-background"),
    )


def tell_end(part: Part, code: int, last_line: str) -> None:
    click.echo(f"{part.name} ended with {code}: {last_line}")


async def supervise(directory: Path, behaviours: dict[str, str]) -> None:
    """Run the four parts; each is obedient unless said otherwise. Raises PartFailed."""
    with contextlib.ExitStack() as sockets:
        parts = [
            part(
                name,
                behaviours.get(name, "obedient"),
                directory,
                sockets.enter_context(notify_socket(directory, name)),
            )
            for name in NEEDS
        ]
        roster = Roster(directory / "pids.json")
        roster.end_leftovers()
        supervisor = Supervisor(parts, directory, roster, lambda _part: None, tell_end)
        await supervisor.run(lambda: click.echo("all is ready"))


if __name__ == "__main__":
    try:
        asyncio.run(supervise(Path(sys.argv[1]), dict(pair.split("=") for pair in sys.argv[2:])))
    except PartFailed as failure:
        sys.exit(str(failure))
