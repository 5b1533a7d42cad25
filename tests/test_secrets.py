"""What is secret stays so: it is in no output, error, log or metric, whatever goes wrong."""

import logging
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from runtime.settings import PROCESSES, SettingError, known, load, variable
from tests.conftest import Stack
from tests.secret_places import (
    CANARY,
    OWN_FORM_FILES,
    PUBLIC_FILES,
    addresses,
    as_variables,
    in_files,
    secret_files,
    secret_variables,
    told,
)

COMMANDS = (
    ("doctor",), ("doctor", "--json"), ("status",), ("status", "--json"), ("usage", "--tenant", "demo"),
    ("traces", "map", "--tenant", "demo"), ("retention", "report"), ("reconcile",), ("dead", "list"),
    ("person", "requests"), ("operator", "list"), ("migrate",), ("jobs", "--once"), ("consumer",),
)  # fmt: skip
NOWHERE = "127.0.0.1:1"
FILES = {"SILLAGE_TENANTS_FILE": "t", "SILLAGE_PSEUDONYM_KEYS_FILE": "k"}


class Listener:
    """Runs commands at the most talkative level, and keeps all that they say on any way."""

    def __init__(
        self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], directory: Path
    ) -> None:
        self._caplog, self._capfd, self._directory = caplog, capfd, directory
        caplog.set_level(logging.DEBUG)

    def run(self, *arguments: str, **environ: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self._directory)
            environ |= {"SILLAGE_LOG_LEVEL": "debug", "COLUMNS": "400"}
            result = CliRunner().invoke(cli.main, arguments, env=environ)
        heard = self._capfd.readouterr()
        said = [result.output, repr(result.exception), heard.out, heard.err, self._caplog.text]
        self._caplog.clear()
        return "\n".join(said)


@pytest.fixture
def listener(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Listener]:
    yield Listener(caplog, capfd, tmp_path)


def test_every_setting_that_names_a_file_is_known_as_secret_or_public() -> None:
    files = {name for name in known() if name.endswith("_FILE") and not name.endswith("_CA_FILE")}
    assert files == secret_files() | PUBLIC_FILES | OWN_FORM_FILES
    assert secret_variables() >= {"SILLAGE_CLICKHOUSE_PASSWORD", "SILLAGE_OPERATOR_TOKEN"}
    assert addresses() >= {"SILLAGE_CLICKHOUSE_URL", "SILLAGE_KAFKA_BOOTSTRAP_SERVERS"}
    assert secret_files()


@pytest.mark.parametrize("way", ["variables", "files"])
def test_wrong_secrets_are_in_nothing_that_commands_say(
    stack: Stack, listener: Listener, tmp_path: Path, way: str
) -> None:
    """ClickHouse, which knows them not, refuses; nobody repeats them."""
    rest = {name: value for name, value in stack.environ.items() if name not in secret_variables()}
    planted = as_variables() if way == "variables" else in_files(tmp_path)
    heard = {command: listener.run(*command, **{**rest, **planted}) for command in COMMANDS}
    assert {command: text for command, text in heard.items() if told(text)} == {}
    assert "SILLAGE_CLICKHOUSE_USER" in heard["doctor",]


def test_secrets_are_in_nothing_that_commands_say_when_nobody_answers(
    stack: Stack, listener: Listener
) -> None:
    environ = stack.environ | as_variables() | {"SILLAGE_CLICKHOUSE_URL": f"http://{NOWHERE}"}
    commands = [command for command in COMMANDS if command != ("consumer",)]  # it waits until somebody does
    heard = {command: listener.run(*command, **environ) for command in commands}
    assert {command: text for command, text in heard.items() if told(text)} == {}
    assert NOWHERE in heard["doctor",]


@pytest.mark.parametrize("name", sorted(addresses()))
def test_an_address_with_a_password_in_it_is_refused_and_not_repeated(
    stack: Stack, listener: Listener, name: str
) -> None:
    for url in (f"https://ada:{CANARY}@{NOWHERE}", f"{CANARY}@h", f"http//ada:{CANARY}@h:x"):
        with pytest.raises(SettingError, match=f"{name} has a user or a password in it") as refused:
            load(_reader_of(name), {**FILES, name: url})
        assert not told(str(refused.value))
    assert not told(listener.run("status", **stack.environ | {name: url}))


def _reader_of(name: str) -> type:
    return next(process for process in PROCESSES if name in {variable(one.name) for one in fields(process)})


def _pseudonym_keys(stack: Stack) -> list[str]:
    keys = tomllib.loads(Path(stack.environ["SILLAGE_PSEUDONYM_KEYS_FILE"]).read_text())
    return [key for key in keys.values() if isinstance(key, str)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("SILLAGE_TENANTS_FILE", f'[demo]\nsecret_keys = ["sk_{CANARY}"]\n'),
        ("SILLAGE_TENANTS_FILE", f'[demo]\nsecret_key = "sk_{CANARY}"\n'),
        ("SILLAGE_TENANTS_FILE", f'[demo]\nsecret_keys = ["sk_{CANARY}\n'),
        ("SILLAGE_TENANTS_FILE", f"[demo]\nsecret_keys = [sk_{CANARY}]\n"),
        ("SILLAGE_PSEUDONYM_KEYS_FILE", f'demo = "{CANARY}"\n'),
        ("SILLAGE_PSEUDONYM_KEYS_FILE", f'demo = ["{CANARY}"]\n'),
        ("SILLAGE_PSEUDONYM_KEYS_FILE", f'demo = [{{key = "{CANARY}", from = 2026-01-01}}]\n'),
        ("SILLAGE_PSEUDONYM_KEYS_FILE", f"{CANARY}\n"),
        ("SILLAGE_PSEUDONYM_KEYS_FILE", f"demo = {CANARY}\n"),
    ],
)
def test_a_file_of_secrets_that_is_broken_is_named_and_not_quoted(
    stack: Stack, listener: Listener, tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(content)
    file.chmod(0o600)
    for command in (("doctor",), ("collector",)):
        said = listener.run(*command, **stack.environ | {name: str(file)})
        assert str(file) in said
        assert not told(said)


def test_a_running_stack_keeps_its_secrets(stack: Stack, listener: Listener) -> None:
    """Neither its logs nor what commands say about it hold the password, the tokens and the keys it has."""
    token = Path(stack.environ["SILLAGE_OPERATOR_TOKEN_FILE"]).read_text().strip()
    secrets = [stack.clickhouse_password, stack.secret_key, token, *_pseudonym_keys(stack)]
    assert all(len(one) > 15 for one in secrets)
    logs = {file.name: file.read_text() for file in (stack.data_dir / "logs").glob("*.log")}
    said = {
        command: listener.run(*command, **stack.environ) for command in COMMANDS if command != ("consumer",)
    }
    assert logs
    assert {source: found for source, text in (logs | said).items() if (found := told(text, secrets))} == {}
    assert told((stack.data_dir / "stack.env").read_text(), secrets) == [stack.clickhouse_password]


def test_a_secret_that_leaks_is_found(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    def leak(text: str) -> str:
        monkeypatch.setattr("cli.doctor.Surroundings.find", lambda _: logging.getLogger("x").debug(text))
        return listener.run("doctor", SILLAGE_CLICKHOUSE_PASSWORD=CANARY)

    assert told(leak(f"connected as default:{CANARY}"))
    assert told(leak("Authorization: Basic ZGVmYXVsdDpjYW5hcnk5ZjJjNDFkMDdiNmU="))
    assert not told(leak("connected"))
