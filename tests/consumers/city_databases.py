"""Small city databases in both layouts, with the same places in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Known:
    """What a database is told of one network, finer than Sillage may show."""

    network: str
    country: str
    region: str
    city: str
    geo_timezone: str = ""
    latitude: float = 51.5142
    postcode: str = "EC2V"


LONDON = Known("81.2.69.0/24", "GB", "England", "London (Cheapside)")
KYOTO = Known("2001:240::/32", "JP", "Kyoto", "Kyoto")
SOMEWHERE_IN_BHUTAN = Known("67.43.156.0/24", "BT", "", "")
KNOWN = (LONDON, KYOTO, SOMEWHERE_IN_BHUTAN)

Record = Callable[[Known], dict[str, Any]]


def maxmind_record(known: Known) -> dict[str, Any]:
    record: dict[str, Any] = {
        "country": {"iso_code": known.country, "names": {"en": "A country", "de": "Ein Land"}},
        "location": {"latitude": known.latitude, "longitude": 0.5, "accuracy_radius": 5},
        "postal": {"code": known.postcode},
    }
    if known.region:
        finer = {"iso_code": "Z", "names": {"en": "A county"}}
        record["subdivisions"] = [{"iso_code": "Y", "names": {"en": known.region, "de": "Anders"}}, finer]
    if known.city:
        record["city"] = {"geoname_id": 1, "names": {"en": known.city, "de": "Anders"}}
    if known.geo_timezone:
        record["location"]["time_zone"] = known.geo_timezone
    return record


def flat_record(known: Known) -> dict[str, Any]:
    return {
        "country_code": known.country,
        "state1": known.region,
        "state2": "A county",
        "city": known.city,
        "timezone": known.geo_timezone,
        "latitude": known.latitude,
        "longitude": 0.5,
        "postcode": known.postcode,
    }


def write(file: Path, places: Sequence[Known], record: Record, *, ip_version: int, kind: str) -> Path:
    writer = MMDBWriter(ip_version, kind, ["en"], ipv4_compatible=ip_version == 6)
    for place in places:
        writer.insert_network(IPSet([place.network]), record(place))
    writer.to_db_file(str(file))
    return file


def write_maxmind(folder: Path, places: Sequence[Known] = KNOWN) -> list[Path]:
    """One file, which holds both families, as GeoLite2 City does."""
    return [write(folder / "a.mmdb", places, maxmind_record, ip_version=6, kind="GeoLite2-City")]


def write_flat(folder: Path, places: Sequence[Known] = KNOWN) -> list[Path]:
    """A file a family, as DB-IP Lite is packaged, and named like nothing in particular."""
    v4 = [place for place in places if ":" not in place.network]
    v6 = [place for place in places if ":" in place.network]
    return [
        write(folder / "a.mmdb", v4, flat_record, ip_version=4, kind="city ipv4"),
        write(folder / "b.mmdb", v6, flat_record, ip_version=6, kind="city ipv6"),
    ]
