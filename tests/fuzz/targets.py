"""The targets: a name, and what takes bytes and fails an assertion where a promise is broken."""

from collections.abc import Callable

from tests.fuzz import connections, deliveries, hops, packed, requests, texts, traces

Target = Callable[[bytes], None]

TARGETS: dict[str, Target] = {
    "deliveries": deliveries.fuzz,
    "connections": connections.fuzz,
    "hops": hops.fuzz,
    "packed": packed.fuzz,
    "requests": requests.fuzz,
    "texts": texts.fuzz,
    "traces": traces.fuzz,
}
PARSERS = (
    "reading", "refusals", "request", "connection", "bodies", "forwarded", "addresses", "urls", "emails",
    "minimise", "wire", "usage",
)  # fmt: skip
"""The modules of `ingest` that must be covered; docs/reference/fuzzing.md says how much."""
