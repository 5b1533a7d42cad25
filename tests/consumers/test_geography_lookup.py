import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from consumers.enrichment.geography import NOWHERE, Place, dbip, open_geography
from runtime.settings import ConsumerSettings, SettingError, load
from tests.consumers.city_databases import KYOTO, LONDON, write_flat, write_maxmind

PARIS = replace(LONDON, country="FR", region="Ile-de-France", city="Paris (6e Arrondissement)")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of a user who has fetched nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "sillage" / "geo"
    folder.mkdir(parents=True)
    return folder


def replace_file(old: Path, new: Path) -> None:
    """Rename over, with another time of change, as happens between two versions."""
    os.utime(new, (0, 0))
    new.replace(old)


def put_into_cache(cache: Path, folder: Path) -> None:
    folder.mkdir()
    for written, name in zip(write_flat(folder), dbip.FILES, strict=True):
        written.replace(cache / name)


def test_the_first_database_that_knows_an_address_answers(tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    own, general = write_maxmind(tmp_path, [PARIS])[0], write_flat(tmp_path / "flat")
    geography = open_geography([own, *general])
    assert geography.find("81.2.69.0").city == "Paris"
    assert geography.find("2001:240::").city == "Kyoto"


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_database_that_is_set_and_cannot_be_read_stops_the_start(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "cities.mmdb"
    if content:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=r"SILLAGE_GEO_DATABASES: .*cities\.mmdb cannot be read"):
        open_geography([*write_maxmind(tmp_path), file])


def test_what_is_set_wins_over_the_cache(cache: Path, tmp_path: Path) -> None:
    put_into_cache(cache, tmp_path / "flat")
    assert open_geography(write_maxmind(tmp_path, [PARIS])).find("81.2.69.0").city == "Paris"
    assert open_geography(()).find("81.2.69.0") == NOWHERE
    assert open_geography(None).find("81.2.69.0").city == "London"


def test_the_setting_tells_nothing_from_not_set() -> None:
    assert load(ConsumerSettings, {}).geo_databases is None
    assert load(ConsumerSettings, {"SILLAGE_GEO_DATABASES": ""}).geo_databases == ()


@pytest.mark.usefixtures("cache")
def test_missing_databases_are_said_once_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    geography = open_geography(None)
    assert [geography.find("81.2.69.0") for _ in range(3)] == [NOWHERE] * 3
    [said] = caplog.records
    assert said.levelno == logging.WARNING
    assert "`sillage geo fetch`" in said.getMessage()


def test_a_broken_file_in_the_cache_stops_nothing(cache: Path, tmp_path: Path) -> None:
    put_into_cache(cache, tmp_path / "flat")
    (cache / dbip.FILES[0]).write_bytes(b"no database")
    geography = open_geography(None)
    assert (geography.find("81.2.69.0"), geography.find("2001:240::").country) == (NOWHERE, "JP")


def test_files_that_are_fetched_later_are_found_without_a_restart(cache: Path, tmp_path: Path) -> None:
    geography = open_geography(None)
    assert geography.find("81.2.69.0") == NOWHERE
    put_into_cache(cache, tmp_path / "flat")
    assert geography.find("81.2.69.0") == Place("GB", "England", "London")


def test_a_replaced_file_is_read_without_a_restart(tmp_path: Path) -> None:
    [file] = write_maxmind(tmp_path, [LONDON])
    geography = open_geography([file])
    assert geography.find("81.2.69.0").city == "London"
    (tmp_path / "new").mkdir()
    replace_file(file, write_maxmind(tmp_path / "new", [PARIS])[0])
    assert geography.find("81.2.69.0").city == "Paris"


def test_a_broken_replacement_or_a_removal_leaves_the_database_that_is_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [file] = write_maxmind(tmp_path, [LONDON])
    geography = open_geography([file])
    geography.find("81.2.69.0")
    (tmp_path / "new").write_bytes(b"no database")
    replace_file(file, tmp_path / "new")
    assert [geography.find("81.2.69.0").city for _ in range(3)] == ["London"] * 3
    assert len(caplog.records) == 1
    file.unlink()
    assert geography.find("81.2.69.0").city == "London"


def test_damage_inside_a_database_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [file] = write_maxmind(tmp_path, [LONDON, KYOTO])
    file.write_bytes(file.read_bytes().replace(b"Kyoto", b"\xff" * 5))
    geography = open_geography([file])
    assert [geography.find("2001:240::") for _ in range(3)] == [NOWHERE] * 3
    assert geography.find("81.2.69.0").city == "London"
    assert ["is damaged" in record.getMessage() for record in caplog.records] == [True]
