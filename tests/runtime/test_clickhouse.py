"""The way to ClickHouse over TLS: whom it trusts, and what it says where it does not."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runtime.clickhouse import ClickHouseUnreachable, connect
from runtime.settings import QuerySettings, SettingError, load
from tests.conftest import Stack
from tests.tls import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def settings(stack: Stack, **changes: str) -> QuerySettings:
    return load(QuerySettings, stack.environ | changes)


def test_clickhouse_is_asked_over_tls_by_a_password_in_a_file(
    stack: Stack, authority: Authority, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(stack.clickhouse_password + "\n")
    with authority.front(urlsplit(stack.clickhouse_url).port or 0) as port:
        client = connect(
            settings(
                stack,
                SILLAGE_CLICKHOUSE_URL=f"https://localhost:{port}",
                SILLAGE_CLICKHOUSE_CA_FILE=str(authority.file),
                SILLAGE_CLICKHOUSE_PASSWORD="",
                SILLAGE_CLICKHOUSE_PASSWORD_FILE=str(password),
            )
        )
        assert client.query("SELECT 6 * 7").result_rows == [(42,)]
        client.close()


@pytest.mark.parametrize("other", [False, True], ids=["the system's authorities", "another authority"])
def test_a_certificate_that_is_not_trusted_is_told_with_the_setting(
    stack: Stack, authority: Authority, tmp_path: Path, other: bool
) -> None:
    ca_file = str(Authority(tmp_path).file) if other else ""
    with authority.front(urlsplit(stack.clickhouse_url).port or 0) as port:
        url = f"https://localhost:{port}"
        with pytest.raises(ClickHouseUnreachable, match="Correct SILLAGE_CLICKHOUSE_CA_FILE") as raised:
            connect(settings(stack, SILLAGE_CLICKHOUSE_URL=url, SILLAGE_CLICKHOUSE_CA_FILE=ca_file))
    assert url in str(raised.value)


def test_nothing_that_answers_is_no_matter_of_tls(authority: Authority) -> None:
    environ = {
        "SILLAGE_CLICKHOUSE_URL": "https://127.0.0.1:1",
        "SILLAGE_CLICKHOUSE_CA_FILE": str(authority.file),
    }
    with pytest.raises(ClickHouseUnreachable, match="does not answer"):
        connect(load(QuerySettings, environ))


@pytest.mark.parametrize(
    ("url", "content", "said"),
    [
        (
            "http://localhost:1",
            None,
            "SILLAGE_CLICKHOUSE_CA_FILE is set, but SILLAGE_CLICKHOUSE_URL is http:",
        ),
        ("https://localhost:1", "no PEM", "SILLAGE_CLICKHOUSE_CA_FILE is {file}, which holds no certificate"),
        ("https://localhost:1", None, "SILLAGE_CLICKHOUSE_CA_FILE is {file}, which holds no certificate"),
    ],
)
def test_a_file_of_authorities_that_cannot_be_used_stops_the_start(
    tmp_path: Path, url: str, content: str | None, said: str
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    environ = {"SILLAGE_CLICKHOUSE_URL": url, "SILLAGE_CLICKHOUSE_CA_FILE": str(file)}
    with pytest.raises(SettingError, match=re.escape(said.format(file=file))):
        connect(load(QuerySettings, environ))
