"""The programs and bodies of the pages, sent to a running collector."""

import json
import sys
from pathlib import Path

import pytest

from tests.client import send
from tests.conftest import ROOT, Stack
from tests.docs.desk import Desk
from tests.docs.pages import Block, blocks, blocks_of, every_page

PROGRAMS = [block for page in every_page() for block in blocks_of(page) if block.language == "python"]


def run(program: Block, desk: Desk, stack: Stack) -> tuple[int, str]:
    """Its exit code and what it complains of: an event that is lost is told at the end of a program."""
    here = ["env", f"COLLECTOR_URL={stack.collector_url}", f"COLLECTOR_KEY={stack.secret_key}"]
    done = desk.run([*here, sys.executable, "-W", "error", "-c", desk.here(program.text)])
    return done.returncode, done.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_of_a_page_delivers_its_events(program: Block, stack: Stack, tmp_path: Path) -> None:
    assert run(program, Desk(tmp_path, stack), stack) == (0, "")


def test_a_program_whose_event_is_lost_is_found(stack: Stack, tmp_path: Path) -> None:
    (wrong,) = blocks(f"```python\n{PROGRAMS[0].text.replace('sk_demo_…', 'sk_unknown')}\n```", "a.md")
    code, complaint = run(wrong, Desk(tmp_path, stack), stack)
    assert code or complaint


def test_the_example_of_a_batch_is_accepted(stack: Stack) -> None:
    (example,) = [one for one in blocks_of(ROOT / "docs" / "reference" / "http.md") if one.language == "json"]
    status, answer, _ = send(stack, "POST", example.text.encode(), **{"Content-Type": "application/json"})
    assert (status, answer) == (202, {"accepted": len(json.loads(example.text)["events"]), "refused": []})
