"""What `sillage up` tells its user: in one moving line on a terminal, in plain lines elsewhere."""

import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.status import Status

from local.credentials import DEMO_TENANT, DEMO_WRITE_KEY
from local.invocation import sillage
from local.part import Part
from local.ports import HOST, Ports
from runtime.settings import STACK_FILE

_DEFAULT_DATA_DIR = ".sillage"


class Narration:
    """Lines on standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True, markup=False)
        self._status: Status | None = None
        self._began = time.monotonic()
        self._tenth_told = -1
        self._awaited: list[str] = []

    def fetching(self, there: int, total: int) -> None:
        """Bytes of Kafka's jars that are here, and that there will be."""
        if self._tenth_told < 0:
            self._console.print("Fetching Apache Kafka (once; kept for every later run)")
        tenth = there * 10 // total
        if self._console.is_terminal:
            self._show(f"{there / 1e6:.0f} of {total / 1e6:.0f} MB")
        elif tenth > self._tenth_told:
            self._console.print(f"  {there / 1e6:.0f} of {total / 1e6:.0f} MB")
        self._tenth_told = tenth

    def starting(self, parts: Sequence[Part]) -> None:
        """All parts, before the first starts."""
        self._began = time.monotonic()
        self._awaited = [part.name for part in parts if not part.background]
        self._show(f"starting {', '.join(self._awaited)}")

    def part_ready(self, part: Part) -> None:
        """One part is ready."""
        self._console.print(f"  {part.name} {'is up' if part.ready else 'is done'} ({self._seconds()})")
        self._awaited.remove(part.name)
        self._show(f"starting {', '.join(self._awaited)}")

    def background_ended(self, part: Part, code: int, last_line: str) -> None:
        """A part that nobody waited for has ended; the stack runs on."""
        how = last_line if code == 0 else f"ended with exit code {code}. {last_line} {part.remedy}"
        if how:
            self._console.print(f"{part.name}: {how}")

    def ready(self, ports: Ports, data_dir: Path, new_secret_key: str | None, with_demo: bool) -> None:
        """Everything is up: where it is, and what to try."""
        self.quiet()
        self._console.print(f"ready in {self._seconds()}\n")
        if with_demo:
            self._console.print(f"  demo        http://{HOST}:{ports.demo}")
        self._console.print(f"  collector   http://{HOST}:{ports.collector}")
        self._console.print(f"  metrics     http://{HOST}:{ports.admin}/metrics")
        self._console.print(f"  data, logs  {data_dir}")
        if new_secret_key:
            self._console.print(f"  secret key  {new_secret_key} (tenant {DEMO_TENANT}; shown this once)")
        self._console.print("\nTry, in another terminal:\n")
        for command in _commands(ports, data_dir, with_demo):
            self._console.print(f"  {command}")
        self._console.print("\nCtrl-C stops everything; the data stays.")

    def stopped(self) -> None:
        """Nothing runs any more."""
        self._console.print("stopped")

    def quiet(self) -> None:
        """End the moving line."""
        if self._status:
            self._status.stop()
            self._status = None

    def _show(self, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status:
            self._status.update(text)
        else:
            self._status = self._console.status(text)
            self._status.start()

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:.1f} s"


def _commands(ports: Ports, data_dir: Path, with_demo: bool) -> list[str]:
    """Commands that a shell in this directory can run as they are."""
    usage = f"{sillage()} usage --tenant {DEMO_TENANT}"
    collector = f"http://{HOST}:{ports.collector}/v1/events"
    found = (
        []
        if data_dir == Path(_DEFAULT_DATA_DIR).resolve()
        else [f"set -a; . '{data_dir / STACK_FILE}'; set +a"]
    )
    if with_demo:
        return [*found, usage, f"{usage} --days 90 --interval week", f"{usage} --by browser,country"]
    return [
        f"curl {collector} -H 'Content-Type: application/json' -d '{_batch()}'",
        *found,
        usage,
        f"{usage} --by browser,country",
    ]


def _batch() -> str:
    """A batch of one event that happens when it is sent, since the collector corrects the client's clock."""
    now = time.time_ns() // 1_000_000
    event = {
        "id": str(uuid.uuid4()),
        "kind": "action",
        "name": "invoice.sent",
        "at": now,
        "page": "/invoices/42",
    }
    batch = {"key": DEMO_WRITE_KEY, "batch_id": str(uuid.uuid4()), "sent_at": now, "events": [event]}
    return json.dumps(batch)
