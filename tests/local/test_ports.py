"""Ports are looked at before anything starts."""

import socket

import pytest

from local.errors import CannotStart
from local.ports import HOST, Ports
from tests.conftest import free_port_base


@pytest.mark.parametrize(
    ("offset", "part"),
    [(0, "the collector"), (1, "ClickHouse"), (2, "Kafka"), (5, "metrics"), (6, "controller")],
)
def test_a_taken_port_is_named_with_what_wanted_it_and_the_remedy(offset: int, part: str) -> None:
    base = free_port_base()
    with socket.create_server((HOST, base + offset)), pytest.raises(CannotStart) as refused:
        Ports(base).refuse_taken()
    for named in (f"port {base + offset}", part, "--port-base"):
        assert named in str(refused.value)


def test_free_ports_are_fine_and_stay_free() -> None:
    ports = Ports(free_port_base())
    ports.refuse_taken()
    ports.refuse_taken()


def test_the_remains_of_closed_connections_are_no_hindrance() -> None:
    base = free_port_base()
    with socket.create_server((HOST, base)) as server, socket.create_connection((HOST, base)) as client:
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps the address in TIME_WAIT
        assert client.recv(1) == b""
    Ports(base).refuse_taken()
