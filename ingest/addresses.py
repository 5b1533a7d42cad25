"""Who sent a request, as far as it may be known: the client's address, truncated before anything keeps it."""

import functools
import ipaddress
from collections.abc import Iterable, Sequence

from runtime.settings import SettingError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The trusted proxies' networks; raises SettingError for text that is none."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise SettingError(
            f"SILLAGE_TRUSTED_PROXIES: {error}; expected networks such as 10.0.0.0/8."
        ) from None


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address of the client behind trusted proxies.

    X-Forwarded-For is read from the right, as long as the hop that added an entry is trusted: the first
    address that no trusted proxy holds is the client's. What stands further left, anybody can have written.
    """
    if not trusted:
        return peer
    hops = [*(part.strip() for part in forwarded_for.split(",") if part.strip()), peer]
    while len(hops) > 1 and is_within(hops[-1], trusted):
        hops.pop()
    return hops[-1]


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Whether the text is an address in one of the networks."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


@functools.lru_cache(maxsize=1 << 16)
def truncate(address: str) -> str:
    """The address's network: /24 of an IPv4, /48 of an IPv6 address; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, prefix), strict=False).network_address)
