"""Target: addresses of pages and e-mail addresses in text."""

import re

from ingest.denied import words_of
from ingest.emails import mask
from ingest.urls import Urls, origin_of
from tests.fuzz.choices import Choices
from tests.fuzz.secrets import EMAIL_SURVIVES, QUERY, USER_INFO, with_email, with_query, with_user_info
from tests.fuzz.tenants import RULES

LISTS = (RULES.urls, Urls(()), Urls(("utm_*", "tab", "*x*y*")))
LONG = 60_000
"""Characters. What is not linear in this many is seen by the engine's time-out."""


def fuzz(data: bytes) -> None:
    """What is taken out is out, twice is the same as once, and a long text costs no more than its length."""
    choices = Choices(data)
    make = choices.of((_text, _emails, _query, _user_info, _long))
    make(choices)


def _text(choices: Choices) -> None:
    _check_twice(choices.text(), choices.of(LISTS))


def _emails(choices: Choices) -> None:
    text = with_email(choices)
    _check_twice(text, choices.of(LISTS))
    assert not EMAIL_SURVIVES.search(_bytes(mask(text))), "an e-mail address survives"


def _query(choices: Choices) -> None:
    url = with_query(choices)
    _check_twice(url, RULES.urls)
    assert QUERY not in RULES.urls.shorten(url), "a parameter survives"


def _user_info(choices: Choices) -> None:
    url = with_user_info(choices)
    _check_twice(url, urls := choices.of(LISTS))
    assert USER_INFO not in urls.shorten(url), "a user's name survives"
    assert USER_INFO not in origin_of(url), "a user's name survives in the origin"


def _long(choices: Choices) -> None:
    before, again, after = choices.text(), choices.text(), choices.text()
    text = before + again * (LONG // max(1, len(again))) + after
    _check_twice(text, choices.of(LISTS))


def _check_twice(text: str, urls: Urls) -> None:
    masked, short, origin, words = mask(text), urls.shorten(text), origin_of(text), words_of(text)
    assert mask(masked) == masked, "masking twice is not masking once"
    assert urls.shorten(short) == short, "shortening twice is not shortening once"
    assert origin_of(origin) == origin and not re.search(r"[?#@\\\s]", origin), "no origin"
    assert words_of(words) == words, "a name has two forms"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
