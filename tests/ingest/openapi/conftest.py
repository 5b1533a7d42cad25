from collections.abc import Iterator

import pytest
import requests

from tests.ingest.openapi.asking import compressing


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with compressing() as session:
        yield session
