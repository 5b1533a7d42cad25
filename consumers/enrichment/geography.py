"""Where an address is, as far as a city: from MMDB files of MaxMind's layout, read through geoip2."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geoip2.database
from geoip2.errors import AddressNotFoundError
from geoip2.models import City

from runtime.settings import SettingError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """ISO country code, region and city in English, IANA time zone; empty where unknown."""

    country: str = ""
    region: str = ""
    city: str = ""
    timezone: str = ""


NOWHERE = Place()
FindPlace = Callable[[str], Place]


def finder(files: Sequence[Path]) -> FindPlace:
    """A look-up over the databases, asked in turn; without files every place is unknown.

    Raises SettingError when a file cannot be read.
    """
    if not files:
        log.warning(
            "No geographic database is set (SILLAGE_GEO_DATABASES): countries and cities stay unknown."
        )
        return lambda _address: NOWHERE
    readers = [_open(file) for file in files]

    def find(address: str) -> Place:
        return next((place for reader in readers if (place := _find(reader, address)) != NOWHERE), NOWHERE)

    return find


def _open(file: Path) -> geoip2.database.Reader:
    try:
        return geoip2.database.Reader(file)
    except (OSError, ValueError) as error:
        raise SettingError(f"SILLAGE_GEO_DATABASES: {file} cannot be read: {error}") from error


def _find(reader: geoip2.database.Reader, address: str) -> Place:
    try:
        return _place(reader.city(address))
    except (AddressNotFoundError, ValueError):
        return NOWHERE


def _place(found: City) -> Place:
    return Place(
        country=found.country.iso_code or "",
        region=found.subdivisions.most_specific.name or "",
        city=found.city.name or "",
        timezone=found.location.time_zone or "",
    )
