"""Every fenced block of every page is what its language says; a block that no rule knows fails."""

import pytest
from ruamel.yaml.error import YAMLError

from tests.conftest import ROOT
from tests.docs.commands import NOT_RUN, SHELL, lines
from tests.docs.pages import Block, blocks, blocks_of, every_page
from tests.docs.rules import BY_TESTS_OF_THEIR_OWN, ELSEWHERE, NO_PROGRAM, check, is_left

ALL = [block for page in every_page() for block in blocks_of(page)]


@pytest.mark.parametrize("block", ALL, ids=str)
def test_a_block_is_what_its_language_says(block: Block) -> None:
    check(block)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("toml", "a = "), ("yaml", "a: [1"), ("json", '{"a": …}'), ("xml", "<a><b></a>"), ("sh", "if true"),
        ("js", "track("), ("ts", 'import { no_such_call } from "sillage";\nno_such_call();'),
        ("html", "<p><b></p>"), ("html", '<button onclick="track(">x</button>'), ("", "x"), ("ruby", "1"),
    ],
)  # fmt: skip
def test_a_block_that_is_wrong_or_unknown_is_found(language: str, text: str) -> None:
    (wrong,) = blocks(f"```{language}\n{text}\n```", "a.md")
    with pytest.raises((AssertionError, ValueError, SyntaxError, YAMLError)):
        check(wrong)


def test_there_are_as_many_blocks_as_fences() -> None:
    fences = sum(
        line.lstrip().startswith("```") for page in every_page() for line in page.read_text().splitlines()
    )
    assert len(ALL) * 2 == fences > 100


def test_no_reason_is_left_of_a_block_or_command_that_is_gone() -> None:
    assert ELSEWHERE.keys() <= {(block.file, block.language) for block in ALL}
    assert len(NO_PROGRAM) == len([block for block in ALL if is_left(block)])
    reasons = {line.not_run for block in ALL if block.language in SHELL for line in lines(block)}
    assert set(NOT_RUN.values()) <= reasons
    for test in (*ELSEWHERE.values(), *BY_TESTS_OF_THEIR_OWN.values()):
        assert (ROOT / test).exists()
