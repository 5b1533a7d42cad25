"""A port where nobody answers."""

import socket

import pytest

from local.ports import HOST


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
