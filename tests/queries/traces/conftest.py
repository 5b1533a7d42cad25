"""A database for the tests of a module, and a tenant for each test."""

import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from tests.conftest import Stack
from tests.queries.databases import own_database


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


@pytest.fixture
def tenant() -> str:
    return f"t{uuid.uuid4().hex}"
