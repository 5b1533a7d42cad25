"""Segments: filters with a name, in a file that is read strictly."""

import re
from pathlib import Path

import pytest

from queries.usage.filters.reading import parse_filter
from queries.usage.segments import filters_of, read_segments
from runtime.settings import QuerySettings, SettingError, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "segments.toml"


def test_a_segment_is_a_filter_with_a_name(file: Path) -> None:
    file.write_text('[french]\nwhere = "country = FR"\nabout = "In France"\n[robots]\nwhere = "bot = true"')
    french, robots = read_segments(file).values()
    assert (french.name, french.where, french.about) == ("french", "country = FR", "In France")
    assert (robots.filter, robots.about) == (parse_filter("bot = true"), "")


def test_without_a_file_there_are_none() -> None:
    assert read_segments(load(QuerySettings, {"SILLAGE_SEGMENTS_FILE": ""}).segments_file) == {}
    assert read_segments(load(QuerySettings, {}).segments_file) == {}


def test_the_setting_names_the_file(file: Path) -> None:
    assert load(QuerySettings, {"SILLAGE_SEGMENTS_FILE": str(file)}).segments_file == file


def test_segments_refer_to_each_other_in_any_order(file: Path) -> None:
    file.write_text(
        '[c]\nwhere = "not segment b"\n[b]\nwhere = "segment a or bot = true"\n[a]\nwhere = "country = FR"'
    )
    segments = read_segments(file)
    assert list(segments) == ["c", "b", "a"]
    assert segments["c"].filter == parse_filter("not (country = FR or bot = true)")
    assert parse_filter("segment a and bot = true", filters_of(segments)) == parse_filter(
        "country = FR and bot = true"
    )


def test_a_long_chain_of_segments_is_read(file: Path) -> None:
    chain = [f'[s{number}]\nwhere = "segment s{number + 1}"' for number in range(1_500)]
    file.write_text("\n".join([*chain, '[s1500]\nwhere = "bot = true"']))
    assert read_segments(file)["s0"].filter == parse_filter("bot = true")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[a", "cannot be read"),
        (
            '[a]\nwhere = "bot = true"\n[a]\nwhere = "bot = true"',
            "cannot be read: Cannot declare ('a',) twice",
        ),
        ("a = 1", "Segment a of {file}: Expected `object`, got `int`"),
        ("[a]", "Segment a of {file}: Object missing required field `where`"),
        ("[a]\nwhere = 1", "Segment a of {file}: Expected `str`, got `int` - at `$.where`"),
        (
            '[a]\nwhere = "bot = true"\nabuot = ""',
            "Segment a of {file}: Object contains unknown field `abuot`",
        ),
        ('["A b"]\nwhere = "bot = true"', "Segment A b of {file}: a name is up to 63 of"),
        ('[a]\nwhere = "bot ="', "Segment a of {file}: At column 6: Expected a value"),
        ('[a]\nwhere = "bot = yes"', "Segment a of {file}: At column 1: bot is compared by"),
        ('[a]\nwhere = "contry = FR"', "Segment a of {file}: 'contry' is none of: action"),
        (
            '[abc]\nwhere = "segment abd"',
            "Segment abc of {file}: 'abd' is none of the segments: abc. Did you mean",
        ),
        ('[a]\nwhere = "segment a"', "Segments of {file} refer to each other in a circle: a -> a."),
        (
            '[a]\nwhere = "segment b"\n[b]\nwhere = "bot = true and segment a"',
            "Segments of {file} refer to each other in a circle: ",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_the_segment(file: Path, written: str, said: str) -> None:
    file.write_text(written)
    with pytest.raises(SettingError, match=re.escape(said.format(file=file))):
        read_segments(file)


def test_a_file_that_is_not_there_or_no_text_is_refused(file: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        read_segments(file)
    file.write_bytes(b"\xff")
    with pytest.raises(SettingError, match="cannot be read"):
        read_segments(file)


def test_segments_that_double_each_other_end_at_the_largest_filter(file: Path) -> None:
    doubled = [
        f'[s{number}]\nwhere = "segment s{number - 1} or segment s{number - 1}"' for number in range(1, 60)
    ]
    file.write_text("\n".join(['[s0]\nwhere = "bot = true"', *doubled]))
    with pytest.raises(SettingError, match="the most is 200"):
        read_segments(file)
