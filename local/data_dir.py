"""The directory that holds everything one stack keeps, owned by one supervisor at a time."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.errors import CannotStart

FREE_BYTES_NEEDED = 1 << 30


@dataclass(frozen=True)
class DataDir:
    """Where each thing is kept, below one root."""

    root: Path

    @property
    def kafka(self) -> Path:
        """Kafka's configuration and topics."""
        return self.root / "kafka"

    @property
    def clickhouse(self) -> Path:
        """ClickHouse's tables."""
        return self.root / "clickhouse"

    @property
    def spool(self) -> Path:
        """What the collector has taken while Kafka was away."""
        return self.root / "spool"

    @property
    def state(self) -> Path:
        """What must outlive the stack and is no telemetry: keys, operators, what was done for whom."""
        return self.root / "state"

    @property
    def operator_token(self) -> Path:
        """The token of whoever started the stack first."""
        return self.state / "operator_token"

    @property
    def backups(self) -> Path:
        """ClickHouse's disk for backups."""
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What only a running stack needs: sockets, metrics, process ids."""
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        """Where the parts share their metrics."""
        return self.run / "metrics"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the directories and own them until the block ends; the lock ends with the process in any case.

        Raises CannotStart when another process owns them or they cannot be made.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.root / "lock").open("a+")
            for directory in (self.kafka, self.clickhouse, self.logs, self.run):
                directory.mkdir(exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"The data directory {self.root} cannot be used: {error.strerror}. "
                f"Choose another: --data-dir."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CannotStart(
                    f"A stack already runs on {self.root} (process {lock.read().strip()}). Stop that one "
                    f"with Ctrl-C, or start this one elsewhere: --data-dir and --port-base."
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def clear_metrics(self) -> None:
        """Forget the metrics of an earlier run."""
        shutil.rmtree(self.metrics, ignore_errors=True)
        self.metrics.mkdir()

    def refuse_full_disk(self, free_bytes: int) -> None:
        """Raise CannotStart when the disk has too little left for Kafka and ClickHouse to run safely."""
        if free_bytes < FREE_BYTES_NEEDED:
            raise CannotStart(
                f"Only {free_bytes / (1 << 20):,.0f} MiB are free on the disk of {self.root}; the stack "
                f"needs {FREE_BYTES_NEEDED >> 20:,} MiB. Free some space, or choose another disk: --data-dir."
            )

    def free_bytes(self) -> int:
        """What is left on the directory's disk."""
        return shutil.disk_usage(self.root).free
