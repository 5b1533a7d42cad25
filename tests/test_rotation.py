"""docs/how-to/rotate-keys.md, followed on the running stack: nothing is restarted, no sender is cut off."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from runtime.clickhouse import connect
from runtime.pseudonyms import pseudonym, read_keys, today
from runtime.settings import QuerySettings, load
from tests.client import awaited, event, send, stored
from tests.conftest import Stack

OLD, NEW = "0d" * 32, "0e" * 32


def replace(file: Path, text: str) -> None:
    """As the how-to says: no reader sees half a file."""
    unfinished = file.with_suffix(".next")
    unfinished.write_text(text)
    unfinished.chmod(file.stat().st_mode)
    unfinished.rename(file)


class Files:
    """Both files of the stack, with a tenant of the test's own behind the others."""

    def __init__(self, stack: Stack) -> None:
        self.tenant = f"t{uuid.uuid4().hex[:10]}"
        self._tenants = Path(stack.environ["SILLAGE_TENANTS_FILE"])
        self._keys = Path(stack.environ["SILLAGE_PSEUDONYM_KEYS_FILE"])
        self._before = self._tenants.read_text(), self._keys.read_text()

    def name_senders(self, *keys: str) -> None:
        hashes = [f"sha256:{hashlib.sha256(key.encode()).hexdigest()}" for key in keys]
        replace(self._tenants, f"{self._before[0]}\n[{self.tenant}]\nsecret_keys = {json.dumps(hashes)}\n")

    def name_generations(self, text: str) -> None:
        replace(self._keys, f"{self._before[1]}\n{self.tenant} = {text}\n")

    def restore(self) -> None:
        replace(self._tenants, self._before[0])
        replace(self._keys, self._before[1])


@pytest.fixture
def files(stack: Stack) -> Iterator[Files]:
    made = Files(stack)
    made.name_generations(f'"{OLD}"')
    yield made
    made.restore()


@pytest.fixture
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


def status(stack: Stack, key: str, *events: object) -> int:
    body = json.dumps({"batch_id": str(uuid.uuid4()), "events": events or [event()]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    return send(stack, "POST", body, **headers)[0]


def test_both_keys_work_until_the_old_one_is_removed(stack: Stack, files: Files) -> None:
    old, new = f"sk_{uuid.uuid4().hex}", f"sk_{uuid.uuid4().hex}"
    files.name_senders(old)
    awaited(lambda: status(stack, old) == 202)
    assert status(stack, new) == 401
    files.name_senders(new, old)
    awaited(lambda: status(stack, new) == 202)
    assert status(stack, old) == 202
    files.name_senders(new)
    awaited(lambda: status(stack, old) == 401)
    assert status(stack, new) == 202


def test_a_new_generation_of_pseudonyms_is_taken_and_the_old_rows_are_still_found(
    stack: Stack, files: Files, clickhouse: Client
) -> None:
    key = f"sk_{uuid.uuid4().hex}"

    def stored_user() -> str:
        sent = event(user="ada")
        assert status(stack, key, sent) == 202
        user: str = stored(clickhouse, "user_id", [sent["id"]])[0]
        return user

    files.name_senders(key)
    awaited(lambda: status(stack, key) == 202)
    assert stored_user() == pseudonym(bytes.fromhex(OLD), "ada")
    files.name_generations(f'[{{key = "{NEW}", from = {today()}}}, {{key = "{OLD}", from = 2026-01-01}}]')
    awaited(lambda: stored_user() == pseudonym(bytes.fromhex(NEW), "ada"))
    keys = read_keys(Path(stack.environ["SILLAGE_PSEUDONYM_KEYS_FILE"]))[files.tenant]
    sql = """
        SELECT uniqExact(user_id) FROM usage
        WHERE tenant = {tenant:String} AND user_id IN {users:Array(String)}
    """
    found = clickhouse.query(sql, {"tenant": files.tenant, "users": list(keys.pseudonyms("ada"))})
    assert found.result_rows == [(2,)]
