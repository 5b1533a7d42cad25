import pytest
import user_agents
from hypothesis import given
from hypothesis import strategies as st

from consumers.enrichment.agents import Agent, read_agent

KNOWN = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":
        ("Chrome", "Linux", "desktop"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0":
        ("Firefox", "Windows", "desktop"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1": ("Mobile Safari", "iOS", "mobile"),
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Mobile/15E148 Safari/604.1": ("Mobile Safari", "iOS", "tablet"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": ("Googlebot", "Other", "bot"),
    "": ("Other", "Other", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), KNOWN.items(), ids=[name for name, _, _ in KNOWN.values()])
def test_browser_system_and_device_are_read(text: str, expected: tuple[str, str, str]) -> None:
    agent = read_agent(text)
    assert (agent.browser, agent.os, agent.device) == expected


def test_a_bot_is_flagged_with_its_reason() -> None:
    flagged = {name: read_agent(text).bot_reasons for text, (name, _, _) in KNOWN.items()}
    assert flagged["Googlebot"] == ("user_agent",)
    assert flagged["Other"] == ("no_user_agent",)
    assert not any(reasons for name, reasons in flagged.items() if name not in ("Googlebot", "Other"))


@pytest.mark.parametrize("text", KNOWN, ids=[name for name, _, _ in KNOWN.values()])
def test_the_fast_parser_finds_what_user_agents_finds_alone(text: str) -> None:
    slow, fast = user_agents.parse(text), read_agent(text)
    assert (fast.browser, fast.os) == (slow.browser.family, slow.os.family)
    assert (fast.browser_version, fast.os_version) == (slow.browser.version_string, slow.os.version_string)
    assert ("user_agent" in fast.bot_reasons) == slow.is_bot


@given(st.text())
def test_any_text_is_some_agent(text: str) -> None:
    assert isinstance(read_agent(text), Agent)
