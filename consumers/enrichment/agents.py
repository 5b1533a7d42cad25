"""The client's software, from its user agent: `user-agents` judges, the Rust `ua-parser` reads.

`user_agents.parse` alone takes 725 µs for a new user agent, most of it in the Python parser; fed by the Rust
one the same judgement takes some 20 µs.
"""

from dataclasses import dataclass

import ua_parser
from user_agents import parsers

from consumers.enrichment.bots import BotReason, bot_reasons, is_http_client


@dataclass(frozen=True, slots=True)
class Agent:
    """Browser and system as people name them, the class of the device, and why it is taken for a bot."""

    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    bot_reasons: tuple[BotReason, ...]


class _UserAgent(parsers.UserAgent):  # type: ignore[misc]
    """user_agents' judgement over the Rust parser's findings; replaces its constructor alone."""

    def __init__(self, text: str) -> None:
        found = ua_parser.parse(text).with_defaults()
        self.ua_string = text
        self.os = parsers.parse_operating_system(
            found.os.family, found.os.major, found.os.minor, found.os.patch, found.os.patch_minor
        )
        self.browser = parsers.parse_browser(
            found.user_agent.family,
            found.user_agent.major,
            found.user_agent.minor,
            found.user_agent.patch,
            found.user_agent.patch_minor,
        )
        self.device = parsers.parse_device(found.device.family, found.device.brand, found.device.model)


def read_agent(user_agent: str) -> Agent:
    """Read a user agent of any form; unknown software is `Other`, unknown versions are empty."""
    found = _UserAgent(user_agent)
    return Agent(
        browser=found.browser.family,
        browser_version=found.browser.version_string,
        os=found.os.family,
        os_version=found.os.version_string,
        device=_device_class(found),
        bot_reasons=bot_reasons(user_agent, found.is_bot),
    )


def _device_class(found: _UserAgent) -> str:
    if is_http_client(found.ua_string):
        return "unknown"
    classes = (
        ("bot", found.is_bot),
        ("tablet", found.is_tablet),
        ("mobile", found.is_mobile),
        ("desktop", found.is_pc),
    )
    return next((name for name, holds in classes if holds), "unknown")
