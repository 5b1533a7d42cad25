"""What only the server knows about a batch: software by the user agent, place by the address.

Both are read from the bytes before the batch, once for each distinct pair of address and user agent.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consumers.enrichment.agents import Agent, read_agent
from consumers.enrichment.geography import Place


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The first fields of `usage_additions.avsc`, under their names."""

    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    bot_reasons: tuple[str, ...]
    country: str
    region: str
    city: str
    geo_timezone: str


Enrich = Callable[[str, str], Enrichment]
"""From client address (truncated) and user agent to what they tell."""


def enricher(find_place: Callable[[str], Place]) -> Enrich:
    """Put the two sources together."""

    def enrich(client_ip: str, user_agent: str) -> Enrichment:
        agent: Agent = read_agent(user_agent)
        place = find_place(client_ip)
        return Enrichment(
            browser=agent.browser,
            browser_version=agent.browser_version,
            os=agent.os,
            os_version=agent.os_version,
            device=agent.device,
            bot_reasons=agent.bot_reasons,
            country=place.country,
            region=place.region,
            city=place.city,
            geo_timezone=place.timezone,
        )

    return enrich
