"""What a client must not get past the collector, and where it is planted."""

import re

from tests.fuzz.choices import Choices

EMAIL = ("leak.me", "example.org")
EMAIL_SURVIVES = re.compile(rb"leak\.me(?:@|%(?:25)*40)example\.org", re.IGNORECASE)
QUERY, USER_INFO = "s3cr3t-q", "s3cr3t-u"
SECRETS = re.compile(rb"s3cr3t-[qu]|" + EMAIL_SURVIVES.pattern, re.IGNORECASE)
SIGNS = ("@", "%40", "%2540", "%252540")


def with_email(choices: Choices) -> str:
    """An e-mail address in any text, its sign as it is or encoded."""
    before, sign, after = choices.text(), choices.of(SIGNS), choices.text()
    return before + sign.join(EMAIL) + after


def with_query(choices: Choices) -> str:
    """An address of a page with a parameter that is not on the list; anything before and behind it."""
    before, query, after = choices.text(), choices.text().replace("#", ""), choices.text()
    return f"{before}?{query}{choices.of('&;?')}q={QUERY}{after}"


def with_user_info(choices: Choices) -> str:
    """An address of a page that says who logged in, and with which password."""
    scheme = choices.of(("https://", "//", "HTTP://", " https://", "web+x-1.0://"))
    user = re.sub(r"[/?#\\]", "", choices.text())
    return f"{scheme}{user}{USER_INFO}{choices.of(('', ':', '@'))}@{choices.text()}"


PLANTS = (with_email, with_query, with_user_info)
