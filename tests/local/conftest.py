"""These tests are about the embedded stack, whatever engine the others run on."""

import pytest

from tests.conftest import Stack


@pytest.fixture(scope="session")
def stack(embedded_stack: Stack) -> Stack:
    """The stack of `sillage up`."""
    return embedded_stack
