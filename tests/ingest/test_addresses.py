import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import FORWARDED, X_FORWARDED_FOR, TrustedProxies, parse_networks, truncate
from runtime.settings import SettingError

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "10.1.1.1, 10.9.9.9", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.1, ::ffff:10.0.0.7", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.9.9.9:80", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "nonsense", ""),
        ("10.0.0.1", "198.51.100.1, unknown", ""),
        ("10.0.0.1", "198.51.100.1, 10.0.0.999", ""),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2 10.0.0.3", ""),
        ("10.0.0.1", "for=198.51.100.1", ""),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_no_trusted_proxy_holds(
    peer: str, header: str, client: str
) -> None:
    assert TrustedProxies(PROXIES).client(peer, header.encode()) == client


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ("For=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1"),
        ("proto=https; for=198.51.100.1", "198.51.100.1"),
        ('for="198.51.100.1:5678"', "198.51.100.1"),
        ("for=198.51.100.1:5678", "198.51.100.1"),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        (r'for="198.51.100\.1"', "198.51.100.1"),
        ("for=192.0.2.66, for=198.51.100.1, for=10.9.9.9", "198.51.100.1"),
        ("for=198.51.100.1;, for=10.9.9.9;", "198.51.100.1"),
        ('for=192.0.2.66, for=198.51.100.1;ext="a, for=192.0.2.67"', "198.51.100.1"),
        ("", "10.0.0.1"),
        (" , ;,", "10.0.0.1"),
        ("for=unknown", ""),
        ("for=192.0.2.66, for=_hidden", ""),
        ("for=192.0.2.66, proto=https", ""),
        ("for=192.0.2.66, for=", ""),
        ("for=192.0.2.66;for=10.0.0.2", ""),
        ('for="192.0.2.66', ""),
        ("192.0.2.66", ""),
        ('for=192.0.2.66, for="2001:db8::1', ""),
    ],
)
def test_the_standard_header_is_read_with_its_quotes_ports_and_hidden_hops(header: str, client: str) -> None:
    assert TrustedProxies(PROXIES, FORWARDED).client("10.0.0.1", header.encode()) == client


def test_without_trusted_proxies_the_header_is_not_believed() -> None:
    assert TrustedProxies(()).client("10.0.0.1", b"198.51.100.1") == "10.0.0.1"


def test_one_header_is_believed_and_the_other_is_not_asked_for() -> None:
    assert TrustedProxies(PROXIES).header == b"x-forwarded-for"
    assert TrustedProxies(PROXIES, FORWARDED).header == b"forwarded"


@pytest.mark.parametrize("long", [b" " * 200_000, b"a" * 200_000, b'for="' * 40_000, b"10.0.0.1," * 20_000])
def test_a_long_header_costs_its_length_and_hides_the_client_only_in_the_standard_one(
    long: bytes,
) -> None:
    real = b"198.51.100.1"
    assert TrustedProxies(PROXIES).client("10.0.0.1", long + b", " + real) == real.decode()
    assert TrustedProxies(PROXIES, FORWARDED).client("10.0.0.1", long + b", for=" + real) == ""


CLIENTS = st.ip_addresses().filter(
    lambda one: not any(one in network for network in PROXIES) and not getattr(one, "ipv4_mapped", None)
)
TRUSTED = st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8")
HOSTILE = st.text(st.characters(codec="latin-1", exclude_characters="\r\n")) | st.text('for=1.2,;"\\[]: _')


def plain(address: Any, port: int | None) -> str:
    host = f"[{address}]" if address.version == 6 else str(address)
    return str(address) if port is None else f"{host}:{port}"


def element(address: Any, port: int | None) -> str:
    host = f"[{address}]" if address.version == 6 else str(address)
    return f'for="{host}"' if port is None else f'for="{host}:{port}";proto=https'


PORTS = st.none() | st.integers(1, 65_535)


@given(HOSTILE, CLIENTS, st.lists(TRUSTED, max_size=3), PORTS)
def test_whatever_a_client_writes_first_it_is_known_by_the_address_that_the_first_proxy_saw(
    written: str, client: Any, proxies: list[Any], port: int | None
) -> None:
    header = ", ".join([written, *(plain(hop, port) for hop in (client, *proxies))])
    assert TrustedProxies(PROXIES).client("10.0.0.1", header.encode("latin-1")) == str(client)


@given(HOSTILE, CLIENTS, st.lists(TRUSTED, max_size=3), PORTS)
def test_in_the_standard_header_it_may_hide_itself_but_never_be_another(
    written: str, client: Any, proxies: list[Any], port: int | None
) -> None:
    header = ", ".join([written, *(element(hop, port) for hop in (client, *proxies))])
    found = TrustedProxies(PROXIES, FORWARDED).client("10.0.0.1", header.encode("latin-1"))
    assert found in (str(client), "")


@given(HOSTILE, st.sampled_from([X_FORWARDED_FOR, FORWARDED]))
def test_no_header_makes_anything_but_an_address_of_the_client(written: str, header: str) -> None:
    found = TrustedProxies(PROXIES, header).client("10.0.0.1", written.encode("latin-1"))
    assert found == "" or ipaddress.ip_address(found)


@given(st.ip_addresses())
def test_truncation_keeps_the_network_and_nothing_of_the_host(address: ipaddress.IPv4Address) -> None:
    kept = ipaddress.ip_address(truncate(str(address)))
    prefix = 24 if kept.version == 4 else 48
    host_bits = kept.max_prefixlen - prefix
    assert int(kept) & ((1 << host_bits) - 1) == 0
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
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


def test_an_ipv4_address_inside_an_ipv6_one_is_truncated_as_what_it_is() -> None:
    assert truncate("::ffff:192.0.2.77") == truncate("2002:c000:24d:1::5") == "192.0.2.0"
