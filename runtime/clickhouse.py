"""The one way to ClickHouse: clickhouse-connect over HTTP."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from urllib3.exceptions import SSLError

from runtime.authorities import check_authorities_of
from runtime.cluster.client import ClusterClient, consistency
from runtime.cluster.layout import Layout
from runtime.settings import ClickHouseSettings, SettingError


class ClickHouseUnreachable(Exception):
    """ClickHouse does not answer at all; the message says where it was looked for."""


def connect(
    settings: ClickHouseSettings, database: str | None = None, timeout_seconds: float = 300
) -> Client:
    """A client without a session, so that its requests may run side by side, and that sends nothing twice.

    Raises SettingError for a malformed URL or file of authorities, ClickHouseUnreachable when nothing answers
    there or is not trusted, and clickhouse_connect's errors for what the server answers, such as a wrong
    password.
    """
    url = _url(settings)
    arguments: dict[str, Any] = {
        "interface": url.scheme,
        "host": url.hostname,
        "port": url.port or (8443 if url.scheme == "https" else 8123),
        "username": settings.clickhouse_user,
        "password": settings.clickhouse_password,
        "database": settings.clickhouse_database if database is None else database,
        "autogenerate_session_id": False,
        "compress": False,
        "client_name": "sillage",
        "send_receive_timeout": timeout_seconds,
        "query_retries": 0,
        "ca_cert": str(settings.clickhouse_ca_file) if settings.clickhouse_ca_file else None,
    }
    layout = layout_of(settings)
    try:
        client = (
            ClusterClient(layout, **arguments, settings=consistency(settings.clickhouse_insert_quorum))
            if layout
            else clickhouse_connect.get_client(**arguments)
        )
    except OperationalError as error:
        if refusal := _tls_refusal(error):
            raise ClickHouseUnreachable(
                f"There is no TLS with ClickHouse at {settings.clickhouse_url}: {refusal}. Correct "
                "SILLAGE_CLICKHOUSE_CA_FILE, or the host name in SILLAGE_CLICKHOUSE_URL."
            ) from error
        raise ClickHouseUnreachable(
            f"ClickHouse does not answer at {settings.clickhouse_url}. Start the stack with `sillage up`, "
            f"or set SILLAGE_CLICKHOUSE_URL to where it is."
        ) from error
    client.http_retries = 0  # type: ignore[attr-defined]
    return client


def _url(settings: ClickHouseSettings) -> SplitResult:
    url = urlsplit(settings.clickhouse_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SettingError(
            f"SILLAGE_CLICKHOUSE_URL is {settings.clickhouse_url!r}; expected http(s)://host:port."
        )
    check_authorities_of("CLICKHOUSE", url, settings.clickhouse_ca_file)
    return url


def _tls_refusal(error: BaseException) -> str:
    """What TLS failed of; empty where it failed of nothing."""
    inner: BaseException | None = error
    while inner is not None:
        reason = getattr(inner, "reason", None)
        if isinstance(reason, SSLError):
            return str(reason)
        inner = inner.__cause__ or inner.__context__
    return ""


def layout_of(settings: ClickHouseSettings) -> Layout | None:
    """How the tables rest on the cluster that the settings name; None: on one server.

    Raises SettingError for a path that every shard would share, and for a quote in a name.
    """
    if not settings.clickhouse_cluster:
        return None
    named = (settings.clickhouse_cluster, settings.clickhouse_replica_path, settings.clickhouse_replica_name)
    if any("'" in name or "\\" in name for name in named):
        raise SettingError(f"A cluster's settings have a quote or a backslash in {named}; expected none.")
    for name, text, macros in (
        ("SILLAGE_CLICKHOUSE_REPLICA_PATH", settings.clickhouse_replica_path, ("{shard}", "{table}")),
        ("SILLAGE_CLICKHOUSE_REPLICA_NAME", settings.clickhouse_replica_name, ("{",)),
    ):
        for macro in macros:
            if macro not in text:
                raise SettingError(f"{name} is {text!r}; expected {macro} in it, by which servers differ.")
    return Layout(*named)
