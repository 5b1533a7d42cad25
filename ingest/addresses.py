"""Who sent a request, as far as it may be known: the client's address, truncated before anything keeps it."""

import functools
import ipaddress
from collections.abc import Iterable, Sequence

from ingest import forwarded
from runtime.settings import SettingError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REMEMBERED_BYTES = 256
"""What is longer is read anew each time, so that nobody can fill the memory."""
X_FORWARDED_FOR, FORWARDED = "x-forwarded-for", "forwarded"


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The trusted proxies' networks; raises SettingError for text that is none."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise SettingError(
            f"SILLAGE_TRUSTED_PROXIES: {error}; expected networks such as 10.0.0.0/8."
        ) from None


class TrustedProxies:
    """Proxies that are believed who the client is, in one header, read from the right.

    What stands further left than the entries that they wrote, anybody can have written.
    """

    def __init__(self, networks: Sequence[Network], header: str = X_FORWARDED_FOR) -> None:
        """Believe these proxies in this header: `x-forwarded-for` or `forwarded`."""
        self.header = header.encode()
        self._networks = networks
        self._hops = forwarded.hops_of_forwarded if header == FORWARDED else forwarded.hops_of_x_forwarded_for
        self._found = functools.lru_cache(maxsize=1 << 14)(self._find)

    def client(self, peer: str, header: bytes) -> str:
        """The first address from the right that no trusted proxy holds; empty where it is not known.

        `peer` is who opened the connection, `header` all lines of the believed header, joined by commas. A
        hop that is hidden or malformed makes the client unknown: what stands left of it is not believed.
        """
        if not self._networks:
            return peer
        return self._found(peer, header) if len(header) <= _REMEMBERED_BYTES else self._find(peer, header)

    def _find(self, peer: str, header: bytes) -> str:
        if not self.trusts(peer):
            return peer
        client = peer
        for hop in self._hops(header.decode("latin-1")):
            client = str(_parse(hop) or "")
            if not self.trusts(client):
                break
        return client

    def trusts(self, text: str) -> bool:
        """Whether the text is the address of one of these proxies."""
        address = _parse(text)
        return address is not None and any(address in network for network in self._networks)


def _parse(text: str) -> Address | None:
    """An address as it is meant: without its zone, and IPv4 where IPv6 only maps it."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@functools.lru_cache(maxsize=1 << 16)
def truncate(address: str) -> str:
    """The address's network: /24 of an IPv4, /48 of an IPv6 address; empty for what is no address.

    Of an IPv6 address that holds an IPv4 one (6to4) it is that one's network: a /48 would hold it whole.
    """
    parsed = _parse(address)
    if parsed is None:
        return ""
    parsed = getattr(parsed, "sixtofour", None) or parsed
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, prefix), strict=False).network_address)


@functools.lru_cache(maxsize=1 << 16)
def site(address: str) -> str:
    """What one subscriber holds: an IPv4 address, a /64 of IPv6; empty for what is no address."""
    parsed = _parse(address)
    if parsed is None:
        return ""
    return str(ipaddress.ip_network((parsed, 32 if parsed.version == 4 else 64), strict=False))
