"""The page of metrics: where it cannot be served, the setting to correct is named."""

import socket

import pytest

from local.ports import HOST
from runtime import metrics
from runtime.settings import SettingError


def test_a_taken_admin_port_is_told_by_its_setting() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"SILLAGE_ADMIN_PORT.*{port}"):
            metrics.serve(HOST, port)


def test_an_address_that_this_machine_does_not_have_is_told_by_its_setting() -> None:
    with pytest.raises(SettingError, match=r"SILLAGE_ADMIN_HOST 192\.0\.2\.1"):
        metrics.serve("192.0.2.1", 9_464)


def test_port_0_serves_nothing() -> None:
    metrics.serve("192.0.2.1", 0)
