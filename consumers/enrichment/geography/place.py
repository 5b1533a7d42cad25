"""A place, never finer than a city."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """ISO 3166-1 country code, first-level region, city, IANA time zone; English, empty where unknown."""

    country: str = ""
    region: str = ""
    city: str = ""
    geo_timezone: str = ""


NOWHERE = Place()


def city_alone(name: str) -> str:
    """Take from a database's name of a city what is finer: `Brussels (Schaarbeek)` is `Brussels`.

    One network in nine of DB-IP Lite names a district in parentheses. A name with a comma is an address, of a
    ward or of an institution, in no fixed order: it counts as unknown.
    """
    city = name.partition(" (")[0]
    return "" if "," in city else city
