"""Target: who the client is, by the headers of proxies."""

import ipaddress

from ingest.addresses import FORWARDED, X_FORWARDED_FOR, TrustedProxies, parse_networks, truncate
from runtime.settings import SettingError
from tests.fuzz.choices import Choices

NETWORKS = ("10.0.0.0/8", "2001:db8:ff::/48")
PROXIES = ("10.0.0.1", "2001:db8:ff::1", "::ffff:10.0.0.1")
STRANGER = "203.0.113.9"
CLIENTS = ("198.51.100.7", "2001:db8:1::7")
BELIEVED = {name: TrustedProxies(parse_networks(NETWORKS), name) for name in (X_FORWARDED_FOR, FORWARDED)}


def fuzz(data: bytes) -> None:
    """Whatever a client writes to the left: it is who it is, or unknown, and never another."""
    choices = Choices(data)
    header = choices.of((X_FORWARDED_FOR, FORWARDED))
    client, written = choices.of(CLIENTS), choices.piece()
    entries = [_entry(choices, header, client)]
    entries += [_entry(choices, header, choices.of(PROXIES)) for _ in range(choices.byte() % 4)]
    glue = choices.of((b", ", b",", b" , "))
    believed = BELIEVED[header]
    # Uncached, as a long header is: the engine sees the same way each time.
    line = glue.join([written, *entries])
    found = believed.client(choices.of(PROXIES), line)
    assert found in (client, ""), f"the client became {found}"
    if not written or header == X_FORWARDED_FOR:
        assert found == client, "a client that proxies name is not found"
    assert believed._find(PROXIES[0], line) == found, "what is remembered is not what is found"
    _check_alone(believed, written + choices.piece())
    _check_networks(choices.text())


def _entry(choices: Choices, header: str, address: str) -> bytes:
    bare = f"[{address}]" if ":" in address else address
    port = choices.of(("", ":4711", ":_p"))
    if header == X_FORWARDED_FOR:
        return choices.of((bare + port, address)).encode()
    forms = (f'for="{bare}{port}"', f'By=10.0.0.9;FOR="{bare}{port}";proto=https', f"for={bare}")
    return choices.of(forms).encode()


def _check_alone(believed: TrustedProxies, header: bytes) -> None:
    """A header that a client alone has written: an address or nothing, and nothing from a stranger."""
    assert believed.client(STRANGER, header) == STRANGER
    assert TrustedProxies(()).client(PROXIES[0], header) == PROXIES[0]
    found = believed.client(PROXIES[0], header)
    assert found == "" or ipaddress.ip_address(found)
    network = truncate(found)
    assert bool(network) == bool(found)
    assert not found or truncate(network) == network
    written = header.decode("latin-1")
    assert truncate(written) == "" or ipaddress.ip_address(truncate(written))


def _check_networks(text: str) -> None:
    try:
        parse_networks([text])
    except SettingError as error:
        assert "SILLAGE_TRUSTED_PROXIES" in str(error)
