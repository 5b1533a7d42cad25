"""All connections of one process: who may come in, what they hold together, who has been silent too long."""

import time
from collections import Counter
from email.utils import formatdate
from typing import Protocol

from ingest.addresses import TrustedProxies, site
from ingest.limits import Limits


class Member(Protocol):
    """A connection, as the crowd sees it."""

    deadline: float

    def expire(self) -> None:
        """Its deadline has passed."""
        ...


class Crowd:
    """Counts connections, their unread bodies and the requests that wait for an answer.

    `now` is a monotonic clock that moves when `tick` is called, about each second: precise enough for
    time-outs, and free to read.
    """

    def __init__(self, limits: Limits, proxies: TrustedProxies) -> None:
        self.limits = limits
        self.body_bytes = 0
        self.waiting_requests = 0
        self._proxies = proxies
        self._members: set[Member] = set()
        self._addresses: Counter[str] = Counter()
        self.tick()

    def tick(self) -> None:
        """Move the clock; end or go on with every connection whose deadline has passed."""
        self.now = time.monotonic()
        self.date = f"date: {formatdate(usegmt=True)}\r\n".encode()
        """The header line that every answer carries."""
        for member in [member for member in self._members if member.deadline < self.now]:
            member.expire()

    def admit(self, member: Member, peer: str) -> bool:
        """Let a connection in, unless there are too many, or too many from one address that is no proxy."""
        if len(self._members) >= self.limits.connections or self._is_crowded(peer):
            return False
        self._members.add(member)
        self._addresses[site(peer)] += 1
        return True

    def _is_crowded(self, peer: str) -> bool:
        most = self.limits.connections_an_address
        return self._addresses[site(peer)] >= most and not self.knows_as_proxy(peer)

    def knows_as_proxy(self, peer: str) -> bool:
        """Whether many clients share the connections of this address."""
        return self._proxies.trusts(peer)

    def leave(self, member: Member, peer: str) -> None:
        """Forget a connection that was let in."""
        self._members.discard(member)
        held = site(peer)
        self._addresses[held] -= 1
        if not self._addresses[held]:
            del self._addresses[held]

    @property
    def is_full_of_bodies(self) -> bool:
        """Whether bodies that are still on their way hold all the memory they may."""
        return self.body_bytes > self.limits.body_bytes

    @property
    def is_full_of_requests(self) -> bool:
        """Whether as many requests wait for their answer as may."""
        return self.waiting_requests >= self.limits.waiting_requests
