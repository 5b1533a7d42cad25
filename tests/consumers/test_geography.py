"""The conformance suite of city databases: both layouts hold the same places and must tell the same."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.enrichment.geography import NOWHERE, Place, open_geography
from consumers.enrichment.geography.layouts import (
    DamagedDatabase,
    FlatDatabase,
    MaxMindDatabase,
    UnreadableDatabase,
    open_database,
)
from tests.consumers.city_databases import KYOTO, LONDON, maxmind_record, write, write_flat, write_maxmind

Write = Callable[..., list[Path]]
LAYOUTS: dict[str, Write] = {"MaxMind": write_maxmind, "flat": write_flat}


@pytest.fixture(params=[*LAYOUTS.values()], ids=[*LAYOUTS])
def write_layout(request: pytest.FixtureRequest) -> Write:
    written: Write = request.param
    return written


@pytest.fixture
def find(write_layout: Write, tmp_path: Path) -> Callable[[str], Place]:
    return open_geography(write_layout(tmp_path)).find


def test_an_ipv4_address_is_found(find: Callable[[str], Place]) -> None:
    assert find("81.2.69.0") == find("81.2.69.255") == Place("GB", "England", "London")


def test_an_ipv6_address_is_found(find: Callable[[str], Place]) -> None:
    assert find("2001:240:17::") == Place("JP", "Kyoto", "Kyoto")


def test_a_missing_region_and_city_are_empty(find: Callable[[str], Place]) -> None:
    assert find("67.43.156.0") == Place("BT")


@pytest.mark.parametrize("address", ["198.51.100.1", "2a00::1", "10.0.0.1", "192.168.1.0", "fe80::1", "::1"])
def test_an_unknown_or_private_address_is_nowhere(find: Callable[[str], Place], address: str) -> None:
    assert find(address) == NOWHERE


@pytest.mark.parametrize(
    "text", ["", "localhost", "81.2.69", "81.2.69.0/24", "81.2.69.160:443", "٨١.2.69.1", "\0"]
)
def test_what_is_no_address_is_nowhere(find: Callable[[str], Place], text: str) -> None:
    assert find(text) == NOWHERE


def test_a_time_zone_is_told_where_the_database_knows_it(write_layout: Write, tmp_path: Path) -> None:
    files = write_layout(tmp_path, [replace(LONDON, geo_timezone="Europe/London"), KYOTO])
    assert open_geography(files).find("81.2.69.0").geo_timezone == "Europe/London"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Zurich (Zurich (Kreis 3) / Alt-Wiedikon)", "Zurich"),
        ("Kempten (Allgau) (Halden)", "Kempten"),
        ("Basford, Stoke-on-Trent", ""),
        ("Saint-Jean-d'Angély", "Saint-Jean-d'Angély"),
    ],
)
def test_a_city_is_told_without_its_district(
    write_layout: Write, tmp_path: Path, name: str, told: str
) -> None:
    files = write_layout(tmp_path, [replace(LONDON, city=name), KYOTO])
    assert open_geography(files).find("81.2.69.0").city == told


def test_nothing_finer_than_a_city_leaves(find: Callable[[str], Place]) -> None:
    assert asdict(find("81.2.69.0")).keys() == {"country", "region", "city", "geo_timezone"}
    assert not {"EC2V", "A county", "51.5142"} & {str(value) for value in asdict(find("81.2.69.0")).values()}


def test_the_layout_is_seen_in_the_file_whatever_its_name(tmp_path: Path) -> None:
    [maxmind] = write_maxmind(tmp_path)
    seen = open_database(maxmind.rename(tmp_path / "dbip-city-ipv4.mmdb"))
    assert isinstance(seen, MaxMindDatabase)
    flat = write_flat(tmp_path)[0]
    assert isinstance(open_database(flat.rename(tmp_path / "GeoLite2-City.mmdb")), FlatDatabase)


def test_an_absent_file_is_unreadable_and_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDatabase, match=r"absent\.mmdb cannot be read: No such file"):
        open_database(tmp_path / "absent.mmdb")


@pytest.mark.parametrize("content", [b"", b"no database", b"\xab\xcd\xefMaxMind.com", bytes(4096)])
def test_a_file_that_is_no_database_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.mmdb").write_bytes(content)
    with pytest.raises(UnreadableDatabase, match=r"broken\.mmdb cannot be read"):
        open_database(tmp_path / "broken.mmdb")


def test_a_truncated_file_is_unreadable(write_layout: Write, tmp_path: Path) -> None:
    file = write_layout(tmp_path)[0]
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UnreadableDatabase, match="cannot be read"):
        open_database(file)


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDatabase):
        open_database(tmp_path)


def test_a_database_of_something_else_is_unreadable(tmp_path: Path) -> None:
    file = write(
        tmp_path / "asn.mmdb", [LONDON], lambda _known: {"asn": 1}, ip_version=4, kind="GeoLite2-ASN"
    )
    with pytest.raises(UnreadableDatabase, match="no city database; it calls itself 'GeoLite2-ASN'"):
        open_database(file)


def test_an_empty_city_database_knows_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "empty.mmdb", [], maxmind_record, ip_version=6, kind="GeoLite2-City")
    assert open_database(file).find("81.2.69.0") == NOWHERE


@pytest.mark.parametrize("write_layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@given(data=st.data())
def test_any_damage_is_told_and_never_worse(
    write_layout: Write, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = write_layout(tmp_path_factory.mktemp("damaged"))[0]
    content = bytearray(file.read_bytes())
    places = st.integers(0, len(content) - 1)
    for place, value in data.draw(
        st.dictionaries(places, st.integers(0, 255), min_size=1, max_size=8)
    ).items():
        content[place] = value
    file.write_bytes(content)
    with contextlib.suppress(UnreadableDatabase, DamagedDatabase):
        assert isinstance(open_database(file).find("81.2.69.0"), Place)
