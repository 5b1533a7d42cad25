"""Where the demo's visitors are: one network of 65,536 addresses a place.

Each network in places.csv is a slice of the large dynamic pool of a country's access providers, whose
addresses move from household to household: none of them is anybody's in particular. They only ever stand in a
header that this machine sends to itself, and the collector cuts them to /24. Region and city are those that
DB-IP Lite gives for most of the network.
"""

import csv
import ipaddress
from dataclasses import dataclass
from importlib import resources
from random import Random


@dataclass(frozen=True)
class Place:
    """A network, and what is the same for everybody in it. Time zone: IANA name. Language: BCP 47."""

    country: str
    network: ipaddress.IPv4Network
    share: float
    """How many of the product's users are here, compared with the other places."""
    utc_offset: float
    """Hours of standard time: near enough to tell day from night."""
    timezone: str
    language: str
    region: str
    city: str

    def address(self, rng: Random) -> str:
        """Any address of the network."""
        return str(self.network[rng.randrange(1, self.network.num_addresses - 1)])


def _read() -> tuple[Place, ...]:
    with resources.files("local.demo").joinpath("places.csv").open(encoding="utf-8") as file:
        return tuple(
            Place(
                network=ipaddress.IPv4Network(row.pop("network")),
                share=float(row.pop("share")),
                utc_offset=float(row.pop("utc_offset")),
                **row,
            )
            for row in csv.DictReader(file)
        )


PLACES = _read()
