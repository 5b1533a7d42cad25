import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.urls import Urls, origin_of

URLS = Urls(("utm_*", "tab"))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("", ""),
        ("/invoices/42", "/invoices/42"),
        ("/search?q=ada", "/search"),
        ("/?utm_source=a&q=ada&utm_medium=b&tab=2", "/?utm_source=a&utm_medium=b&tab=2"),
        ("/?UTM_Source=a", "/?UTM_Source=a"),
        ("/?utm_source=a;email=ada", "/?utm_source=a"),
        ("/?utm_source=a?email=ada", "/?utm_source=a"),
        ("/?utm_source", "/?utm_source"),
        ("/?xutm_source=a&tabs=1", "/"),
        ("/?", "/"),
        ("/page#section", "/page"),
        ("/#access_token=t", "/"),
        ("/?q=a#/invoices/42?token=t&tab=2", "/#/invoices/42?tab=2"),
        ("/#!/invoices?token=t", "/#!/invoices"),
        ("/#/invoices#token=t", "/#/invoices"),
        ("https://ada:pw@example.eu/a?b", "https://example.eu/a"),
        ("https://ada@evil@example.eu", "https://example.eu"),
        ("HTTPS://ada@localhost:8443/", "HTTPS://localhost:8443/"),
        ("//ada:pw@example.eu/", "//example.eu/"),
        (" https://ada:pw@example.eu/", " https://example.eu/"),
        ("https://example.eu/@ada", "https://example.eu/@ada"),
        ("https://example.eu/a?next=//b@c", "https://example.eu/a"),
    ],
)
def test_of_an_address_only_what_is_on_the_list_is_kept(url: str, kept: str) -> None:
    assert URLS.shorten(url) == kept


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.eu/a?b#c", "https://example.eu"),
        ("https://ada:pw@example.eu:8443/a", "https://example.eu:8443"),
        ("android-app://com.example", "android-app://com.example"),
        ("/a", ""),
        ("//example.eu/a", ""),
        ("data:text/html,ada", ""),
        ("", ""),
    ],
)
def test_the_origin_of_an_absolute_address_is_all_before_its_path(url: str, origin: str) -> None:
    assert origin_of(url) == origin


ANYTHING = st.text() | st.text("/?#&;=@:!htps.utm_x")


@given(ANYTHING)
def test_what_is_kept_is_shortened_already_and_holds_no_parameter_that_is_not_on_the_list(url: str) -> None:
    kept = URLS.shorten(url)
    assert URLS.shorten(kept) == kept
    for part in kept.split("#"):
        pairs = part.partition("?")[2]
        assert all(pair.lower().startswith(("utm_", "tab")) for pair in pairs.split("&") if pair)


@given(ANYTHING)
def test_with_an_empty_list_no_query_and_no_fragment_but_a_route_is_kept(url: str) -> None:
    kept = Urls(()).shorten(url)
    assert "?" not in kept
    assert "#" not in kept or kept.partition("#")[2].startswith(("/", "!/"))


@given(ANYTHING)
def test_an_origin_has_no_path_query_fragment_or_user(url: str) -> None:
    assert not set("?#@ ") & set(origin_of(url)) and origin_of(url).count("/") in (0, 2)
