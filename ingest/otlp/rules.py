"""What becomes of an attribute by its name, and how a request tells cheaply that it holds no such name."""

import functools
import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple

from ingest.byte_search import escaped, search_of
from ingest.patterns import compile_names

_REMEMBERED = 1 << 12
_NETWORKS = frozenset({"client.address"})
_USERS = frozenset({"user.id", "enduser.id"})
_SESSIONS = frozenset({"session.id", "session.previous_id"})
_LONG_WRITTEN_TAG = rb"\x8a\x80*\x00"
"""The tag of a key, one byte, written as several: protobuf's parsers take it, no encoder writes it."""


class Rule(Enum):
    """What is done to an attribute."""

    DROP = auto()
    TRUNCATE = auto()
    PSEUDONYMISE = auto()


class _Found(dict[str, Rule | None]):
    """The rule of each name, found once: an application has few, and a client cannot fill the memory."""

    def __init__(self, denied: re.Pattern[str], exact: dict[str, Rule]) -> None:
        self._denied, self._exact = denied, exact

    def __missing__(self, name: str) -> Rule | None:
        rule = self._exact.get(name) or (Rule.DROP if self._denied.fullmatch(name) else None)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[name] = rule
        return rule


class AttributeRules:
    """The rules of one kind of tenant.

    A name that stands on the list as it is, is dropped; a `*` on the list reaches no name that has a rule.
    """

    def __init__(self, denied: Iterable[str], *, with_identity: bool) -> None:
        denied = tuple(denied)
        users = Rule.PSEUDONYMISE if with_identity else Rule.DROP
        exact = dict.fromkeys(_NETWORKS, Rule.TRUNCATE) | dict.fromkeys(_USERS, users)
        if not with_identity:
            exact |= dict.fromkeys(_SESSIONS, Rule.DROP)
        exact |= dict.fromkeys((name for name in denied if "*" not in name), Rule.DROP)
        self.of = _Found(compile_names(denied, re.NOFLAG), exact)
        """The rule of a name; None where it has none."""
        beginnings = _beginnings({*denied, *exact})
        self._search, self._search_long_written = (
            search_of(tag + rb"[\x80-\xff]*." + beginnings) for tag in (rb"\n", _LONG_WRITTEN_TAG)
        )

    def may_apply(self, value: bytes) -> bool:
        """Whether some attribute of the request may have a rule; when not, then none has.

        A key is tag, length and text. The length is as many bytes as it likes.
        """
        return self._search(value) is not None or self._search_long_written(value) is not None


def _beginnings(names: Iterable[str]) -> bytes:
    """Find any key that begins as one of the names does, up to its first `*`."""
    begins = sorted({name.partition("*")[0].encode() for name in names})
    return b"(?:" + b"|".join(map(escaped, begins)) + b")"


class ByIdentity(NamedTuple):
    """Both kinds of rules; exempt tenants have no identities."""

    with_identity: AttributeRules
    without: AttributeRules


@functools.lru_cache
def attribute_rules(denied: tuple[str, ...]) -> ByIdentity:
    """As the setting says."""
    return ByIdentity(AttributeRules(denied, with_identity=True), AttributeRules(denied, with_identity=False))
