from collections.abc import Iterator

import pytest

from tests.brokers import RunningBroker, running_broker


@pytest.fixture(scope="package")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running
