"""The one way to ClickHouse: clickhouse-connect over HTTP."""

from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError

from runtime.settings import ClickHouseSettings, SettingError


class ClickHouseUnreachable(Exception):
    """ClickHouse does not answer at all; the message says where it was looked for."""


def connect(
    settings: ClickHouseSettings, database: str | None = None, timeout_seconds: float = 300
) -> Client:
    """A client without a session, so that its requests may run side by side, and that sends nothing twice.

    Raises SettingError for a malformed URL, ClickHouseUnreachable when nothing answers there, and
    clickhouse_connect's errors for what the server answers, such as a wrong password.
    """
    url = urlsplit(settings.clickhouse_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SettingError(
            f"SILLAGE_CLICKHOUSE_URL is {settings.clickhouse_url!r}; expected http(s)://host:port."
        )
    try:
        client = clickhouse_connect.get_client(
            interface=url.scheme,
            host=url.hostname,
            port=url.port or (8443 if url.scheme == "https" else 8123),
            username=settings.clickhouse_user,
            password=settings.clickhouse_password,
            database=settings.clickhouse_database if database is None else database,
            autogenerate_session_id=False,
            compress=False,
            client_name="sillage",
            send_receive_timeout=timeout_seconds,
            query_retries=0,
        )
    except OperationalError as error:
        raise ClickHouseUnreachable(
            f"ClickHouse does not answer at {settings.clickhouse_url}. Start the stack with `sillage up`, "
            f"or set SILLAGE_CLICKHOUSE_URL to where it is."
        ) from error
    client.http_retries = 0  # type: ignore[attr-defined]
    return client
