"""A few erasures and exports at random; `python -m tests.erasures 200` does many."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from tests.conftest import Stack
from tests.erasures.run import erase_at_random
from tests.privacy.rights.people import own_client

pytestmark = pytest.mark.long

RUNS = 3


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_client(stack) as client:
        yield client


def test_erasures_at_random_leave_what_the_oracle_says(client: Client, tmp_path: Path) -> None:
    seed = secrets.token_hex(4)
    for number in range(RUNS):
        plants = number == RUNS - 1
        erase_at_random(client, tmp_path / f"{number}", f"{seed}-{number}", plants)
