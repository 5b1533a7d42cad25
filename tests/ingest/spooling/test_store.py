"""The spool's database by itself: nothing is lost, order is kept, damage is seen, a bound is a bound."""

import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.record import Record
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.group import MOST_RECORDS
from ingest.spooling.store import Store
from runtime.settings import SettingError
from tests.ingest.spooling.records import number_of, numbers, record

MAX_BYTES = 64 << 20
ALL = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return SpoolDirectory(tmp_path / "spool").open(MAX_BYTES)


def waiting(store: Store) -> list[int]:
    return [number for group in store.oldest(ALL) for number in numbers(group.records)]


def damage(file: Path, number: int) -> None:
    """Flip a bit in the middle of a group, as a failing disk does."""
    database = sqlite3.connect(file)
    ((content,),) = database.execute("SELECT content FROM groups WHERE number = ?", (number,))
    torn = bytearray(content)
    torn[len(torn) // 2] ^= 1
    with database:
        database.execute("UPDATE groups SET content = ? WHERE number = ?", (bytes(torn), number))
    database.close()


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "spool.sqlite"


def test_records_come_back_as_they_were(store: Store) -> None:
    kept = [record(1), Record("sillage.schemas", b"key", b"{}", []), record(2, age_hours=3)]
    store.append(kept)
    (group,) = store.oldest(ALL)
    assert group.records == kept


def test_many_records_are_several_groups(store: Store) -> None:
    store.append([record(number) for number in range(MOST_RECORDS + 1)])
    assert [group.count for group in store.oldest(ALL)] == [MOST_RECORDS, 1]
    assert [group.count for group in store.oldest(MOST_RECORDS)] == [MOST_RECORDS]
    assert [group.count for group in store.oldest(1)] == [MOST_RECORDS]


def test_a_damaged_group_is_read_as_such_and_its_neighbours_are_whole(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        store.append([record(number)])
    damage(file_of(tmp_path), 2)
    assert [numbers(group.records) for group in store.oldest(ALL)] == [[0], [], [2]]
    assert store.oldest(ALL)[1].records is None


def test_a_group_with_a_damaged_page_is_read_as_damaged(store: Store, tmp_path: Path) -> None:
    noise = os.urandom(50_000)
    store.append([record(0)._replace(value=noise)])
    store.append([record(1)])
    store.close()
    content = bytearray(file_of(tmp_path).read_bytes())
    at = content.index(noise[20_000:20_100])
    content[at] ^= 1
    file_of(tmp_path).write_bytes(content)
    assert [numbers(group.records) for group in store.oldest(ALL)] == [[], [1]]


def test_what_is_set_aside_is_kept_but_does_not_wait(store: Store, tmp_path: Path) -> None:
    store.append([record(0)])
    store.append([record(1)])
    assert store.set_aside(1, "damaged")
    assert not store.set_aside(1, "damaged")
    assert waiting(store) == [1]
    assert store.totals().records == 1
    store.remove([2])
    store.shrink()
    database = sqlite3.connect(file_of(tmp_path))
    assert database.execute("SELECT number FROM groups").fetchall() == [(1,)]
    database.close()


def test_what_waited_too_long_is_dropped_and_counted(store: Store) -> None:
    store.append([record(0, age_hours=200), record(1)])
    store.append([record(2, age_hours=1)])
    assert store.drop_older(time.time_ns() // 1_000_000 - 168 * 3_600_000) == 2
    assert waiting(store) == [2]


def test_a_full_spool_takes_no_more_until_something_has_left_it(tmp_path: Path) -> None:
    store = SpoolDirectory(tmp_path / "spool").open(1 << 20)
    assert store.has_room()
    kept = 0
    with pytest.raises(sqlite3.OperationalError, match="full"):
        for kept in range(1_000):
            store.append([record(kept)._replace(value=os.urandom(20_000))])
    assert 30 < kept < 60
    assert waiting(store) == list(range(kept))
    assert not store.has_room()
    assert file_of(tmp_path).stat().st_size <= 1 << 20
    store.remove([group.number for group in store.oldest(10)])
    store.append([record(kept)._replace(value=os.urandom(20_000))])
    assert waiting(store) == list(range(10, kept + 1))


def test_nothing_that_was_removed_can_be_read_in_the_files_and_they_are_small_again(
    store: Store, tmp_path: Path
) -> None:
    secrets = [os.urandom(3_000) for _ in range(500)]
    for number, secret in enumerate(secrets):
        store.append([record(number)._replace(value=secret)])
    store.remove([group.number for group in store.oldest(ALL)])
    store.shrink()
    on_disk = b"".join(file.read_bytes() for file in (tmp_path / "spool").iterdir() if "shm" not in file.name)
    assert not any(secret[100:120] in on_disk for secret in secrets)
    assert len(on_disk) < 100_000


def test_the_directory_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    store.append([record(0)])
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "spool").iterdir()} == {0o600}


def test_a_directory_that_cannot_be_used_stops_the_start_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match=r"SILLAGE_SPOOL_DIR: .*/file/spool cannot be used"):
        SpoolDirectory(tmp_path / "file" / "spool").open(MAX_BYTES)


def test_a_file_that_is_no_spool_stops_the_start_and_stays(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    file_of(tmp_path).write_bytes(b"no database " * 1_000)
    with pytest.raises(SettingError, match=r"spool\.sqlite cannot be opened"):
        SpoolDirectory(tmp_path / "spool").open(MAX_BYTES)
    assert file_of(tmp_path).read_bytes().startswith(b"no database")


def test_one_process_at_a_time_drains(tmp_path: Path) -> None:
    directory = SpoolDirectory(tmp_path / "spool")
    directory.open(MAX_BYTES)
    with directory.drained_here() as first, directory.drained_here() as second:
        assert (first, second) == (True, False)
    with directory.drained_here() as again:
        assert again


PUT, DRAIN, CRASH, TEAR, SHRINK, SHARE = "put", "drain", "crash", "tear", "shrink", "share"
STEPS = st.one_of(
    st.tuples(st.just(PUT), st.integers(1, 300)),
    st.tuples(st.just(DRAIN), st.integers(1, 400)),
    st.tuples(st.sampled_from([CRASH, TEAR, SHRINK, SHARE]), st.just(0)),
)


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_every_record_leaves_the_spool_once_and_in_order(
    steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = _World(tmp_path_factory.mktemp("spool"))
    for step, size in steps:
        world.do(step, size)
    world.do(DRAIN, ALL)
    assert world.left == world.expected()


class _World:
    """A spool under a sequence of steps, and what is true of it."""

    def __init__(self, root: Path) -> None:
        self._root, self._crashes = root, 0
        self._directory = root / "0"
        self._stores = [SpoolDirectory(self._directory).open(MAX_BYTES)]
        self._put = 0
        self.left: list[int] = []
        self._torn: set[int] = set()

    def expected(self) -> list[int]:
        return [number for number in range(self._put) if number not in self._torn]

    def do(self, step: str, size: int) -> None:
        store = self._stores[-1]
        if step == PUT:
            store.append([record(number) for number in range(self._put, self._put + size)])
            self._put += size
        elif step == DRAIN:
            self._drain(store, size)
        elif step == CRASH:
            self._crash()
        elif step == SHRINK:
            store.shrink()
        elif step == SHARE:
            self._stores.append(SpoolDirectory(self._directory).open(MAX_BYTES))
        elif (groups := store.oldest(1)) and groups[0].records:
            self._torn |= set(numbers(groups[0].records))
            damage(self._directory / "spool.sqlite", groups[0].number)

    def _drain(self, store: Store, size: int) -> None:
        groups = store.oldest(size)
        for group in groups:
            if group.records is None:
                store.set_aside(group.number, "damaged")
            self.left += [number_of(one.key) for one in group.records or []]
        store.remove([group.number for group in groups if group.records is not None])

    def _crash(self) -> None:
        """The files as kill -9 leaves them; the memory that processes share is gone."""
        self._crashes += 1
        survivor = self._root / str(self._crashes)
        shutil.copytree(self._directory, survivor, ignore=shutil.ignore_patterns("*-shm"))
        for store in self._stores:
            store.close()
        self._directory = survivor
        self._stores = [SpoolDirectory(survivor).open(MAX_BYTES)]
