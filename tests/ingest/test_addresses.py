import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import client_address, parse_networks, truncate
from runtime.settings import SettingError

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "10.1.1.1, 10.9.9.9", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_no_trusted_proxy_holds(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == client


def test_without_trusted_proxies_the_header_is_not_believed() -> None:
    assert client_address("10.0.0.1", "198.51.100.1", ()) == "10.0.0.1"


@given(st.ip_addresses())
def test_truncation_keeps_the_network_and_nothing_of_the_host(address: ipaddress.IPv4Address) -> None:
    kept = ipaddress.ip_address(truncate(str(address)))
    prefix = 24 if kept.version == 4 else 48
    host_bits = kept.max_prefixlen - prefix
    assert int(kept) & ((1 << host_bits) - 1) == 0
    mapped = getattr(address, "ipv4_mapped", None)
    assert int(mapped or address) >> host_bits == int(kept) >> host_bits


@given(st.text())
def test_what_is_no_address_is_kept_nowhere(text: str) -> None:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        assert truncate(text) == ""


def test_a_network_that_is_none_names_the_setting() -> None:
    with pytest.raises(SettingError, match="SILLAGE_TRUSTED_PROXIES"):
        parse_networks(["10.0.0.0/99"])
