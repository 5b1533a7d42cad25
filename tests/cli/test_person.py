"""`sillage person`, `tenant`, `audit` and `operator` as an operator runs them."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.rights.ledger import Ledger
from runtime.operators import Operators, Role
from runtime.pseudonyms import pseudonym
from tests.cli.terminals import Terminal
from tests.client import awaited
from tests.conftest import Stack
from tests.privacy.rights.people import Desk, event, own_client, span

pytestmark = pytest.mark.long

KEY = "0b" * 32
ADA, ALAN = (pseudonym(bytes.fromhex(KEY), user) for user in ("lovelace", "alan"))


@pytest.fixture(scope="module")
def terminal(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    directory = tmp_path_factory.mktemp("rights")
    (directory / "keys.toml").write_text(f'acme = "{KEY}"\n')
    state = directory / "state"
    with own_client(stack) as client:
        environ = {
            "SILLAGE_STATE_DIR": str(state),
            "SILLAGE_PSEUDONYM_KEYS_FILE": str(directory / "keys.toml"),
            "SILLAGE_OPERATOR_TOKEN": Operators(state).add("grace", Role.ADMIN),
        }
        yield Terminal(stack, str(client.database), client, (), environ)


@pytest.fixture(scope="module")
def state(terminal: Terminal) -> Path:
    return Path(terminal.environ["SILLAGE_STATE_DIR"])


@pytest.fixture(autouse=True)
def rows(terminal: Terminal) -> None:
    for table in ("usage_events", "trace_spans", "suppressions", "hidden"):
        terminal.client.command(f"TRUNCATE TABLE {table}")
    desk = Desk(terminal.client, Path(), "acme")
    desk.store([event(ADA, "s", days_ago=1), event("", "s"), event(ALAN, days_ago=1)], [span(ADA, "s")])


def of_ada(*command: str) -> list[str]:
    return ["person", command[0], "--tenant", "acme", "--user", "lovelace", *command[1:]]


def stored(terminal: Terminal) -> int:
    return int(terminal.client.query("SELECT count() FROM usage_events").result_rows[0][0])


def test_a_person_is_erased_with_a_certificate_that_verifies_anywhere(
    terminal: Terminal, state: Path
) -> None:
    shown = terminal.shown(*of_ada("erase", "--user", "alan", "--reference", "T-1"))
    assert "3 rows are erased, none is left" in shown and stored(terminal) == 0
    certificate = shown.splitlines()[0].rpartition("Certificate: ")[2]
    key = str(state / "signing_key.pub.pem")
    offline = [sys.executable, "-m", "cli", "audit", "certificate", certificate, "--public-key", key]
    done = subprocess.run(
        offline, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    assert "1 of trace_spans, 2 of usage_events" in done.stdout
    forged = json.loads(Path(certificate).read_text()) | {"found": {"usage_events": 0}}
    (state / "forged.json").write_text(json.dumps(forged))
    done = subprocess.run(
        [*offline[:5], str(state / "forged.json"), *offline[6:]], capture_output=True, text=True
    )
    assert (done.returncode, "is not what the holder" in done.stderr) == (1, True)
    assert "whole" in terminal.shown("audit", "verify")
    listed = json.loads(terminal.shown("person", "requests", "--json"))
    assert {one["reference"] for one in listed} == {"T-1"} and "lovelace" not in json.dumps(listed)


def test_killed_amid_it_the_same_command_ends_it(terminal: Terminal, state: Path) -> None:
    Path(state / "ledger.jsonl").unlink(missing_ok=True)
    process = subprocess.Popen(
        terminal.command(*of_ada("erase")), env=terminal.surroundings, stdout=subprocess.DEVNULL
    )
    awaited(lambda: any("suppressed" in one.steps for one in Ledger(state).requests().values()))
    process.send_signal(signal.SIGKILL)
    process.wait()
    (request,) = Ledger(state).requests().values()
    assert request.id in terminal.shown(*of_ada("erase")) or not request.is_open
    assert stored(terminal) == 1
    assert terminal.client.query("SELECT count() FROM hidden").result_rows == [(0,)]


def test_two_must_agree_where_that_is_set(terminal: Terminal, state: Path) -> None:
    changed = {"SILLAGE_TWO_PERSON_APPROVAL": "on"}
    done = terminal.run(*of_ada("erase"), **changed)
    assert (done.exit_code, "Another operator must approve first" in done.stderr) == (1, True)
    (request,) = [one.id for one in Ledger(state).requests().values() if one.is_open]
    done = terminal.run("person", "approve", request)
    assert (done.exit_code, "somebody else must approve" in done.stderr) == (1, True)
    other = {"SILLAGE_OPERATOR_TOKEN": terminal.shown("operator", "add", "alan", "--role", "privacy").strip()}
    assert terminal.run("person", "approve", request, **other).exit_code == 0
    assert terminal.run(*of_ada("erase"), **changed).exit_code == 0
    assert Ledger(state).request(request).approved_by == "alan"


def test_who_may_not_is_refused_and_nothing_is_done(terminal: Terminal, state: Path) -> None:
    analyst = {"SILLAGE_OPERATOR_TOKEN": Operators(state).add("an-analyst", Role.ANALYST)}
    for command in (of_ada("erase"), ["traces", "find", "--tenant", "acme"], ["operator", "revoke", "grace"]):
        done = terminal.run(*command, **analyst)
        assert (done.exit_code, "an-analyst is analyst, which may not" in done.stderr) == (1, True)
    done = terminal.run(*of_ada("erase"), SILLAGE_OPERATOR_TOKEN="op_wrong")
    assert (done.exit_code, "No operator" in done.stderr, stored(terminal)) == (1, True, 3)


def test_each_read_of_a_person_stands_in_the_access_log(terminal: Terminal, state: Path) -> None:
    (state / "access.jsonl").unlink(missing_ok=True)
    for command in (
        ["usage", "history", "--tenant", "acme", "--user", ADA],
        ["usage", "volume", "--tenant", "acme", "--where", f"user = {ADA}"],
        ["usage", "top", "--tenant", "acme", "--by", "session"],
        ["traces", "find", "--tenant", "acme", "--user", ADA],
        ["usage", "volume", "--tenant", "acme"],
    ):
        terminal.shown(*command)
    read = [json.loads(line)["entry"] for line in (state / "access.jsonl").read_text().splitlines()]
    assert [one["what"] for one in read] == ["usage history", "usage", "usage top", "traces find"]
    assert [one["subjects"] for one in read] == [[ADA], [], [], [ADA]]
    assert ADA in read[1]["question"]["where"] and {one["by"] for one in read} == {"grace"}


def test_restricted_rectified_exported_and_told(terminal: Terminal, tmp_path: Path) -> None:
    assert "3 rows are shown to nobody" in terminal.shown(*of_ada("restrict"))
    assert terminal.client.query("SELECT count() FROM usage").result_rows == [(1,)]
    assert "3 rows are shown again" in terminal.shown(*of_ada("unrestrict"))
    assert "country corrected on 1 days" in terminal.shown(*of_ada("rectify", "--set", "country=DE"))
    done = terminal.run(*of_ada("rectify", "--set", "page=/other"))
    assert (done.exit_code, "is history" in done.stderr) == (1, True)
    file = tmp_path / "ada.zip"
    assert "2 of usage_events, 1 of trace_spans" in terminal.shown(*of_ada("export", "--output", str(file)))
    assert "index.html" in zipfile.ZipFile(file).namelist()
    told = terminal.shown(
        "person", "exposure", "--between", "2h", "1m", "--output", str(tmp_path / "who.csv")
    )
    assert "acme" in told and ALAN in (tmp_path / "who.csv").read_text()
    assert "refused: what happened is history" in terminal.shown("person", "requests")


def test_a_tenant_goes_whole_and_the_auditor_has_all_papers(terminal: Terminal, tmp_path: Path) -> None:
    assert "rows are erased" in terminal.shown("tenant", "erase", "--tenant", "acme", "--yes")
    assert stored(terminal) == 0
    terminal.shown("tenant", "lift", "--tenant", "acme")
    file = tmp_path / "pack.zip"
    assert "papers are in" in terminal.shown("audit", "pack", "--output", str(file))
    with zipfile.ZipFile(file) as pack:
        assert {"ledger.jsonl", "access-log.jsonl", "record-of-processing.md", "manifest.json"} <= set(
            pack.namelist()
        )
        assert "grace" not in pack.read("configuration.jsonl").decode()


def test_a_log_that_was_tampered_with_is_told(terminal: Terminal, state: Path) -> None:
    terminal.shown(*of_ada("erase"))
    file = state / "ledger.jsonl"
    whole = file.read_text()
    file.write_text(whole.replace('"by":"grace"', '"by":"alan"', 1))
    try:
        done = terminal.run("audit", "verify")
        assert (done.exit_code, "ledger: line 2" in done.stdout) == (1, True)
    finally:
        file.write_text(whole)


def test_the_record_of_processing_is_that_of_the_live_schema(terminal: Terminal) -> None:
    file = Path(__file__).parents[2] / "docs" / "privacy" / "record-of-processing.md"
    assert file.read_text() == terminal.shown("audit", "record")


def test_the_first_operator_is_an_administrator(terminal: Terminal, tmp_path: Path) -> None:
    empty = {"SILLAGE_STATE_DIR": str(tmp_path), "SILLAGE_OPERATOR_TOKEN": ""}
    done = terminal.run("operator", "add", "ada", "--role", "sre", **empty)
    assert (done.exit_code, "the first must be --role admin" in done.stderr) == (2, True)
    done = terminal.run("operator", "add", "ada", "--role", "admin", **empty)
    token = {**empty, "SILLAGE_OPERATOR_TOKEN": done.stdout.strip()}
    assert "ada" in terminal.run("operator", "list", **token).stdout
    assert terminal.run("operator", "revoke", "ada", **token).exit_code == 0
    assert terminal.run("operator", "list", **token).exit_code == 1
