"""The ports of one stack: eight in a row from a base, so that several stacks run side by side."""

import contextlib
import errno
import socket
from dataclasses import dataclass

from local.errors import CannotStart

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Which part listens where, counted from the base."""

    base: int

    @property
    def collector(self) -> int:
        """Events come in here."""
        return self.base

    @property
    def clickhouse(self) -> int:
        """ClickHouse's HTTP interface."""
        return self.base + 1

    @property
    def kafka(self) -> int:
        """Kafka's clients."""
        return self.base + 2

    @property
    def demo(self) -> int:
        """The demo application."""
        return self.base + 3

    @property
    def console(self) -> int:
        """The console."""
        return self.base + 4

    @property
    def admin(self) -> int:
        """`/metrics` of all parts, served by the collector."""
        return self.base + 5

    @property
    def kafka_controller(self) -> int:
        """Kafka's KRaft controller, used by Kafka alone."""
        return self.base + 6

    @property
    def billing(self) -> int:
        """The demo's second service."""
        return self.base + 7

    def refuse_taken(self, with_demo: bool = False) -> None:
        """Raise CannotStart when another process listens on a port that a part is about to use."""
        wanted = {
            "the collector": self.collector,
            "ClickHouse": self.clickhouse,
            "Kafka": self.kafka,
            "the admin port (/metrics)": self.admin,
            "Kafka's controller": self.kafka_controller,
        } | ({"the demo": self.demo, "the demo's billing": self.billing} if with_demo else {})
        taken = [f"port {port}, which {part} needs," for part, port in wanted.items() if _is_taken(port)]
        if taken:
            raise CannotStart(
                f"Another process listens on {' and on '.join(taken)} on {HOST}. Stop it, or choose other "
                f"ports: --port-base {self.base + 100} uses {self.base + 100} to {self.base + 107}."
            )


def _is_taken(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: TIME_WAIT is no hindrance
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise CannotStart(
                f"Port {port} cannot be used: {error.strerror}. Try another --port-base."
            ) from error
        return False
