"""A port where nobody answers."""

import pytest

from tests.conftest import free_port_base


@pytest.fixture
def unused_port() -> int:
    return free_port_base()
