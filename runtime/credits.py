"""Works of others that Sillage shows, with the credit that their licences ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credit:
    """A line of text, where it links to, and the licence that asks for it."""

    text: str
    link: str
    licence: str
    licence_link: str


GEOGRAPHY = Credit(
    text="IP Geolocation by DB-IP",
    link="https://db-ip.com",
    licence="CC BY 4.0",
    licence_link="https://creativecommons.org/licenses/by/4.0/",
)
"""Goes on every page that shows countries, regions or cities, unless databases of one's own are set."""
