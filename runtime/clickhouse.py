"""The one way to ClickHouse: clickhouse-connect over HTTP."""

from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from runtime.settings import ClickHouseSettings, SettingError


def connect(settings: ClickHouseSettings, database: str | None = None) -> Client:
    """A client without a session, so that its requests may run side by side.

    Raises SettingError for a malformed URL, and clickhouse_connect's errors when the server does not answer.
    """
    url = urlsplit(settings.clickhouse_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SettingError(
            f"SILLAGE_CLICKHOUSE_URL is {settings.clickhouse_url!r}; expected http(s)://host:port."
        )
    return clickhouse_connect.get_client(
        interface=url.scheme,
        host=url.hostname,
        port=url.port or (8443 if url.scheme == "https" else 8123),
        username=settings.clickhouse_user,
        password=settings.clickhouse_password,
        database=settings.clickhouse_database if database is None else database,
        autogenerate_session_id=False,
        compress=False,
        client_name="sillage",
    )
