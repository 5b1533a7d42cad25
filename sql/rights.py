"""The statements that give roles their rights in ClickHouse; an administrator runs them."""

from importlib import resources

from runtime.cluster.layout import Layout
from runtime.cluster.render import render
from sql.runner import statements

_ROLE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class NoRole(Exception):
    """A role cannot be named for this; the message says what to do."""


def roles(layout: Layout | None) -> list[str]:
    """The roles ingest, analyst, sre and privacy."""
    return _rendered(_text("roles.sql"), layout)


def of_tenant(tenant: str, layout: Layout | None) -> list[str]:
    """A role that sees the rows of one tenant alone; raises NoRole where its name would be no plain one."""
    name = tenant.lower().replace("-", "_")
    if not name or set(name) - _ROLE_LETTERS:
        raise NoRole(f"{tenant!r} names no role: a tenant's letters, digits, - and _ do.")
    text = _text("tenant.sql").replace("{role}", f"sillage_tenant_{name}").replace("{tenant}", f"'{tenant}'")
    return _rendered(text, layout)


def _text(file: str) -> str:
    return resources.files("sql").joinpath("access", file).read_text()


def _rendered(text: str, layout: Layout | None) -> list[str]:
    plain = statements(text)
    return [one for statement in plain for one in render(statement, layout)] if layout else plain
