"""Which encode goes to whom: the table of the module, and laws that hold for every room."""

import pytest

from media.mixer.mixes import Mix, plan


@pytest.mark.parametrize(
    ("seats", "talkers", "mixes"),
    [
        ("", "", []),
        ("abc", "", [Mix(None, (), ("a", "b", "c"), careful=False)]),
        ("abc", "b", [Mix(None, ("b",), ("a", "c"), careful=False), Mix("b", (), ("b",), careful=False)]),
        (
            "abc",
            "ac",
            [
                Mix(None, ("a", "c"), ("b",), careful=False),
                Mix("a", ("c",), ("a",), careful=False),
                Mix("c", ("a",), ("c",), careful=False),
            ],
        ),
        ("ab", "ab", [Mix("a", ("b",), ("a",), careful=False), Mix("b", ("a",), ("b",), careful=False)]),
    ],
)
def test_the_table(seats: str, talkers: str, mixes: list[Mix[str]]) -> None:
    assert list(plan(seats, talkers)) == mixes
