"""Why a client is taken for a bot: its events are kept, marked with the reasons, and people counted without.

`docs/reference/bots.md` lists every reason with its rule and its known false positives. The rules that need a
whole batch are in `sql/migrations/019_usage_unpack_json.sql`, where the batch is at hand undecoded.
"""

import re
from enum import StrEnum


class BotReason(StrEnum):
    """One ground for taking a client for a bot; a client may give several."""

    USER_AGENT = "user_agent"
    """The user agent is that of a known crawler, monitor or preview."""
    HEADLESS = "headless"
    """The user agent names a browser without a screen."""
    HTTP_CLIENT = "http_client"
    """The user agent begins with an HTTP library, though the batch says that the browser SDK made it."""
    NO_USER_AGENT = "no_user_agent"
    """There is no user agent, though the batch says that the browser SDK made it."""
    DECLARED = "declared"
    """The browser itself says that a program drives it: `navigator.webdriver`."""
    IMPOSSIBLE_RATE = "impossible_rate"
    """One session does more within a second than a hand can."""


_HEADLESS = re.compile(
    r"Headless|PhantomJS|SlimerJS|jsdom|HtmlUnit|Chrome-Lighthouse|Cypress/|Splash", re.IGNORECASE
)

_HTTP_CLIENTS = (
    "aiohttp", "apache-httpclient", "axios", "bun", "curl", "dart", "deno", "faraday", "go-http-client",
    "got", "guzzlehttp", "httpie", "insomnia", "java", "java-http-client", "libwww-perl", "node",
    "node-fetch", "okhttp", "postmanruntime", "python", "python-httpx", "python-requests", "python-urllib",
    "python-urllib3", "reqwest", "rest-client", "ruby", "undici", "wget",
)  # fmt: skip
_HTTP_CLIENT = re.compile(rf"(?:{'|'.join(map(re.escape, _HTTP_CLIENTS))})(?:[/ ]|$)", re.IGNORECASE)


def is_http_client(user_agent: str) -> bool:
    """Whether the first product named is an HTTP library; an application names itself before its library."""
    return bool(_HTTP_CLIENT.match(user_agent.strip()))


def bot_reasons(user_agent: str, is_spider: bool) -> tuple[BotReason, ...]:
    """What a user agent alone gives away; `is_spider` is ua-parser's judgement, some libraries included.

    Back ends rightly have HTTP_CLIENT or NO_USER_AGENT: the view drops both again unless the batch names the
    browser SDK as its maker.
    """
    if not user_agent.strip():
        return (BotReason.NO_USER_AGENT,)
    if is_http_client(user_agent):
        return (BotReason.HTTP_CLIENT,)
    found = {BotReason.USER_AGENT: is_spider, BotReason.HEADLESS: bool(_HEADLESS.search(user_agent))}
    return tuple(reason for reason, holds in found.items() if holds)
