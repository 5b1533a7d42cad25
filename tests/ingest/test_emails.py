import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.emails import MASK, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ada@example.eu", "[email]"),
        ("Write to ada.lovelace+news@mail.example.eu.", "Write to [email]"),
        ("<ada@example.eu>, alan@example.org", "<[email]>, [email]"),
        ("/users/ada@example.eu/edit", "/users/[email]/edit"),
        ("/users/ada%40example.eu/edit", "/users/[email]/edit"),
        ("/users/ada%2540example.eu", "/users/[email]"),
        ("/?utm_term=ada%40example.eu&utm_id=7", "/?utm_term=[email]&utm_id=7"),
        ("mailto:ada@example.eu", "mailto:[email]"),
        ("ADA@EXAMPLE.EU", "[email]"),
        ("ada@münchen.example", "[email]"),
        ("ada@xn--mnchen-3ya.xn--p1ai", "[email]"),
        ("jean%C3%A9@example.eu", "[email]"),
        ("@ada@example.eu", "[email]"),
        ("ada@@example.eu", "[email]"),
        ("", ""),
        ("no sign", "no sign"),
        ("@angular/core", "@angular/core"),
        ("react@18.2.0", "react@18.2.0"),
        ("ada@localhost", "ada@localhost"),
        ("a @ b.eu", "a @ b.eu"),
        ("100%40", "100%40"),
    ],
)
def test_what_looks_like_an_address_is_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text) == masked


ADDRESSES = st.from_regex(r"[a-z][a-z0-9.+_-]{0,9}@[a-z]{1,9}(\.[a-z]{2,6}){1,2}", fullmatch=True)


@given(st.text(), ADDRESSES, st.text(), st.sampled_from(["@", "%40", "%2540"]))
def test_an_address_is_found_wherever_it_stands(before: str, address: str, after: str, sign: str) -> None:
    assert f" {MASK} " in mask(f"{before} {address.replace('@', sign)} {after}")


@given(st.text("a@%.é4025 /"))
def test_what_is_masked_needs_no_second_mask(text: str) -> None:
    assert mask(mask(text)) == mask(text)
