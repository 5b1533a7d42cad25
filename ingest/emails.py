"""Text that looks like an e-mail address becomes `[email]`.

Hostile text costs no more than other text of its length: the expression begins at the start of a word alone,
and gives nothing back.
"""

import re

MASK = "[email]"

_BETWEEN = r"""\s/\\?&=#;,:"'`<>()\[\]{}|"""
_AT = "(?:@|%(?:25)*+40)"
"""The sign, or the sign as addresses of pages encode it, however often."""
_EMAIL = re.compile(
    rf"(?<![^{_BETWEEN}]){_AT}*+"
    rf"(?:[^{_BETWEEN}@%]|%(?!(?:25)*+40))++{_AT}"  # ada@
    rf"[^{_BETWEEN}]+?\.[^\W\d_]{{2}}[^{_BETWEEN}]*+"  # example.fr, but not the 18.2.0 of a package
)


def mask(text: str) -> str:
    """Replace each word that has something, the sign, and behind it a name with a dot before two letters."""
    return _EMAIL.sub(MASK, text) if "@" in text or "%" in text else text
