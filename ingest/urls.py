"""What is kept of an address of a page: never who logged in, of the query only what is on the list."""

import re
from collections.abc import Iterable

from ingest.patterns import compile_names

_USER_INFO = re.compile(r"^(\s*(?:[a-z][a-z0-9+.-]*:)?//)[^/?#\\]*@", re.IGNORECASE)
_ORIGIN = re.compile(r"\s*[a-z][a-z0-9+.-]*://[^/?#\\@\s]+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[&;?]")
_ROUTES = ("/", "!/")
"""How a fragment begins that is an application's route: `#/invoices`, `#!/invoices`."""


class Urls:
    """Shortens addresses, absolute or not; the list holds names of query parameters, `*` for any text."""

    def __init__(self, parameters: Iterable[str]) -> None:
        self._allowed = compile_names(parameters)

    def shorten(self, url: str) -> str:
        """Drop user-info, query parameters that are not on the list, and fragments that are no routes."""
        if "@" in url:
            url = _USER_INFO.sub(r"\1", url, count=1)
        if "?" not in url and "#" not in url:
            return url
        before, _, fragment = url.partition("#")
        kept = self._without_query(before)
        if fragment.startswith(_ROUTES):
            kept += "#" + self._without_query(fragment.partition("#")[0])
        return kept

    def _without_query(self, url: str) -> str:
        path, _, query = url.partition("?")
        if not query:
            return path
        # Some servers take a semicolon for a separator; a second question mark begins a query in a query.
        named = ((pair.partition("=")[0], pair) for pair in _SEPARATORS.split(query))
        pairs = [pair for name, pair in named if name and self._allowed.fullmatch(name)]
        return f"{path}?{'&'.join(pairs)}" if pairs else path


def origin_of(url: str) -> str:
    """`https://example.eu:8443` of an absolute address; empty for any other."""
    found = _ORIGIN.match(_USER_INFO.sub(r"\1", url, count=1))
    return found[0].strip() if found else ""
