"""The software of the demo's visitors: real user agents, and what Sillage's enrichment makes of each.

The back-fill writes rows that no consumer has seen, so it needs the consumer's findings ready-made; a test
holds agents.csv against `consumers.enrichment.agents.read_agent`.
"""

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Agent:
    """One user agent; `share` says how common it is among people, 0 that it is a bot's."""

    user_agent: str
    share: float
    screens: tuple[str, ...]
    """Sizes in CSS pixels that go with it, as `1440x900`."""
    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    bot_reasons: tuple[str, ...]


def _read() -> tuple[Agent, ...]:
    with resources.files("local.demo").joinpath("agents.csv").open(encoding="utf-8") as file:
        return tuple(
            Agent(
                share=float(row.pop("share")),
                screens=tuple(row.pop("screens").split()),
                bot_reasons=tuple(row.pop("bot_reasons").split()),
                **row,
            )
            for row in csv.DictReader(file)
        )


_AGENTS = _read()
PEOPLES = tuple(agent for agent in _AGENTS if agent.share)
BOTS = tuple(agent for agent in _AGENTS if not agent.share)
