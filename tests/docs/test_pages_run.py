"""What a page has its reader type runs: in order, in one shell, beside a running stack."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Stack, free_port_base, start_stack, stop_stack
from tests.docs.commands import SHELL
from tests.docs.desk import Desk, seed
from tests.docs.pages import Block, blocks, blocks_of, every_page


def typed(file: Path) -> list[Block]:
    return [block for block in blocks_of(file) if block.language in SHELL]


pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
PAGES = {str(page.relative_to(ROOT)): page for page in every_page() if typed(page)}


@pytest.fixture(scope="module")
def readers_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that pages may back up, repair and erase persons from."""
    running = start_stack(tmp_path_factory.mktemp("readers"), free_port_base(), dict(os.environ))
    seed(running)
    yield running
    stop_stack(running)


@pytest.fixture
def desk(readers_stack: Stack, tmp_path: Path) -> Desk:
    return Desk(tmp_path, readers_stack)


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_do_what_it_says(name: str, desk: Desk) -> None:
    done = desk.type(typed(PAGES[name]))
    assert done.returncode == 0, f"{name}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```sh\nsillage usage --no-such-option\n```", "No such option"),
        ("```console\n$ sillage dead show no/1/2\nits output\n```", "Error: "),
        ("```sh\ncurl --silent http://127.0.0.1:8080/nowhere\n```", ""),
    ],
)
def test_a_command_that_fails_is_found(text: str, said: str, desk: Desk) -> None:
    done = desk.type(blocks(text, "a.md"))
    assert done.returncode != 0
    assert said in done.stderr
