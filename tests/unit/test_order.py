"""The order of the files of tests."""

from tests.support.order import spread


def ordered(files: str) -> str:
    return "".join(spread(files, heavy=lambda one: one in "ABC", light=lambda one: one.islower()))


def test_heavy_files_are_spread_evenly_among_the_light_ones_and_short_ones_come_last() -> None:
    assert ordered("XabcdefABCY") == "aAbcBdeCfXY"


def test_none_is_lost_where_there_is_but_one_kind() -> None:
    assert [ordered(files) for files in ("", "AB", "ab", "XY")] == ["", "AB", "ab", "XY"]
