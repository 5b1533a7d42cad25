from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Stack
from tests.upgrade.fleet import Fleet, own_fleet


@pytest.fixture
def fleet(stack: Stack, tmp_path: Path) -> Iterator[Fleet]:
    with own_fleet(stack, tmp_path) as made:
        yield made
