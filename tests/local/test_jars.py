"""Kafka's jars come once, whole and as locked, or the start is refused with a remedy."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import CannotStart
from local.kafka import jars
from local.kafka.jars import local_jars, locked_jars

CONTENT = b"a jar" * 1000
PATH = Path("org/example/thing/1.0/thing-1.0.jar")


class Repository(http.server.SimpleHTTPRequestHandler):
    """A Maven repository that counts what it is asked for."""

    asked: list[str]

    def log_request(self, *_args: object) -> None:
        self.asked.append(self.path)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, one locked jar, and a configured repository that does not answer."""
    monkeypatch.delenv("M2_REPO", raising=False)
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    monkeypatch.setattr(jars, "LOCK_FILE", tmp_path / "jars.lock")
    digest = hashlib.sha256(CONTENT).hexdigest()
    (tmp_path / "jars.lock").write_text(f"# comment\norg.example:thing:1.0 {len(CONTENT)} {digest}\n")
    use_repository(tmp_path, "http://127.0.0.1:1")
    return tmp_path


@pytest.fixture
def repository(machine: Path) -> Iterator[list[str]]:
    """A repository that serves the jar; gives the paths that it was asked for."""
    served = machine / "repository" / PATH
    served.parent.mkdir(parents=True)
    served.write_bytes(CONTENT)
    Repository.asked = []
    handler = functools.partial(Repository, directory=str(machine / "repository"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        use_repository(machine, f"http://127.0.0.1:{server.server_address[1]}")
        yield Repository.asked
        server.shutdown()


def use_repository(machine: Path, url: str) -> None:
    places = f"repo_cache = {machine / 'm2'}\ncache_dir = {machine / 'cache'}"
    (machine / "jgo.conf").write_text(f"[settings]\n{places}\n[repositories]\ncentral = {url}\n")


def fetched() -> tuple[list[Path], list[tuple[int, int]]]:
    """The jars, and the progress that was told."""
    told: list[tuple[int, int]] = []
    return local_jars(lambda there, total: told.append((there, total))), told


@pytest.mark.usefixtures("repository")
def test_the_first_run_fetches_and_tells_its_progress(machine: Path) -> None:
    assert fetched() == ([machine / "m2" / PATH], [(0, 5000), (5000, 5000)])
    assert (machine / "m2" / PATH).read_bytes() == CONTENT


def test_later_runs_ask_nobody(repository: list[str]) -> None:
    files, _ = fetched()
    repository.clear()
    assert fetched() == (files, [])
    assert repository == []


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("found", [b"", CONTENT[:2000], CONTENT[::-1]])
def test_a_jar_that_an_interrupted_run_left_damaged_is_fetched_again(machine: Path, found: bytes) -> None:
    (machine / "m2" / PATH).parent.mkdir(parents=True)
    (machine / "m2" / PATH).write_bytes(found)
    fetched()
    assert (machine / "m2" / PATH).read_bytes() == CONTENT


@pytest.mark.usefixtures("repository")
def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(machine: Path) -> None:
    (machine / "repository" / PATH).write_bytes(b"another jar")
    with pytest.raises(CannotStart, match=r"org\.example:thing:1\.0 differs from jars\.lock"):
        fetched()
    assert not (machine / "m2" / PATH).exists()


@pytest.mark.usefixtures("machine")
def test_without_a_network_the_first_run_names_the_remedy() -> None:
    with pytest.raises(CannotStart) as refused:
        fetched()
    for named in ("Kafka's jars could not be fetched", "Check the network", "mirror", "jgo.conf"):
        assert named in str(refused.value)


def test_the_lock_holds_one_version_of_kafka_alone() -> None:
    kafka = [jar.coordinates for jar in locked_jars() if jar.coordinates.startswith("org.apache.kafka:")]
    assert {coordinates.rpartition(":")[2] for coordinates in kafka} == {"4.4.0"}
