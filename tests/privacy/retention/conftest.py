"""A stack of its own: what is in it is all that a report may find. Its jobs work once, at the start."""

import os
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from privacy.retention.reading import Reach
from runtime.settings import RetentionSettings, load
from tests.conftest import Stack, free_port_base, start_stack, stop_stack


@pytest.fixture(scope="session")
def lone_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environ = dict(os.environ) | {"SILLAGE_JOBS_INTERVAL_SECONDS": "86400"}
    running = start_stack(tmp_path_factory.mktemp("lone"), free_port_base(), environ)
    yield running
    stop_stack(running)


@pytest.fixture(scope="session")
def ways(lone_stack: Stack) -> Reach:
    environ = {name: value for name, value in lone_stack.environ.items() if "JOBS_INTERVAL" not in name}
    return Reach.of(load(RetentionSettings, environ))


@pytest.fixture(scope="session")
def client(ways: Reach) -> Client:
    return ways.clickhouse()
