"""City databases in MMDB format: two layouts behind one interface.

MaxMind's layout nests names by language and is read through geoip2. The flat layout, in which DB-IP Lite is
packaged, has one text a key; geoip2's models do not fit it, so it is read through maxminddb.
"""

import struct
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import geoip2.database
import maxminddb
from geoip2.errors import AddressNotFoundError
from maxminddb.reader import Metadata

from consumers.enrichment.geography.place import NOWHERE, Place, city_alone

READ_MODE = maxminddb.MODE_MMAP
"""maxminddb's Python reader over a memory map.

Its C reader is three to four times as fast, but one wrong byte in a file can end the process (decision 4).
"""

_DAMAGE = (RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, struct.error)
"""What decoding bytes that are no longer what was written has been seen to raise."""


class UnreadableDatabase(Exception):
    """A file is absent, damaged or no city database; the message names it and says which."""


class DamagedDatabase(Exception):
    """A database opened well, but the part that an address leads to cannot be read."""


_Address = IPv4Address | IPv6Address


class CityDatabase(ABC):
    """One open database of cities."""

    layout: str

    def __init__(self, metadata: Metadata) -> None:
        self.built = datetime.fromtimestamp(metadata.build_epoch, UTC)
        self._holds_ipv6 = metadata.ip_version == 6

    def find(self, address: str) -> Place:
        """Look up an IPv4 or IPv6 address; NOWHERE for what is unknown, not covered or no address.

        Raises DamagedDatabase.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            return NOWHERE
        if parsed.version == 6 and not self._holds_ipv6:
            return NOWHERE
        try:
            return self._find(parsed)
        except _DAMAGE as error:
            raise DamagedDatabase(repr(error)) from error

    @abstractmethod
    def _find(self, address: _Address) -> Place: ...


class MaxMindDatabase(CityDatabase):
    """GeoLite2 City, GeoIP2 City and what is made like them."""

    layout = "MaxMind"

    def __init__(self, file: Path, metadata: Metadata) -> None:
        super().__init__(metadata)
        self._reader = geoip2.database.Reader(file, mode=READ_MODE)

    def _find(self, address: _Address) -> Place:
        try:
            found = self._reader.city(address)
        except AddressNotFoundError:
            return NOWHERE
        return Place(
            country=_text(found.country.iso_code),
            region=_text(found.subdivisions[0].name) if found.subdivisions else "",
            city=city_alone(_text(found.city.name)),
            geo_timezone=_text(found.location.time_zone),
        )


class FlatDatabase(CityDatabase):
    """DB-IP Lite as its npm package carries it; of its keys, those finer than a city are never read."""

    layout = "flat"

    def __init__(self, file: Path, metadata: Metadata) -> None:
        super().__init__(metadata)
        self._reader = maxminddb.open_database(file, READ_MODE)

    def _find(self, address: _Address) -> Place:
        found = self._reader.get(address)
        if not isinstance(found, dict):
            return NOWHERE
        return Place(
            country=_text(found.get("country_code")),
            region=_text(found.get("state1")),
            city=city_alone(_text(found.get("city"))),
            geo_timezone=_text(found.get("timezone")),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def open_database(file: Path) -> CityDatabase:
    """Open a city database of either layout, recognised by its first record and its own description.

    Raises UnreadableDatabase.
    """
    try:
        with maxminddb.open_database(file, READ_MODE) as reader:
            metadata = reader.metadata()
            _network, first = next(iter(reader), ("", None))
        if isinstance(first, dict) and "country_code" in first:
            return FlatDatabase(file, metadata)
        if "City" in metadata.database_type:  # geoip2 holds its readers to the same
            return MaxMindDatabase(file, metadata)
    except OSError as error:
        raise UnreadableDatabase(f"{file} cannot be read: {error.strerror or error}.") from error
    except _DAMAGE as error:
        raise UnreadableDatabase(f"{file} cannot be read: {error}") from error
    raise UnreadableDatabase(f"{file} is no city database; it calls itself {metadata.database_type!r}.")
