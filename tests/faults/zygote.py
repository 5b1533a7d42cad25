"""`python -m tests.faults.zygote SOCKET`: has everything imported, and forks consumers and collectors.

A start costs a tenth of a second instead of two. It is single-threaded and holds no client of Kafka or
ClickHouse: those may not be carried over a fork. Each request is one line of JSON (`Request`), each answer
`{"pid": …}` or, when a child has ended, `{"pid": …, "code": …}`.
"""

import faulthandler
import json
import os
import select
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

# Imported before any fork, so that no child has to.
import ingest.collector
from cli.process import EXPECTED
from consumers import points, service
from consumers.enrichment.agents import read_agent
from local.tether import tether
from runtime.logging import configure
from runtime.settings import CollectorSettings, ConsumerSettings, load
from tests.faults import clock, controls, switchboard
from tests.faults.cargo import CARGOES


@dataclass(frozen=True)
class Request:
    """One process to fork."""

    role: str
    """`consumer` or `collector`."""
    environ: dict[str, str]
    log: str
    """The file that its output is appended to."""
    switchboard: str
    """The socket that a consumer asks at each point."""
    cargo: str
    """What a consumer stores, by name."""
    clock_offset: float = 0.0
    control: str = ""
    """The negative control that the consumer is changed for, if any."""

    def to_line(self) -> bytes:
        """As it travels."""
        return json.dumps(asdict(self)).encode() + b"\n"


def _child(request: Request) -> None:
    log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(request.environ)
    faulthandler.register(signal.SIGUSR1)
    clock.install(request.clock_offset)
    configure(f"{request.role} {os.getpid()}", "info")
    if request.role == "collector":
        ingest.collector.run(load(CollectorSettings, os.environ))
        return
    if request.control:
        controls.weaken_consumer(request.control)
    points.hook = switchboard.stand_at(Path(request.switchboard), clock.shift)
    service.run(load(ConsumerSettings, os.environ), CARGOES[request.cargo].topic)


class Zygote:
    """Forks on request, reaps, tells."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._requests = b""
        self._tether = tether()
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_out.fileno())

    def serve(self) -> None:
        """Until the harness hangs up."""
        while True:
            ready, _, _ = select.select([self._line, self._wake_in], [], [])
            if self._wake_in in ready:
                self._wake_in.recv(4096)
                self._reap()
            if self._line in ready:
                data = self._line.recv(1 << 16)
                if not data:
                    return
                *lines, self._requests = (self._requests + data).split(b"\n")
                for line in lines:
                    self._tell(pid=self._fork(Request(**json.loads(line))))

    def _tell(self, **what: int) -> None:
        self._line.sendall(json.dumps(what).encode() + b"\n")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._tell(pid=pid, code=os.waitstatus_to_exitcode(status))

    def _fork(self, request: Request) -> int:
        pid = os.fork()
        if not pid:
            self._become(request)
        return pid

    def _become(self, request: Request) -> NoReturn:
        code = 1
        try:
            if self._tether:
                self._tether()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._line, self._wake_in, self._wake_out):
                end.close()
            _child(request)
            code = 0
        except EXPECTED as error:
            sys.stderr.write(f"{error}\n")
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)


if __name__ == "__main__":
    read_agent("")
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(sys.argv[1])
    Zygote(connected).serve()
