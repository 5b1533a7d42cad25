"""The chain: appended to by many, changed by nobody unnoticed, whole again after a kill."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.chain import Chain, ChainBroken, Head


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "state" / "log.jsonl")


def test_what_was_appended_is_read_in_its_order_and_is_whole(chain: Chain) -> None:
    heads = [chain.append({"step": step}) for step in ("one", "two", "three")]
    assert [entry["step"] for entry in chain.entries()] == ["one", "two", "three"]
    verdict = chain.verify()
    assert verdict.head == heads[-1] and verdict.broken_line is None and not verdict.torn
    assert all(chain.holds(head) for head in [Head(), *heads])
    assert not chain.holds(Head(4, heads[-1].hash)) and not chain.holds(Head(2, heads[-1].hash))
    assert stat.S_IMODE(chain.file.stat().st_mode) == 0o600


def test_a_chain_that_does_not_exist_is_whole_and_empty(chain: Chain) -> None:
    assert chain.verify().head == Head() and not list(chain.entries())


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace(b"two", b"TWO"), *lines[2:]], 3),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),
        (lambda lines: [lines[0], b"nothing\n", *lines[1:]], 2),
        (lambda lines: lines[1:], 1),
    ],
    ids=["changed", "removed", "repeated", "swapped", "inserted", "beheaded"],
)
def test_the_first_line_that_does_not_follow_is_named(
    chain: Chain, damage: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    for step in ("one", "two", "three", "four"):
        chain.append({"step": step})
    chain.file.write_bytes(b"".join(damage(chain.file.read_bytes().splitlines(keepends=True))))
    assert chain.verify().broken_line == line


def test_lines_cut_off_the_end_are_found_by_a_head_kept_elsewhere(chain: Chain) -> None:
    chain.append({"step": "one"})
    head = chain.append({"step": "two"})
    chain.file.write_bytes(chain.file.read_bytes().splitlines(keepends=True)[0])
    assert chain.verify().broken_line is None
    assert not chain.holds(head)


@given(cut=st.integers(1, 300), texts=st.lists(st.text(), min_size=2, max_size=4))
@settings(deadline=None, max_examples=20)
def test_an_append_that_was_cut_off_anywhere_is_as_if_never_begun(
    cut: int, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    chain = Chain(tmp_path_factory.mktemp("torn") / "log.jsonl")
    heads = [chain.append({"text": text}) for text in texts]
    whole = chain.file.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    chain.file.write_bytes(whole[: -min(cut, last - 1)])
    assert chain.verify().torn and chain.verify().head == heads[-2]
    assert chain.append({"text": "again"}).number == len(texts)
    assert [entry["text"] for entry in chain.entries()] == [*texts[:-1], "again"]
    assert chain.verify().broken_line is None and not chain.verify().torn


def test_lines_longer_than_what_is_read_at_once_are_followed(chain: Chain) -> None:
    for size in (10, 200_000, 70_000, 10):
        chain.append({"text": "x" * size})
    assert chain.verify().head.number == 4


def test_many_processes_append_at_once(chain: Chain) -> None:
    program = (
        "import sys, pathlib; from privacy.chain import Chain; chain = Chain(pathlib.Path(sys.argv[1]));"
        "[chain.append({'who': sys.argv[2], 'n': n}) for n in range(25)]"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(chain.file), str(who)]) for who in range(4)
    ]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    assert chain.verify().head.number == 100 and chain.verify().broken_line is None


def test_nothing_is_appended_behind_what_is_no_link(chain: Chain) -> None:
    chain.append({"step": "one"})
    with chain.file.open("ab") as file:
        file.write(b"nothing\n")
    with pytest.raises(ChainBroken, match=r"audit verify"):
        chain.append({"step": "two"})
