"""Pseudonyms and the generations of their keys."""

import hmac
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.pseudonyms import Generation, PseudonymKeys, pseudonym, read_keys, today
from runtime.settings import SettingError

OLD, NEW, NEXT = "0a" * 32, "0b" * 32, "0c" * 32
ROTATED = f"""\
demo = [
    {{key = "{NEXT}", from = 9999-01-01}},
    {{key = "{OLD}", from = 2026-01-01}},
    {{key = "{NEW}", from = 2026-03-01}},
]
"""


@given(st.binary(min_size=32, max_size=200), st.text())
def test_a_pseudonym_is_half_of_an_hmac_with_sha_256(key: bytes, user: str) -> None:
    assert pseudonym(key, user) == hmac.digest(key, user.encode(), "sha256").hex()[:32]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def test_one_key_is_current_on_every_day(file: Path) -> None:
    file.write_text(f'demo = "{OLD}"')
    keys = read_keys(file)["demo"]
    assert keys.current(date(1970, 1, 1)) == keys.current(date(9999, 1, 1)) == bytes.fromhex(OLD)
    assert keys.pseudonyms("ada") == (pseudonym(bytes.fromhex(OLD), "ada"),)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 1, 1), OLD),
        (date(2026, 2, 28), OLD),
        (date(2026, 3, 1), NEW),
        (date(9998, 12, 31), NEW),
        (date(9999, 1, 1), NEXT),
    ],
)
def test_the_latest_generation_that_has_begun_is_current(file: Path, day: date, key: str) -> None:
    file.write_text(ROTATED)
    assert read_keys(file)["demo"].current(day) == bytes.fromhex(key)


def test_who_looks_for_a_person_looks_under_every_generation(file: Path) -> None:
    file.write_text(ROTATED)
    found = read_keys(file)["demo"].pseudonyms("ada")
    assert set(found) == {pseudonym(bytes.fromhex(key), "ada") for key in (OLD, NEW, NEXT)}


@given(st.sets(st.dates(), min_size=1), st.dates(), st.text())
def test_whatever_the_day_the_current_pseudonym_is_among_those_that_are_looked_for(
    begins: set[date], day: date, user: str
) -> None:
    ordered = sorted(begins, reverse=True)
    keys = PseudonymKeys(tuple(Generation(since, str(since).encode()) for since in ordered))
    assert pseudonym(keys.current(day), user) in keys.pseudonyms(user)
    begun = [since for since in ordered if since <= day]
    assert keys.current(day) == str(begun[0] if begun else ordered[-1]).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("demo = ", "cannot be read"),
        ("demo = 7", "not written in hex"),
        ("demo = []", "no generation"),
        ('demo = "xyz"', "not written in hex"),
        ('demo = "0a0a"', "shorter than 64"),
        (f'demo = [{{key = "{OLD}"}}]', "neither hex digits nor a list"),
        (f'demo = [{{key = "{OLD}", from = "2026-01-01"}}]', "neither hex digits nor a list"),
        (f'demo = [{{key = "{OLD}", from = 2026-01-01T00:00:00Z}}]', "neither hex digits nor a list"),
        (f'demo = [{{key = "{OLD}", from = 2026-01-01, to = 2026-02-01}}]', "neither hex digits nor a list"),
        (f'demo = [{{key = "{OLD}", from = {today() + timedelta(days=2)}}}]', "no generation that has begun"),
        (
            f'demo = [{{key = "{OLD}", from = 2026-01-01}}, {{key = "{NEW}", from = 2026-01-01}}]',
            "begin on one day",
        ),
    ],
)
def test_a_malformed_file_is_refused_without_repeating_the_key(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingError, match=said) as caught:
        read_keys(file)
    assert OLD not in str(caught.value)


def test_no_key_is_in_a_repr(file: Path) -> None:
    file.write_text(ROTATED)
    assert r"\n\n" not in repr(read_keys(file))
