"""The two headers in which proxies name the client, read into addresses; empty text for what is none.

Both list one hop a proxy, the newest last. Sources: https://www.rfc-editor.org/rfc/rfc7239 and
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For
"""

import re
from collections.abc import Iterator

UNKNOWN = ""
"""A hop that does not say who it was: hidden by its proxy, or malformed."""
_LONGEST = 4_096

_NODE = re.compile(r"\[([\da-f:.]+)\](?::\w+)?|(\d+(?:\.\d+){3})(?::\w+)?|([\da-f:.]+)", re.ASCII | re.I)
"""`[2001:db8::1]` and `192.0.2.1`, both also with a port, and a bare `2001:db8::1`."""
_SLOT = re.compile(
    r"""\s*+(?:([!#$%&'*+.^_`|~\w-]++)=(?:"((?:[^"\\]|\\.)*+)"|([^\s",;]*+)))?\s*+([,;]|\Z)""", re.ASCII
)
"""One parameter or none, and what ends it. Unquoted ports and brackets are common, and taken."""
_ESCAPED = re.compile(r"\\(.)")


def hops_of_x_forwarded_for(header: str) -> Iterator[str]:
    """Each entry's address, the newest first."""
    return (_address(part.strip()) for part in reversed(header.split(",")) if part.strip())


def hops_of_forwarded(header: str) -> Iterator[str]:
    """The address of each element's `for`, the newest first.

    One that is malformed makes all hops unknown, and so does a header that no chain of proxies is long enough
    for: since quotes span commas, what stands behind it cannot be told apart from what a client has written.
    """
    hops = _elements(header) if len(header) <= _LONGEST else [UNKNOWN]
    return reversed(hops)


def _elements(header: str) -> list[str]:
    hops: list[str] = []
    element: dict[str, str] = {}
    at = 0
    while slot := _SLOT.match(header, at):
        name, quoted, bare, end = slot.groups()
        if name:
            if name.lower() in element:
                break
            element[name.lower()] = bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
        if end != ";" and element:
            hops.append(_address(element.get("for", UNKNOWN)))
            element = {}
        if not end:
            return hops
        at = slot.end()
    return [UNKNOWN]


def _address(node: str) -> str:
    found = _NODE.fullmatch(node)
    return next(filter(None, found.groups())) if found else UNKNOWN
